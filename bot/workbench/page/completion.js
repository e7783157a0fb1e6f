/** The list of slash commands over the composer, while a command is being typed. */
import { fill, h } from "./dom.js";

/** The commands whose name begins with the first word of `text`; none once the name is complete and a space follows. */
export function matching(commands, text) {
  if (!text.startsWith("/") || /\s/.test(text)) return [];
  return commands.filter(({ command }) => command.startsWith(text.toLowerCase()));
}

/** The command that `text` names in full, or undefined. */
export const named = (commands, text) =>
  commands.find(({ command }) => text.toLowerCase().split(/\s/, 1)[0] === command);

/** The option list as a combobox popup; `choose(command)` is called with the command taken. */
export function createCompletion(listId, choose) {
  const node = h("ul", {
    id: listId,
    class: "completion",
    role: "listbox",
    hidden: true,
    aria: { label: "Slash commands" },
  });
  let shown = [];
  let active = 0;

  function draw() {
    node.hidden = shown.length === 0;
    fill(
      node,
      shown.map((entry, at) =>
        h(
          "li",
          {
            id: `${listId}-${at}`,
            role: "option",
            class: "completion-item",
            aria: { selected: String(at === active) },
            on: {
              pointerdown: (event) => {
                event.preventDefault();
                choose(entry);
              },
              pointermove: () => {
                if (active !== at) {
                  active = at;
                  draw();
                }
              },
            },
          },
          h("span", { class: "completion-name" }, entry.command),
          h("span", { class: "completion-usage" }, entry.usage_hint ?? ""),
          h("span", { class: "completion-note" }, entry.description ?? ""),
        ),
      ),
    );
    node.children[active]?.scrollIntoView({ block: "nearest" });
  }

  return {
    node,
    open: () => !node.hidden,
    activeId: () => (node.hidden ? null : `${listId}-${active}`),
    show(entries) {
      shown = entries;
      active = 0;
      draw();
    },
    move(step) {
      active = (active + step + shown.length) % shown.length;
      draw();
    },
    take() {
      choose(shown[active]);
    },
  };
}
