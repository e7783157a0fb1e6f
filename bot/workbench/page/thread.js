/** The thread panel: a message with its replies, beside the channel. */
import { fill, h } from "./dom.js";
import { createComposer } from "./composer.js";
import { icon } from "./icons.js";
import { createList } from "./list.js";
import { messageItems } from "./message.js";
import { channelOf, replies } from "./store.js";

export function createThreadView(node, getWhere, on) {
  const where = h("p", {});
  const list = createList("Thread");
  const composer = createComposer({ where: getWhere, threaded: true });
  composer.label("Reply in thread");
  fill(
    node,
    h(
      "header",
      { class: "head" },
      h("div", { class: "head-words" }, h("h1", {}, "Thread"), where),
      h(
        "button",
        {
          type: "button",
          class: "button button-icon button-quiet",
          aria: { label: "Close thread" },
          on: { click: on.close },
        },
        icon("close"),
      ),
    ),
    list.node,
    composer.node,
  );
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.defaultPrevented) on.close();
  });

  /** Shows the thread of `ui.thread`, or hides the panel; a parent that was deleted closes it. */
  function draw(state, ui, change) {
    const parent = ui.thread && (state.messages[ui.place] ?? []).find((one) => one.ts === ui.thread);
    const opening = node.hidden && parent;
    node.hidden = !parent;
    if (!parent) return;
    const channel = channelOf(state, ui.place);
    where.textContent = channel.kind === "im" ? state.bot.name : `#${channel.name}`;
    const answers = replies(state, ui.place, ui.thread, ui.me).filter((one) => !ui.dismissed.has(one.ts));
    const count = answers.length && {
      key: "count",
      stamp: answers.length,
      make: () =>
        h(
          "div",
          { class: "day day-count", role: "separator" },
          h("span", {}, `${answers.length} ${answers.length === 1 ? "reply" : "replies"}`),
        ),
    };
    const options = { inThread: true, dismiss: on.dismiss };
    const items = [
      ...messageItems(state, ui.me, [parent], options),
      count,
      ...messageItems(state, ui.me, answers, options),
    ].filter(Boolean);
    list.show(`${ui.place} ${ui.thread} ${ui.me}`, items, { changed: change?.reworded && change.message.ts });
    if (opening) composer.focus();
  }
  return { draw };
}
