/** Everything that a person does inside blocks: keeps the values of controls and posts actions with confirmation, pending state and error. */
import { h } from "./dom.js";
import { api } from "./api.js";
import { confirm } from "./confirm.js";
import { namesOf } from "./text/index.js";

/** The values of one message's or view's controls, in the shape of Slack's `state.values`. */
export function createForm() {
  const values = {};
  const slot = (block) => (values[block.block_id ?? ""] ??= {});
  return {
    get: (block, element) => values[block.block_id ?? ""]?.[element.action_id],
    set(block, element, answer) {
      slot(block)[element.action_id] = { type: element.type, ...answer };
    },
    values: () => values,
  };
}

const WORDS = {
  dispatch_failed: "The app is not connected, so nobody answered.",
  operation_timeout: "The app did not answer within three seconds.",
  unknown_command: "No app here knows this command.",
  workbench_unreachable: "The workbench does not answer. Is it still running?",
};

/** A sentence for an error code of the server. */
export const explain = (error) => WORDS[error] ?? `That did not work (${error ?? "no reason given"}).`;

function showError(control, text) {
  const block = control.closest(".block") ?? control.parentElement;
  block?.querySelector(":scope > .action-error")?.remove();
  if (text) block?.append(h("p", { class: "action-error", role: "alert" }, text));
}

async function whilePending(control, work) {
  control.setAttribute("aria-busy", "true");
  control.classList.add("pending");
  try {
    return await work();
  } finally {
    control.removeAttribute("aria-busy");
    control.classList.remove("pending");
  }
}

/** A function `act(block, element, answer, control)` for the controls of one container; answers whether the app took it. */
function actor({ me, container, form, names }) {
  return async (block, element, answer, control) => {
    if (control.getAttribute("aria-busy") === "true") return false;
    if (element.confirm && !(await confirm(element.confirm, names))) return false;
    showError(control, null);
    const action = { type: element.type, action_id: element.action_id, block_id: block.block_id, ...answer };
    const body = { user: me, container, action, state: { values: form.values() } };
    const result = await whilePending(control, () => api.action(body));
    if (!result.ok) showError(control, explain(result.error));
    return result.ok;
  };
}

/** A function `suggest(block, element, typed)` that asks the app for a select's options; answers groups of options. */
function suggester({ me, container }) {
  return async (block, element, typed) => {
    const action = { type: element.type, action_id: element.action_id, block_id: block.block_id };
    const result = await api.suggest({ user: me, container, action, value: typed });
    return result.option_groups ?? [{ options: result.options ?? [] }];
  };
}

/** Everything that blocks need to be drawn and used inside one container ({type: "message" | "view", …}). */
export function contextOf({ state, me, container, surface, form = createForm(), errors = {} }) {
  const names = namesOf(state, me);
  const seat = { me, container, form, names };
  return { state, me, names, form, errors, surface, act: actor(seat), suggest: suggester(seat) };
}

/** A control has a new value: remember it, and tell the app unless the control waits for a form's submit. */
export function report(ctx, block, element, answer, control) {
  ctx.form.set(block, element, answer);
  return block.type !== "input" || block.dispatch_action ? ctx.act(block, element, answer, control) : true;
}

/** A control without a label beside it is named by its placeholder; in an input block the block's label names it. */
export const nameless = (block, name) => (block.type === "input" ? undefined : name);

/** What a control shows first: what the person chose before, else what the app proposes (which counts as a value, too). */
export function settled(ctx, block, element, initial) {
  const known = ctx.form.get(block, element);
  if (known) return known;
  ctx.form.set(block, element, initial);
  return initial;
}
