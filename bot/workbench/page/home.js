/** The App Home view of the acting member. */
import { fill, h } from "./dom.js";
import { blockNodes } from "./blocks/index.js";
import { contextOf } from "./interaction.js";
import { sidebarButton } from "./sidebar.js";

function nothingYet(state) {
  return h(
    "div",
    { class: "welcome" },
    h("h2", {}, "Home is empty"),
    h(
      "p",
      {},
      `${state.bot.name} has not published anything for you yet. It does so when you open this page while it runs.`,
    ),
  );
}

export function createHomeView(on) {
  const title = h("h1", {});
  const content = h("div", { class: "home-content" });
  const node = h(
    "section",
    { class: "home" },
    h(
      "header",
      { class: "head" },
      sidebarButton(on.menu),
      h("div", { class: "head-words" }, title, h("p", {}, "App Home: what the app keeps ready for you")),
    ),
    h("div", { class: "list", tabindex: 0, aria: { label: "App Home" } }, content),
  );
  let shown;

  function draw(state, ui) {
    const view = state.homes[ui.me];
    title.textContent = `${state.bot.name} home`;
    const stamp = JSON.stringify([ui.me, view]);
    if (stamp === shown) return;
    shown = stamp;
    if (!view) {
      fill(content, nothingYet(state));
      return;
    }
    const ctx = contextOf({ state, me: ui.me, surface: "home", container: { type: "view", view_id: view.id } });
    fill(content, h("div", { class: "sheet sheet-wide" }, blockNodes(view.blocks, ctx)));
  }
  return { node, draw };
}
