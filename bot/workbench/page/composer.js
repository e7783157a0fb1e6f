/** The box in which the acting member writes messages and slash commands. */
import { h, uid } from "./dom.js";
import { api } from "./api.js";
import { createCompletion, matching, named } from "./completion.js";
import { icon } from "./icons.js";
import { explain } from "./interaction.js";

const TALLEST = 180;

/** What a person types is text: Slack's clients escape it before it is sent, and so only mentions they pick become markup. */
export function escaped(text, members) {
  const safe = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return members.reduce((done, { id, name }) => done.replaceAll(`@${name}`, `<@${id}>`), safe);
}

/** A composer; `where()` answers {user, channel, thread_ts?, state} at the moment of sending. */
export function createComposer({ where, threaded = false }) {
  const listId = uid("commands");
  const history = [];
  let recalled = 0;
  const field = h("textarea", {
    id: threaded ? "thread-text" : "composer-text",
    class: "composer-text",
    rows: 1,
    autocomplete: "off",
    spellcheck: "true",
    role: "combobox",
    aria: { autocomplete: "list", expanded: "false", controls: listId, label: threaded ? "Reply" : "Message" },
  });
  const note = h("p", { class: "composer-note", role: "status" });
  const send = h(
    "button",
    {
      type: "button",
      class: "composer-send",
      aria: { label: "Send" },
      data: { tip: "Send (Enter)" },
      on: { click: () => submit() },
    },
    icon("send", 18),
  );
  const completion = createCompletion(listId, take);
  const slash = h(
    "button",
    {
      type: "button",
      class: "button button-icon button-quiet",
      aria: { label: "Slash commands" },
      data: { tip: "Slash commands" },
      on: {
        click: () => {
          field.value = "/";
          field.focus();
          changed();
        },
      },
    },
    icon("slash", 16),
  );

  function say(text, wrong = false) {
    note.textContent = text;
    note.classList.toggle("composer-error", wrong);
  }

  function take({ command }) {
    field.value = `${command} `;
    field.focus();
    changed();
  }

  function changed() {
    field.style.setProperty("height", "auto");
    field.style.setProperty("height", `${Math.min(field.scrollHeight, TALLEST)}px`);
    const { commands } = where().state;
    completion.show(threaded ? [] : matching(commands, field.value));
    const command = threaded ? undefined : named(commands, field.value);
    say(
      command && !completion.open()
        ? `${command.command} ${command.usage_hint ?? ""} · ${command.description ?? ""}`
        : "",
    );
    field.setAttribute("aria-expanded", String(completion.open()));
    follow();
    send.disabled = field.value.trim() === "";
  }

  function follow() {
    const active = completion.activeId();
    if (active) field.setAttribute("aria-activedescendant", active);
    else field.removeAttribute("aria-activedescendant");
  }

  function deliver(text, { user, channel, thread_ts: thread, state }) {
    if (!text.startsWith("/"))
      return api.message({
        user,
        channel,
        text: escaped(text, state.members),
        ...(thread ? { thread_ts: thread } : {}),
      });
    if (threaded)
      return { ok: false, reason: "Slash commands do not work in threads, in Slack neither. Use the channel's box." };
    const [command, ...rest] = text.split(/\s+/);
    say(`Running ${command}…`);
    return api.command({ user, channel, command, text: rest.length ? text.slice(command.length).trim() : "" });
  }

  async function submit() {
    const text = field.value.trim();
    if (!text) return;
    history.push(text);
    recalled = history.length;
    field.value = "";
    changed();
    const result = await deliver(text, where());
    if (result.ok) {
      if (note.textContent.startsWith("Running")) say("");
      return;
    }
    if (!field.value) {
      field.value = text;
      changed();
    }
    say(result.reason ?? `${text.split(/\s/, 1)[0]}: ${explain(result.error)}`, true);
  }

  /** The arrows walk through what was sent before, as in a shell, while nothing new is being typed. */
  function recall(step) {
    if (field.value && field.value !== history[recalled]) return false;
    recalled = Math.max(0, Math.min(history.length, recalled + step));
    field.value = history[recalled] ?? "";
    changed();
    completion.show([]);
    return true;
  }

  const KEYS = {
    ArrowDown: () => (completion.open() ? (completion.move(1), follow(), true) : recall(1)),
    ArrowUp: () => (completion.open() ? (completion.move(-1), follow(), true) : recall(-1)),
    Tab: () => completion.open() && (completion.take(), true),
    Escape: () => completion.open() && (completion.show([]), true),
    Enter: (event) => {
      if (event.shiftKey || event.isComposing) return false;
      const whole = named(where().state.commands, field.value);
      if (completion.open() && !whole) completion.take();
      else submit();
      return true;
    },
  };
  field.addEventListener("keydown", (event) => {
    if (KEYS[event.key]?.(event)) event.preventDefault();
  });
  field.addEventListener("input", changed);
  send.disabled = true;

  const frame = h(
    "div",
    { class: "composer-frame" },
    completion.node,
    h("div", { class: "composer-row" }, field, !threaded && slash, send),
  );
  return {
    node: h("div", { class: "composer" }, frame, note),
    focus: () => field.focus(),
    label(text) {
      field.placeholder = text;
      field.setAttribute("aria-label", text);
    },
    draft(text) {
      field.value = text;
      field.focus();
      changed();
    },
  };
}
