/** A scrolling list of messages that keeps the reader's place: it follows new messages only while the reader is at the end. */
import { h, reconcile } from "./dom.js";
import { icon } from "./icons.js";

const NEAR = 60;

export function createList(label, onRead) {
  const items = h("div", { class: "list-items", role: "log", aria: { label } });
  const scroller = h("div", { class: "list", tabindex: 0, aria: { label } }, items);
  const jump = h(
    "button",
    {
      type: "button",
      class: "jump",
      hidden: true,
      on: {
        click: () => {
          toEnd();
          onRead?.();
        },
      },
    },
    icon("down", 15),
    h("span", {}, "New messages"),
  );
  let place = null;
  let following = true;
  let end = 0;

  const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
  // The event of a scroll comes a frame late, so what draws in between asks where the reader is, not what was last heard:
  // who stands where we put them still follows, though the list has grown since; who stands above has left the end.
  const follows = () => atEnd() || (following && scroller.scrollTop >= end);
  function putAtEnd() {
    scroller.scrollTop = scroller.scrollHeight;
    end = scroller.scrollTop;
  }
  function toEnd() {
    putAtEnd();
    following = true;
    jump.hidden = true;
  }
  scroller.addEventListener("scroll", () => {
    following = follows();
    if (following && !jump.hidden) {
      jump.hidden = true;
      onRead?.();
    }
  });
  // Charts and pictures get their height after they are drawn; the end must stay in sight meanwhile.
  const sizes = new ResizeObserver(() => {
    following = follows();
    if (following) putAtEnd();
  });
  sizes.observe(items);
  sizes.observe(scroller);

  /** Shows items; a new `where` starts at the end. `changed` is the key of a message to light up for a moment. */
  function show(where, next, { changed, posted } = {}) {
    const moved = where !== place;
    place = where;
    following = moved || follows();
    if (moved) {
      items.replaceChildren();
      jump.hidden = true;
    }
    reconcile(items, next);
    if (changed) {
      const node = [...items.children].find((one) => one.floorKey === changed);
      node?.classList.add("lit");
      node?.addEventListener("animationend", () => node.classList.remove("lit"), { once: true });
    }
    if (following) toEnd();
    else if (posted) jump.hidden = false;
  }
  return { node: h("div", { class: "list-frame" }, scroller, jump), show, following: () => following, toEnd };
}
