/** The view of one channel or direct message: its head, its messages and the composer. */
import { fill, h } from "./dom.js";
import { createComposer } from "./composer.js";
import { icon } from "./icons.js";
import { createList } from "./list.js";
import { messageItems } from "./message.js";
import { sidebarButton } from "./sidebar.js";
import { channelOf, timeline } from "./store.js";

const SUGGESTED = 4;

function title(state, channel) {
  if (channel.kind === "im")
    return [
      h("h1", {}, state.bot.name),
      h("p", {}, "Your direct messages with the app. Only you and the app see them."),
    ];
  const standing = channel.archived ? "Archived. " : channel.joined === false ? "The app is not in this channel. " : "";
  return [h("h1", {}, icon("hash", 19), channel.name), h("p", {}, `${standing}${channel.purpose ?? ""}`)];
}

function welcome(state, channel, draft) {
  const chips = state.commands.slice(0, SUGGESTED).map(({ command, usage_hint: hint, description }) =>
    h(
      "button",
      {
        type: "button",
        class: "chip",
        data: { tip: description },
        on: { click: () => draft(`${command} `) },
      },
      h("strong", {}, command),
      hint && h("span", {}, ` ${hint}`),
    ),
  );
  const name = channel.kind === "im" ? state.bot.name : `#${channel.name}`;
  return h(
    "div",
    { class: "welcome" },
    h("h2", {}, `It is quiet in ${name}`),
    h("p", {}, "Messages of the app appear here as they are posted. You can also ask it something:"),
    h("div", { class: "chips" }, chips),
  );
}

/** Creates the view once; `draw(state, ui, change)` shows the channel of `ui.place`. `on`: {openThread, dismiss, read}. */
export function createChannelView(getWhere, on) {
  const head = h("header", { class: "head" });
  const list = createList("Messages", () => on.read());
  const composer = createComposer({ where: getWhere });
  const empty = h("div", { class: "list-empty", hidden: true });
  const node = h("section", { class: "channel" }, head, empty, list.node, composer.node);
  let shownHead = "";

  function drawHead(state, channel) {
    const stamp = JSON.stringify([channel, state.bot.name]);
    if (stamp === shownHead) return;
    shownHead = stamp;
    fill(
      head,
      sidebarButton(on.menu),
      h("div", { class: "head-words" }, title(state, channel)),
    );
    composer.label(
      channel.kind === "im"
        ? `Message ${state.bot.name}, or type / for commands`
        : `Message #${channel.name}, or type / for commands`,
    );
  }

  function draw(state, ui, change) {
    const channel = channelOf(state, ui.place);
    drawHead(state, channel);
    const messages = timeline(state, channel.id, ui.me).filter((one) => !ui.dismissed.has(one.ts));
    empty.hidden = messages.length > 0;
    list.node.hidden = !empty.hidden;
    fill(empty, messages.length ? null : welcome(state, channel, composer.draft));
    const mine = change?.message?.channel === channel.id ? change.message : null;
    list.show(
      `${channel.id} ${ui.me}`,
      messageItems(state, ui.me, messages, { openThread: on.openThread, dismiss: on.dismiss, newAfter: ui.newAfter }),
      { changed: change?.reworded && mine?.ts, posted: change?.type === "message.posted" && mine },
    );
    return messages.at(-1)?.ts;
  }
  return { node, draw, following: list.following, focus: composer.focus };
}
