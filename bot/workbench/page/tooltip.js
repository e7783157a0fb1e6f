/** One tooltip for the whole page: whatever carries `data-tip` shows it on hover or keyboard focus. */
import { h } from "./dom.js";

const OFFSET = 10;
let tip = null;
let owner = null;

function hide() {
  tip?.remove();
  tip = owner = null;
}

function show(target) {
  hide();
  owner = target;
  const layer = target.closest("dialog") ?? document.body;
  tip = h(
    "div",
    { class: "tooltip", role: "tooltip" },
    target.dataset.tip.split("\n").map((row) => h("div", {}, row)),
  );
  layer.append(tip);
  const box = target.getBoundingClientRect();
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(6, Math.min(box.left + box.width / 2 - width / 2, innerWidth - width - 6));
  const top = box.top - height - OFFSET > 0 ? box.top - height - OFFSET : box.bottom + OFFSET;
  tip.style.setProperty("left", `${left}px`);
  tip.style.setProperty("top", `${top}px`);
}

function follow({ target }) {
  const next = target instanceof Element ? target.closest("[data-tip]") : null;
  if (next) show(next);
  else hide();
}

/** What scrolls away loses its tooltip; what is still under the pointer keeps it, at its new place. */
function scrolled() {
  if (owner?.isConnected && owner.matches(":hover")) show(owner);
  else hide();
}

/** Starts listening; called once. */
export function tooltips() {
  document.addEventListener("pointerover", follow);
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(":focus-visible")) follow(event);
  });
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", scrolled, true);
  document.addEventListener("pointerdown", hide);
}
