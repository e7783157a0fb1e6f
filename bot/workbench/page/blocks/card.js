/** Blocks that frame others: card, carousel, container and the modal's alert. */
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { element, picture } from "../elements/index.js";
import { textNodes } from "../text/index.js";
import { richNodes } from "./rich_text.js";

const line = (kind, text, ctx) => text && h("div", { class: `text ${kind}` }, textNodes(text, ctx.names));

export function card(block, ctx) {
  return h(
    "article",
    { class: "card" },
    block.hero_image && picture(block.hero_image, "card-hero"),
    h(
      "div",
      { class: "card-head" },
      block.icon && picture(block.icon, "picture-small"),
      h("div", {}, line("card-title", block.title, ctx), line("card-subtitle", block.subtitle, ctx)),
    ),
    line("card-body", block.body, ctx),
    block.actions?.length &&
      h(
        "div",
        { class: "actions" },
        block.actions.map((part) => element(part, block, ctx)),
      ),
  );
}

export function carousel(block, ctx, blockNode) {
  return h(
    "div",
    { class: "carousel", tabindex: 0, role: "group", aria: { label: "Cards" } },
    (block.elements ?? []).map((one) => blockNode(one, ctx)),
  );
}

export function container(block, ctx, blockNode) {
  const title = h(
    "div",
    { class: "container-title" },
    block.icon && picture(block.icon, "picture-tiny"),
    h(
      "div",
      {},
      h(
        "div",
        { class: "card-title text" },
        block.rich_text_title ? richNodes(block.rich_text_title, ctx.names) : textNodes(block.title, ctx.names),
      ),
      line("card-subtitle", block.subtitle, ctx),
    ),
  );
  const kids = h(
    "div",
    { class: "container-body" },
    (block.child_blocks ?? []).map((child) => blockNode(child, ctx)),
  );
  const look = `container${block.has_header_divider ? " container-ruled" : ""}`;
  if (!block.is_collapsible) return h("div", { class: look }, title, kids);
  return h(
    "details",
    { class: look, open: !block.default_collapsed },
    h("summary", {}, icon("chevron", 16), title),
    kids,
  );
}

export function alert(block, ctx) {
  const level = ["info", "warning", "error", "success"].includes(block.level) ? block.level : "default";
  const sign = { success: "check", warning: "warning", error: "warning" }[level] ?? "bubble";
  return h(
    "div",
    { class: `notice notice-${level}`, role: "note" },
    icon(sign, 18),
    h("div", { class: "text" }, textNodes(block.text, ctx.names)),
  );
}
