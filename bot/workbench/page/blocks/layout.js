/** The plain blocks: header, section, context, divider, image and actions. */
import { h } from "../dom.js";
import { element, picture } from "../elements/index.js";
import { textNodes, words } from "../text/index.js";

const text = (object, ctx) => h("div", { class: "text" }, textNodes(object, ctx.names));

export function header(block, ctx) {
  return h(
    `h${Math.min(6, 2 + (block.level ?? 1))}`,
    { class: `header header-${block.level ?? 1}` },
    textNodes(block.text, ctx.names),
  );
}

export function section(block, ctx) {
  const fields = block.fields?.length
    ? h(
        "div",
        { class: "fields" },
        block.fields.map((field) => text(field, ctx)),
      )
    : null;
  const body = h("div", { class: "section-body" }, block.text && text(block.text, ctx), fields);
  if (!block.accessory) return body;
  return h("div", { class: "section" }, body, h("div", { class: "accessory" }, element(block.accessory, block, ctx)));
}

export function context(block, ctx) {
  return h(
    "div",
    { class: "context" },
    (block.elements ?? []).map((part) =>
      part.type === "image" ? picture(part, "picture-tiny") : h("span", { class: "text" }, textNodes(part, ctx.names)),
    ),
  );
}

export const divider = () => h("hr", { class: "rule" });

export function image(block) {
  return h(
    "figure",
    { class: "figure" },
    block.title && h("figcaption", {}, words(block.title)),
    picture(block, "picture"),
  );
}

export function actions(block, ctx) {
  return h(
    "div",
    { class: "actions" },
    (block.elements ?? []).map((part) => element(part, block, ctx)),
  );
}
