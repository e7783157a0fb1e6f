/** The sidebar: the workspace, its places with what is unread, and the member one acts as. */
import { fill, h } from "./dom.js";
import { avatar } from "./avatar.js";
import { icon, mark } from "./icons.js";
import { chooseTheme, readUpTo, theme, THEMES } from "./prefs.js";
import { person, unread } from "./store.js";

const THEME_ICONS = { system: "screen", light: "sun", dark: "moon" };

/** The button that shows the sidebar where the window is too narrow for it. */
export function sidebarButton(show) {
  return h(
    "button",
    {
      type: "button",
      class: "button button-icon button-quiet head-menu",
      aria: { label: "Show the sidebar" },
      on: { click: show },
    },
    icon("menu"),
  );
}

function place({ key, label, sign, count, current, go }) {
  const open = current === key;
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: `place${open ? " place-open" : ""}${count ? " place-unread" : ""}`,
        data: { focus: key, place: key },
        aria: { current: open ? "page" : undefined },
        on: { click: () => go(key) },
      },
      h("span", { class: "place-sign" }, sign),
      h("span", { class: "place-name" }, label),
      count
        ? h("span", { class: "badge" }, count > 99 ? "99+" : count, h("span", { class: "hidden-text" }, " unread"))
        : null,
    ),
  );
}

function group(title, entries) {
  return h("section", { class: "place-group" }, h("h2", { class: "place-title" }, title), h("ul", {}, entries));
}

function places(state, ui, go) {
  const count = (channel) => unread(state, channel.id, ui.me, readUpTo(ui.me, channel.id));
  const entry = (channel, label, sign) =>
    place({ key: channel.id, label, sign, count: count(channel), current: ui.place, go });
  const direct = state.channels.filter((channel) => channel.kind === "im" && channel.member === ui.me);
  return [
    group(
      "Channels",
      state.channels
        .filter(({ kind }) => kind !== "im")
        .map((channel) => entry(channel, channel.name, icon("hash", 16))),
    ),
    group("App", [
      place({ key: "home", label: "Home", sign: icon("home", 16), count: 0, current: ui.place, go }),
      direct.map((channel) => entry(channel, state.bot.name, avatar({ ...state.bot, bot: true }, 18))),
    ]),
  ];
}

function walkFaces(event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const faces = [...event.currentTarget.children];
  faces[(faces.indexOf(document.activeElement) + step + faces.length) % faces.length].click();
}

function switcher(state, ui, act) {
  const me = person(state, ui.me);
  const face = (member) =>
    h(
      "button",
      {
        type: "button",
        role: "radio",
        class: "face",
        tabindex: member.id === ui.me ? 0 : -1,
        data: { focus: `face ${member.id}`, member: member.id, tip: `${member.name}\n${member.title}` },
        aria: { checked: String(member.id === ui.me), label: `${member.name}, ${member.title}` },
        on: { click: () => act(member.id) },
      },
      avatar(member, 34),
    );
  return h(
    "section",
    { class: "switcher", aria: { label: "Acting member" } },
    h(
      "div",
      { class: "switcher-who" },
      h("span", { class: "switcher-word" }, "You act as"),
      h("strong", { class: "switcher-name" }, me?.name ?? ""),
      h("span", { class: "switcher-title" }, me?.title ?? ""),
    ),
    h(
      "div",
      { class: "faces", role: "radiogroup", aria: { label: "Act as" }, on: { keydown: walkFaces } },
      state.members.map(face),
    ),
  );
}

function themeButton(redraw) {
  const now = theme();
  const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
  return h(
    "button",
    {
      type: "button",
      class: "button button-icon button-quiet",
      data: { focus: "theme", tip: `Theme: ${now}` },
      aria: { label: `Theme: ${now}. Switch to ${next}` },
      on: {
        click: () => {
          chooseTheme(next);
          redraw();
        },
      },
    },
    icon(THEME_ICONS[now], 16),
  );
}

/** Draws the sidebar into `node`; `on` holds {go(place), act(member), redraw()}. */
export function drawSidebar(node, state, ui, on) {
  const focus = node.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const live = ui.status === "live";
  fill(
    node,
    h(
      "header",
      { class: "brand" },
      mark(30),
      h("div", { class: "brand-words" }, h("strong", {}, "Floorwalker"), h("span", {}, state.team.name)),
      themeButton(on.redraw),
    ),
    h("div", { class: "places" }, places(state, ui, on.go)),
    switcher(state, ui, on.act),
    h(
      "footer",
      { class: `link-state${live ? "" : " link-lost"}`, role: "status" },
      h("i", {}),
      live ? "Local: nothing leaves this machine" : "Connection lost, trying again…",
    ),
  );
  if (focus) [...node.querySelectorAll("[data-focus]")].find((one) => one.dataset.focus === focus)?.focus();
}
