/** One message: who, when, what, its marks and its thread line. */
import { h } from "./dom.js";
import { api } from "./api.js";
import { avatar } from "./avatar.js";
import { blockNodes } from "./blocks/index.js";
import { icon } from "./icons.js";
import { contextOf, explain } from "./interaction.js";
import { popover, walkable } from "./popover.js";
import { authorOf, isReply, replies } from "./store.js";
import { agoOf, dayKey, dayTitle, exactTime, momentOf, timeOf } from "./text/dates.js";
import { mrkdwn } from "./text/mrkdwn.js";

const GROUP_SECONDS = 300;

/** Whether a message goes on under the name of the one before it. */
export function continues(before, message) {
  if (!before || before.user !== message.user || before.username !== message.username) return false;
  if (Boolean(before.ephemeral_to) !== Boolean(message.ephemeral_to) || before.reply_count) return false;
  return (
    Number(message.ts) - Number(before.ts) < GROUP_SECONDS &&
    dayKey(momentOf(before.ts)) === dayKey(momentOf(message.ts))
  );
}

function threadLine(state, me, message, openThread) {
  const answers = replies(state, message.channel, message.ts, me);
  if (!answers.length) return null;
  const authors = [...new Map(answers.map((answer) => [answer.user, authorOf(state, answer)])).values()].slice(0, 3);
  return h(
    "button",
    { type: "button", class: "thread-line", data: { focus: "thread" }, on: { click: () => openThread(message.ts) } },
    h(
      "span",
      { class: "thread-faces" },
      authors.map((author) => avatar(author, 22)),
    ),
    h("span", { class: "thread-count" }, `${answers.length} ${answers.length === 1 ? "reply" : "replies"}`),
    h("span", { class: "thread-last" }, `last reply ${agoOf(answers.at(-1).ts)}`),
  );
}

function body(state, me, message) {
  const ctx = contextOf({
    state,
    me,
    surface: "message",
    container: { type: "message", channel: message.channel, ts: message.ts },
  });
  const attached = (message.attachments ?? []).filter(({ blocks }) => blocks?.length);
  if (!message.blocks?.length && !attached.length)
    return h("div", { class: "text message-text" }, mrkdwn(message.text ?? "", ctx.names));
  return [
    message.blocks?.length
      ? h("div", { class: "sheet" }, blockNodes(message.blocks, ctx))
      : h("div", { class: "text message-text" }, mrkdwn(message.text ?? "", ctx.names)),
    attached.map(({ blocks }) => h("div", { class: "sheet sheet-attached" }, blockNodes(blocks, ctx))),
  ];
}

const edited = (message) =>
  message.edited && h("span", { class: "edited", data: { tip: exactTime(message.edited.ts) } }, "edited");

function byline(author, message) {
  return h(
    "div",
    { class: "byline" },
    h("span", { class: "author" }, author.name),
    author.bot && h("span", { class: "app-mark" }, "APP"),
    h("time", { class: "time", data: { tip: exactTime(message.ts) } }, timeOf(message.ts)),
    edited(message),
  );
}

function privately(message, dismiss) {
  return (
    message.ephemeral_to &&
    h(
      "div",
      { class: "private" },
      icon("eye", 15),
      "Only visible to you",
      h("button", { type: "button", class: "link-button", on: { click: () => dismiss(message) } }, "Dismiss"),
    )
  );
}

/** The apps' shortcuts on a message, in a menu; null where there is none. */
function shortcutMenu(state, me, message) {
  const listed = state.shortcuts.filter(({ type }) => type === "message");
  if (!listed.length || message.ephemeral_to) return null;
  const node = h(
    "button",
    {
      type: "button",
      class: "button button-icon button-quiet",
      aria: { label: "Shortcuts", haspopup: "menu" },
      data: { tip: "Shortcuts", focus: "shortcuts" },
    },
    icon("more", 16),
  );
  const choose = async ({ callback_id }, close) => {
    close();
    const result = await api.shortcut({ user: me, channel: message.channel, ts: message.ts, callback_id });
    if (!result.ok) node.after(h("p", { class: "action-error", role: "alert" }, explain(result.error)));
  };
  const entry = (shortcut, close) =>
    h(
      "button",
      { type: "button", role: "menuitem", class: "menu-item", on: { click: () => choose(shortcut, close) } },
      shortcut.name,
      shortcut.description && h("span", { class: "menu-note" }, shortcut.description),
    );
  return popover(node, {}, (close) =>
    walkable(
      h(
        "div",
        { role: "menu", class: "menu" },
        listed.map((shortcut) => entry(shortcut, close)),
      ),
    ),
  );
}

/** The node of a message. `options`: {grouped, inThread, openThread(ts), dismiss(message)}. */
export function messageNode(state, me, message, options) {
  const author = authorOf(state, message);
  const look = ["message", options.grouped && "message-grouped", message.ephemeral_to && "message-private"]
    .filter(Boolean)
    .join(" ");
  const reply =
    !options.inThread &&
    !message.ephemeral_to &&
    h(
      "button",
      {
        type: "button",
        class: "button button-icon button-quiet",
        aria: { label: "Reply in thread" },
        data: { tip: "Reply in thread", focus: "reply" },
        on: { click: () => options.openThread(message.thread_ts ?? message.ts) },
      },
      icon("bubble", 16),
    );
  return h(
    "article",
    { class: look, data: { ts: message.ts }, aria: { label: `${author.name}, ${timeOf(message.ts)}` } },
    h(
      "div",
      { class: "gutter" },
      options.grouped
        ? h("time", { class: "time-small", data: { tip: exactTime(message.ts) } }, timeOf(message.ts))
        : avatar(author),
    ),
    h(
      "div",
      { class: "message-body" },
      !options.grouped && byline(author, message),
      body(state, me, message),
      options.grouped && edited(message),
      !options.inThread && !isReply(message) && threadLine(state, me, message, options.openThread),
      privately(message, options.dismiss),
    ),
    h("div", { class: "message-tools" }, reply, shortcutMenu(state, me, message)),
  );
}

const divider = (ts) => ({
  key: `day ${dayKey(momentOf(ts))}`,
  stamp: dayTitle(ts),
  make: () => h("div", { class: "day", role: "separator" }, h("span", {}, dayTitle(ts))),
});
const news = {
  key: "new",
  stamp: "new",
  make: () => h("div", { class: "new-line", role: "separator", aria: { label: "New messages" } }, h("span", {}, "New")),
};

/** A message is drawn anew only when it, its grouping, its thread or the viewer changed. */
const stamps = new WeakMap();
let revision = 0;

function stampOf(message) {
  if (!stamps.has(message)) stamps.set(message, (revision += 1));
  return stamps.get(message);
}

/** The items of a list for `reconcile`: day dividers, the line above new messages, and messages. */
export function messageItems(state, me, messages, options) {
  return messages.flatMap((message, at) => {
    const before = messages[at - 1];
    const newDay = !before || dayKey(momentOf(before.ts)) !== dayKey(momentOf(message.ts));
    const firstNew =
      options.newAfter !== undefined &&
      message.ts > options.newAfter &&
      !(before?.ts > options.newAfter) &&
      message.user !== me;
    const grouped = !newDay && !firstNew && continues(before, message);
    const answers = options.inThread ? "" : replies(state, message.channel, message.ts, me).map(stampOf).join();
    return [
      newDay && !options.inThread && divider(message.ts),
      firstNew && at > 0 && news,
      {
        key: message.ts,
        stamp: [stampOf(message), grouped, me, answers].join("|"),
        make: () => messageNode(state, me, message, { ...options, grouped }),
      },
    ].filter(Boolean);
  });
}
