/** Elements that are typed into: text, numbers, dates and times. */
import { h } from "../dom.js";
import { nameless, report, settled } from "../interaction.js";
import { words } from "../text/index.js";

const KINDS = {
  email_text_input: "email",
  url_text_input: "url",
  number_input: "text",
  datepicker: "date",
  timepicker: "time",
};

function common(spec) {
  return {
    class: "input",
    placeholder: words(spec.placeholder),
    autofocus: spec.focus_on_load,
    minlength: spec.min_length,
    maxlength: spec.max_length,
    data: { focus: spec.action_id, actionId: spec.action_id },
    inputmode: spec.type === "number_input" ? (spec.is_decimal_allowed ? "decimal" : "numeric") : undefined,
  };
}

/** Text is kept at every keystroke, so that a redrawn view loses none; the app is told at Enter, if it asked to be told. */
export function textInput(spec, block, ctx) {
  const many = spec.multiline || spec.type === "rich_text_input";
  const { value } = settled(ctx, block, spec, { value: spec.initial_value ?? null });
  const node = many
    ? h("textarea", { ...common(spec), rows: 4 })
    : h("input", { ...common(spec), type: KINDS[spec.type] ?? "text" });
  node.value = value ?? "";
  const answer = () => ({ value: node.value === "" ? null : node.value });
  node.addEventListener("input", () => ctx.form.set(block, spec, answer()));
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || many || !block.dispatch_action) return;
    event.preventDefault();
    report(ctx, block, spec, answer(), node);
  });
  return node;
}

const ANSWERS = { datepicker: "date", timepicker: "time" };

export function timed(spec, block, ctx) {
  const word = ANSWERS[spec.type];
  const key = `selected_${word}`;
  const known = settled(ctx, block, spec, { [key]: spec[`initial_${word}`] ?? null });
  const node = h("input", {
    ...common(spec),
    type: KINDS[spec.type],
    aria: { label: nameless(block, words(spec.placeholder) || word) },
  });
  node.value = known[key] ?? "";
  node.addEventListener("change", () => report(ctx, block, spec, { [key]: node.value || null }, node));
  return node;
}

const two = (number) => String(number).padStart(2, "0");

/** The value of a datetime-local control for Unix seconds, in the viewer's zone. */
function local(seconds) {
  const moment = new Date(seconds * 1000);
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}T${two(moment.getHours())}:${two(moment.getMinutes())}`;
}

export function dateTimePicker(spec, block, ctx) {
  const known = settled(ctx, block, spec, { selected_date_time: spec.initial_date_time ?? null });
  const node = h("input", {
    ...common(spec),
    type: "datetime-local",
    aria: { label: nameless(block, "date and time") },
  });
  if (known.selected_date_time) node.value = local(known.selected_date_time);
  node.addEventListener("change", () => {
    const seconds = node.value ? Math.floor(new Date(node.value).getTime() / 1000) : null;
    report(ctx, block, spec, { selected_date_time: seconds }, node);
  });
  return node;
}
