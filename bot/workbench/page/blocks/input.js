/** The input block: label, control, hint and the error that the app answered for it. */
import { h, uid } from "../dom.js";
import { element } from "../elements/index.js";
import { words } from "../text/index.js";

const CONTROL = "input, textarea, select, button, [role=group], [role=radiogroup]";

/** Groups of choices carry their own labels, so the field's label names the group instead of pointing at one box. */
function tie(label, control, descriptions) {
  const target = [control, ...control.querySelectorAll(CONTROL)].find((node) => node.matches(CONTROL));
  if (!target) return;
  target.id ||= uid("control");
  if (/group/.test(target.getAttribute("role") ?? "")) target.setAttribute("aria-labelledby", label.id);
  else label.htmlFor = target.id;
  if (descriptions.length) target.setAttribute("aria-describedby", descriptions.map((node) => node.id).join(" "));
}

export function input(block, ctx) {
  const error = ctx.errors?.[block.block_id];
  const label = h(
    "label",
    { class: "field-label", id: uid("label") },
    words(block.label),
    block.optional && h("span", { class: "field-optional" }, "optional"),
  );
  const control = element(block.element, block, ctx);
  const hint = block.hint && h("p", { class: "field-hint", id: uid("hint") }, words(block.hint));
  const problem = error && h("p", { class: "field-error", id: uid("error"), role: "alert" }, error);
  tie(label, control, [problem, hint].filter(Boolean));
  if (problem) control.setAttribute("aria-invalid", "true");
  return h("div", { class: problem ? "field field-wrong" : "field" }, label, control, problem, hint);
}
