/** Select menus over the app's options, the workspace's people or its channels; one choice or several. */
import { h } from "../dom.js";
import { icon } from "../icons.js";
import { nameless, report, settled } from "../interaction.js";
import { popover, walkable } from "../popover.js";
import { words } from "../text/index.js";

const asOption = (text, value) => ({ text: { type: "plain_text", text }, value });
const people = (ctx) => ctx.state.members.map(({ id, name }) => asOption(name, id));
const channels = (ctx) =>
  ctx.state.channels.filter(({ kind }) => kind !== "im").map(({ id, name }) => asOption(`#${name}`, id));

/** Per family: where options come from, the key of the answer, and whether the answer is a whole option or its id. */
const FAMILIES = {
  static: { word: "option", whole: true, groups: (spec) => spec.option_groups ?? [{ options: spec.options ?? [] }] },
  users: { word: "user", groups: (_, ctx) => [{ options: people(ctx) }] },
  channels: { word: "channel", groups: (_, ctx) => [{ options: channels(ctx) }] },
  conversations: { word: "conversation", groups: (_, ctx) => [{ options: channels(ctx) }] },
};

const familyOf = (spec) => FAMILIES[spec.type.replace(/^multi_/, "").replace(/_select$/, "")];
const valueOf = (family, chosen) => (family.whole ? chosen?.value : chosen);

export function select(spec, block, ctx) {
  const family = familyOf(spec);
  const groups = family.groups(spec, ctx);
  const options = groups.flatMap((group) => group.options);
  const key = `selected_${family.word}`;
  const current = valueOf(family, settled(ctx, block, spec, { [key]: spec[`initial_${family.word}`] ?? null })[key]);
  const entry = (option) =>
    h("option", { value: option.value, selected: option.value === current }, words(option.text));
  const placeholder = words(spec.placeholder) || "Choose…";
  const node = h(
    "select",
    {
      class: "select",
      data: { focus: spec.action_id, actionId: spec.action_id },
      aria: { label: nameless(block, placeholder) },
    },
    h("option", { value: "", disabled: block.type !== "input" || !block.optional, selected: !current }, placeholder),
    groups.map((group) =>
      group.label ? h("optgroup", { label: words(group.label) }, group.options.map(entry)) : group.options.map(entry),
    ),
  );
  node.addEventListener("change", () => {
    const option = options.find((one) => one.value === node.value) ?? null;
    report(ctx, block, spec, { [key]: family.whole ? option : (option?.value ?? null) }, node);
  });
  return h("span", { class: "select-frame" }, node, icon("chevron", 14));
}

function checklist(groups, chosen, toggle) {
  const line = (option) =>
    h(
      "label",
      { class: "menu-item" },
      h("input", {
        type: "checkbox",
        checked: chosen().has(option.value),
        on: { change: (event) => toggle(option, event.target.checked) },
      }),
      words(option.text),
    );
  return walkable(
    h(
      "div",
      { class: "menu" },
      groups.map((group) => [
        group.label && h("div", { class: "menu-title" }, words(group.label)),
        group.options.map(line),
      ]),
    ),
  );
}

/** Several choices are made in one go, and the app hears of them once: when the list closes. */
export function multiSelect(spec, block, ctx) {
  const family = familyOf(spec);
  const groups = family.groups(spec, ctx);
  const options = groups.flatMap((group) => group.options);
  const key = `selected_${family.word}s`;
  const initial = settled(ctx, block, spec, { [key]: spec[`initial_${family.word}s`] ?? [] })[key] ?? [];
  let chosen = new Set(initial.map((one) => valueOf(family, one)));
  const caption = h("span", { class: "button-text" });
  const picked = () => options.filter((option) => chosen.has(option.value));
  const describe = () => {
    caption.textContent =
      picked()
        .map((option) => words(option.text))
        .join(", ") ||
      words(spec.placeholder) ||
      "Choose…";
  };
  const node = h(
    "button",
    { type: "button", class: "select select-many", data: { focus: spec.action_id, actionId: spec.action_id } },
    caption,
  );
  const toggle = (option, on) => {
    chosen = new Set(on ? [...chosen, option.value] : [...chosen].filter((value) => value !== option.value));
    describe();
  };
  const tell = () =>
    report(ctx, block, spec, { [key]: picked().map((option) => (family.whole ? option : option.value)) }, node);
  let before = "";
  popover(node, {}, () => {
    before = [...chosen].join();
    return checklist(groups, () => chosen, toggle);
  });
  new MutationObserver(() => {
    if (node.getAttribute("aria-expanded") === "false" && before !== [...chosen].join()) tell();
  }).observe(node, { attributeFilter: ["aria-expanded"] });
  describe();
  return h("span", { class: "select-frame" }, node, icon("chevron", 14));
}

/** A select whose options come from the app while one types; the first letters are the app's to ask for (min_query_length, else 3). */
export function externalSelect(spec, block, ctx) {
  const known = settled(ctx, block, spec, { selected_option: spec.initial_option ?? null }).selected_option;
  const list = h("div", { class: "menu suggestions", role: "listbox", hidden: true });
  const node = h("input", {
    class: "input",
    type: "text",
    role: "combobox",
    autocomplete: "off",
    placeholder: words(spec.placeholder) || "Type to search…",
    value: known ? words(known.text) : "",
    data: { focus: spec.action_id, actionId: spec.action_id },
    aria: { expanded: "false", autocomplete: "list", label: nameless(block, words(spec.placeholder) || "Search") },
  });
  let asked = 0;

  function open(entries) {
    list.replaceChildren(...entries);
    list.hidden = entries.length === 0;
    node.setAttribute("aria-expanded", String(!list.hidden));
  }

  function take(option) {
    node.value = words(option.text);
    open([]);
    node.focus();
    report(ctx, block, spec, { selected_option: option }, node);
  }

  const entry = (option) =>
    h(
      "button",
      { type: "button", role: "option", class: "menu-item", on: { click: () => take(option) } },
      words(option.text),
    );

  async function ask() {
    const mine = (asked += 1);
    if (node.value.length < (spec.min_query_length ?? 3)) {
      open([]);
      return;
    }
    const groups = await ctx.suggest(block, spec, node.value);
    if (mine === asked) open(groups.flatMap((group) => group.options ?? []).map(entry));
  }
  node.addEventListener("input", ask);
  node.addEventListener("focus", () => {
    if (spec.min_query_length === 0 && !node.value) ask();
  });
  node.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && !list.hidden) {
      event.preventDefault();
      list.querySelector("button").focus();
    }
  });
  return h("div", { class: "external" }, node, walkable(list));
}
