/** One tooltip for the whole page: whatever carries `data-tip` shows it on hover or keyboard focus. */
import { h } from "./dom.js";

const OFFSET = 10;
let tip = null;

function hide() {
  tip?.remove();
  tip = null;
}

function show(target) {
  hide();
  const layer = target.closest("dialog") ?? document.body;
  tip = h("div", { class: "tooltip", role: "tooltip" }, target.dataset.tip.split("\n").map((row) => h("div", {}, row)));
  layer.append(tip);
  const box = target.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(6, Math.min(box.left + box.width / 2 - width / 2, innerWidth - width - 6));
  const top = box.top - height - OFFSET > 0 ? box.top - height - OFFSET : box.bottom + OFFSET;
  tip.style.setProperty("left", `${left}px`);
  tip.style.setProperty("top", `${top}px`);
}

function follow({ target }) {
  const owner = target instanceof Element ? target.closest("[data-tip]") : null;
  if (owner) show(owner);
  else hide();
}

/** Starts listening; called once. */
export function tooltips() {
  document.addEventListener("pointerover", follow);
  document.addEventListener("focusin", (event) => { if (event.target.matches(":focus-visible")) follow(event); });
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("pointerdown", hide);
}
