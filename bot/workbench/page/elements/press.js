/** Elements that are pressed: buttons, feedback and the overflow menu. */
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { popover, walkable } from "../popover.js";
import { safeUrl } from "../text/inline.js";
import { withEmoji } from "../text/emoji.js";
import { words } from "../text/index.js";

const pressed = (spec) => ({ value: spec.value, text: spec.text });

function linkButton(spec, block, ctx, props) {
  const anchor = h(
    "a",
    { ...props, href: safeUrl(spec.url), target: "_blank", rel: "noopener noreferrer" },
    words(spec.text),
  );
  anchor.addEventListener("click", () => ctx.act(block, spec, pressed(spec), anchor));
  return anchor;
}

export function button(spec, block, ctx) {
  const style = ["primary", "danger"].includes(spec.style) ? ` button-${spec.style}` : "";
  const props = {
    class: `button${style}`,
    data: { focus: spec.action_id, actionId: spec.action_id },
    aria: { label: spec.accessibility_label },
  };
  if (spec.url && safeUrl(spec.url)) return linkButton(spec, block, ctx, props);
  const node = h("button", { ...props, type: "button" }, h("span", { class: "button-text" }, words(spec.text)));
  node.addEventListener("click", () => ctx.act(block, spec, pressed(spec), node));
  return node;
}

export function feedback(spec, block, ctx) {
  const one = (choice, sign) => {
    const label = words(choice?.text);
    const node = h(
      "button",
      { type: "button", class: "button", data: { tip: label }, aria: { label: choice?.accessibility_label ?? label } },
      withEmoji(sign),
    );
    node.addEventListener("click", () => ctx.act(block, spec, { value: choice?.value, text: choice?.text }, node));
    return node;
  };
  return h("span", { class: "button-pair" }, one(spec.positive_button, ":+1:"), one(spec.negative_button, ":-1:"));
}

export function overflow(spec, block, ctx) {
  const node = h(
    "button",
    {
      type: "button",
      class: "button button-icon",
      data: { focus: spec.action_id, actionId: spec.action_id },
      aria: { label: "More actions", haspopup: "menu" },
    },
    icon("more"),
  );
  const choice = (option, close) =>
    h(
      "button",
      {
        type: "button",
        role: "menuitem",
        class: "menu-item",
        on: {
          click: () => {
            close();
            if (option.url && safeUrl(option.url)) open(safeUrl(option.url), "_blank", "noopener,noreferrer");
            ctx.act(block, spec, { selected_option: option }, node);
          },
        },
      },
      words(option.text),
      option.description && h("span", { class: "menu-note" }, words(option.description)),
    );
  return popover(node, {}, (close) =>
    walkable(
      h(
        "div",
        { role: "menu", class: "menu" },
        (spec.options ?? []).map((option) => choice(option, close)),
      ),
    ),
  );
}
