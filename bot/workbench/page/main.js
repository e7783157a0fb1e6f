/** Puts the page together: the state from the server, the place that one looks at, and the views. */
import { fill, h } from "./dom.js";
import { api, live } from "./api.js";
import { createChannelView } from "./channel.js";
import { createHomeView } from "./home.js";
import { createModalView } from "./modal.js";
import { actingMember, markRead, readUpTo, rememberMember } from "./prefs.js";
import { drawSidebar } from "./sidebar.js";
import { createStore, person, unread } from "./store.js";
import { mark } from "./icons.js";
import { createThreadView } from "./thread.js";
import { tooltips } from "./tooltip.js";

const app = document.getElementById("app");
const sidebar = document.getElementById("sidebar");
const main = document.getElementById("main");
const announcer = document.getElementById("announcer");
const store = createStore();
const ui = { me: null, place: null, thread: null, newAfter: undefined, status: "connecting", dismissed: new Set() };

/** The address names the place, so a reload and a bookmark come back to it: #/C0FINANCE, #/C0FINANCE/1700000000.000100, #/home. */
function go(place, thread = null) {
  location.hash = `#/${place}${thread ? `/${thread}` : ""}`;
}

const where = () => ({ user: ui.me, channel: ui.place, state: store.get() });
const on = {
  openThread: (ts) => go(ui.place, ts),
  dismiss: (message) => {
    ui.dismissed.add(message.ts);
    draw(null);
  },
  menu: () => app.classList.toggle("app-menu"),
  read: () => draw(null),
};
const channelView = createChannelView(where, on);
const homeView = createHomeView(on);
const modalView = createModalView();
const threadView = createThreadView(document.getElementById("thread"), () => ({ ...where(), thread_ts: ui.thread }), {
  ...on,
  close: () => {
    go(ui.place);
    channelView.focus();
  },
});

function firstPlace(state) {
  return (state.channels.find(({ kind }) => kind !== "im") ?? state.channels[0])?.id ?? "home";
}

/** A place that this member cannot see gives way: somebody else's direct messages become one's own. */
function allowed(state, place) {
  if (place === "home") return place;
  const channel = state.channels.find(({ id }) => id === place);
  if (!channel) return firstPlace(state);
  if (channel.kind !== "im" || channel.member === ui.me) return place;
  return state.channels.find(({ kind, member }) => kind === "im" && member === ui.me)?.id ?? firstPlace(state);
}

function settlePlace(state) {
  const [, hash, thread] = location.hash.split("/");
  const place = allowed(state, hash);
  ui.thread = place === hash ? (thread ?? null) : null;
  const key = `${place} ${ui.me}`;
  if (key === ui.key) return;
  Object.assign(ui, { key, place, newAfter: place === "home" ? undefined : readUpTo(ui.me, place) });
  app.classList.remove("app-menu");
  if (place === "home") api.home({ user: ui.me });
}

function settleMember(state) {
  const wanted = ui.me ?? actingMember();
  ui.me = person(state, wanted) ? wanted : state.members[0]?.id;
}

function drawPlace(state, change) {
  const view = ui.place === "home" ? homeView : channelView;
  if (view.node.parentNode !== main) fill(main, view.node);
  const last = view.draw(state, ui, change);
  if (view === channelView && channelView.following() && document.visibilityState === "visible")
    markRead(ui.me, ui.place, last);
}

function total(state) {
  return state.channels
    .filter(({ kind, member }) => kind !== "im" || member === ui.me)
    .reduce((sum, { id }) => sum + unread(state, id, ui.me, readUpTo(ui.me, id)), 0);
}

function draw(change) {
  const state = store.get();
  if (!state) return;
  settleMember(state);
  settlePlace(state);
  drawPlace(state, change);
  threadView.draw(state, ui, change);
  drawSidebar(sidebar, state, ui, { go, act, redraw: () => draw(null) });
  modalView.draw(state, ui);
  app.classList.toggle("app-threaded", Boolean(ui.thread) && !document.getElementById("thread").hidden);
  app.removeAttribute("aria-busy");
  const waiting = total(state);
  document.title = `${waiting ? `(${waiting}) ` : ""}Floorwalker workbench`;
}

function act(member) {
  ui.me = member;
  rememberMember(member);
  draw(null);
}

/** Screen readers hear of new messages wherever they are read; the words are the message's own notification text. */
function announce(change) {
  const message = change?.type === "message.posted" ? change.message : null;
  if (message && message.user !== ui.me && (!message.ephemeral_to || message.ephemeral_to === ui.me))
    announcer.textContent = message.text ?? "";
}

fill(main, h("div", { class: "loading" }, mark(44), h("p", {}, "Opening the workbench…")));
store.subscribe((_, change) => {
  draw(change);
  announce(change);
});
addEventListener("hashchange", () => draw(null));
document.addEventListener("visibilitychange", () => draw(null));
tooltips();
live({
  onState: (full) => store.set(full),
  onChange: (change) => store.change(change),
  onStatus: (status) => {
    ui.status = status;
    draw(null);
  },
});
