/** Elements with all their options in sight: checkboxes and radio buttons. */
import { h, uid } from "../dom.js";
import { report, settled } from "../interaction.js";
import { textNodes } from "../text/index.js";

const same = (one, other) => one.value === other.value;

function choice(kind, name, option, checked, ctx) {
  const box = h("input", { type: kind, name, value: option.value, checked });
  const label = h(
    "label",
    { class: "choice" },
    box,
    h(
      "span",
      { class: "choice-text" },
      textNodes(option.text, ctx.names),
      option.description && h("span", { class: "choice-note" }, textNodes(option.description, ctx.names)),
    ),
  );
  return { box, label };
}

function fieldset(role, spec, choices) {
  return h(
    "div",
    { class: "choices", role, data: { actionId: spec.action_id } },
    choices.map(({ label }) => label),
  );
}

export function checkboxes(spec, block, ctx) {
  const options = spec.options ?? [];
  const { selected_options: chosen = [] } = settled(ctx, block, spec, { selected_options: spec.initial_options ?? [] });
  const name = uid("check");
  const choices = options.map((option) =>
    choice(
      "checkbox",
      name,
      option,
      chosen.some((one) => same(one, option)),
      ctx,
    ),
  );
  const node = fieldset("group", spec, choices);
  node.addEventListener("change", () => {
    report(ctx, block, spec, { selected_options: options.filter((_, at) => choices[at].box.checked) }, node);
  });
  return node;
}

export function radios(spec, block, ctx) {
  const options = spec.options ?? [];
  const { selected_option: chosen } = settled(ctx, block, spec, { selected_option: spec.initial_option ?? null });
  const name = uid("radio");
  const choices = options.map((option) => choice("radio", name, option, Boolean(chosen && same(chosen, option)), ctx));
  const node = fieldset("radiogroup", spec, choices);
  node.addEventListener("change", () => {
    report(ctx, block, spec, { selected_option: options[choices.findIndex(({ box }) => box.checked)] }, node);
  });
  return node;
}
