/** Modals of the acting member: the top view of the stack, with its inputs, submit, close and errors. */
import { h } from "./dom.js";
import { api } from "./api.js";
import { blockNodes } from "./blocks/index.js";
import { icon } from "./icons.js";
import { contextOf, createForm, explain } from "./interaction.js";
import { words } from "./text/index.js";

/** Typed values outlive a redraw of the same view, so an update by the app or an error loses nothing. */
const forms = new Map();

function formOf(view) {
  if (!forms.has(view.id)) forms.set(view.id, createForm());
  return forms.get(view.id);
}

function forgetClosed(state) {
  const open = new Set(
    Object.values(state.modals)
      .flat()
      .filter(Boolean)
      .map(({ id }) => id),
  );
  [...forms.keys()].filter((id) => !open.has(id)).forEach((id) => forms.delete(id));
}

export function createModalView() {
  let dialog = null;
  let shown = null;
  let errors = {};
  let latest = null;

  function drop() {
    dialog?.close();
    dialog?.remove();
    dialog = null;
    shown = null;
  }

  /** Closes at once what leads to nothing below it, as Slack does: what is typed next is meant for the channel. */
  async function dismiss(view, me) {
    if (shown.depth === 1) drop();
    const result = await api.close({ user: me, view_id: view.id });
    if (!result.ok) latest = null;
  }

  async function submit(view, me, button) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    button.classList.add("pending");
    const result = await api.submit({ user: me, view_id: view.id, state: { values: formOf(view).values() } });
    button.removeAttribute("aria-busy");
    button.classList.remove("pending");
    if (result.ok) return;
    if (shown?.view.id !== view.id) return;
    errors = result.errors ?? {};
    redraw(result.errors ? null : explain(result.error));
    dialog?.querySelector("[aria-invalid=true] input, [aria-invalid=true] textarea, [aria-invalid=true]")?.focus();
  }

  function head(view, depth, label, me) {
    return h(
      "header",
      { class: "dialog-head" },
      h(
        "h2",
        { id: label, class: "dialog-title" },
        depth > 1 && h("span", { class: "dialog-depth" }, `${depth} ›`),
        words(view.title),
      ),
      h(
        "button",
        {
          type: "button",
          class: "button button-icon button-quiet",
          aria: { label: "Close" },
          data: { focus: "close" },
          on: { click: () => dismiss(view, me) },
        },
        icon("close"),
      ),
    );
  }

  function foot(view, depth, me) {
    const close = h(
      "button",
      { type: "button", class: "button", on: { click: () => dismiss(view, me) } },
      words(view.close) || (depth > 1 ? "Back" : "Close"),
    );
    if (!view.submit) return h("footer", { class: "dialog-foot" }, close);
    const send = h(
      "button",
      { type: "submit", class: "button button-primary" },
      h("span", { class: "button-text" }, words(view.submit)),
    );
    return h("footer", { class: "dialog-foot" }, close, send);
  }

  function build(view, depth, state, me, problem) {
    const ctx = contextOf({
      state,
      me,
      errors,
      surface: "modal",
      form: formOf(view),
      container: { type: "view", view_id: view.id },
    });
    const body = h(
      "form",
      { class: "dialog-form", novalidate: true },
      h(
        "div",
        { class: "dialog-body" },
        problem && h("p", { class: "action-error", role: "alert" }, problem),
        blockNodes(view.blocks, ctx),
      ),
      foot(view, depth, me),
    );
    body.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = body.querySelector("[type=submit]");
      if (button) submit(view, me, button);
    });
    return [head(view, depth, "modal-title", me), body];
  }

  function focusFirst() {
    const field = dialog.querySelector(
      "[autofocus], .dialog-body input:not([type=checkbox]):not([type=radio]), .dialog-body textarea, .dialog-body select",
    );
    (field ?? dialog.querySelector("[type=submit], .dialog-foot button"))?.focus();
  }

  function redraw(problem) {
    const { view, depth, me, state } = shown;
    const focus = dialog.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const scrolled = dialog.querySelector(".dialog-body")?.scrollTop ?? 0;
    dialog.replaceChildren(...build(view, depth, state, me, problem));
    dialog.querySelector(".dialog-body").scrollTop = scrolled;
    [...dialog.querySelectorAll("[data-focus]")].find((one) => focus && one.dataset.focus === focus)?.focus();
  }

  /** Shows the top of the acting member's stack, or nothing. */
  function draw(state, ui) {
    forgetClosed(state);
    const stack = state.modals[ui.me] ?? [];
    const view = stack.at(-1);
    const stamp = view && JSON.stringify([ui.me, view, stack.length]);
    if (stamp === latest) return;
    latest = stamp;
    if (!view) {
      drop();
      return;
    }
    const same = shown?.view.id === view.id;
    errors = {};
    shown = { view, depth: stack.length, me: ui.me, state };
    if (!dialog) {
      dialog = h("dialog", {
        class: "dialog",
        aria: { labelledby: "modal-title" },
        on: {
          cancel: (event) => {
            event.preventDefault();
            if (event.target === dialog) dismiss(shown.view, shown.me);
          },
        },
      });
      document.body.append(dialog);
    }
    redraw(null);
    if (!dialog.open) dialog.showModal();
    if (!same) focusFirst();
  }
  return { draw };
}
