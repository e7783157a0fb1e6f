/** A small panel that hangs on a button: closes by itself at Escape or a click elsewhere, and is never clipped by a scrolling parent. */
import { h } from "./dom.js";

const MARGIN = 8;

function place(panel, anchor) {
  const box = anchor.getBoundingClientRect();
  const { width, height } = panel.getBoundingClientRect();
  const below = box.bottom + 4 + height <= innerHeight - MARGIN;
  const left = Math.max(MARGIN, Math.min(box.left, innerWidth - width - MARGIN));
  const top = below ? box.bottom + 4 : Math.max(MARGIN, box.top - height - 4);
  panel.style.setProperty("left", `${left}px`);
  panel.style.setProperty("top", `${top}px`);
}

/** Ties a panel to a button; `make(close)` builds its content each time it opens. */
export function popover(button, props, make) {
  button.setAttribute("aria-expanded", "false");
  button.addEventListener("click", () => {
    const panel = h("div", { ...props, popover: "auto", class: `popover ${props.class ?? ""}` });
    panel.append(make(() => panel.hidePopover()));
    panel.addEventListener("toggle", ({ newState }) => {
      button.setAttribute("aria-expanded", String(newState === "open"));
      if (newState === "closed") panel.remove();
    });
    button.after(panel);
    panel.showPopover();
    place(panel, button);
    panel.querySelector("button, input, [tabindex]")?.focus();
  });
  return button;
}

/** Arrow keys walk through the items of a menu. */
export function walkable(menu) {
  menu.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const items = [...menu.querySelectorAll("button:not([disabled]), input")];
    const next = (items.indexOf(document.activeElement) + step + items.length) % items.length;
    items[next].focus();
  });
  return menu;
}
