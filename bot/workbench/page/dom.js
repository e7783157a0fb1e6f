/** Builds DOM nodes. Text only ever enters the page as text nodes, so nothing that a shop or a person wrote can become markup. */

const SVG = "http://www.w3.org/2000/svg";

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

const SETTERS = {
  class: (node, value) => node.setAttribute("class", value),
  on: (node, handlers) => Object.entries(handlers).forEach(([name, handler]) => node.addEventListener(name, handler)),
  data: (node, values) =>
    Object.entries(values).forEach(([key, value]) => {
      if (value !== undefined) node.dataset[key] = value;
    }),
  aria: (node, values) =>
    Object.entries(values).forEach(([key, value]) => {
      if (value !== undefined) node.setAttribute(`aria-${key}`, value);
    }),
  style: (node, values) => Object.entries(values).forEach(([key, value]) => node.style.setProperty(key, value)),
  value: (node, value) => {
    node.value = value;
  },
};

function assign(node, props) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (SETTERS[key]) SETTERS[key](node, value);
    else node.setAttribute(key, value === true ? "" : value);
  }
  return node;
}

/** An HTML element; `props` are attributes besides `class`, `on`, `data`, `aria`, `style` and `value`. */
export function h(tag, props, ...children) {
  return append(assign(document.createElement(tag), props), children);
}

/** An SVG element with the same conventions as `h`. */
export function svg(tag, props, ...children) {
  return append(assign(document.createElementNS(SVG, tag), props), children);
}

/** Replaces all children of a node. */
export function fill(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

let serial = 0;

/** An id that is unique in this document, to tie labels to their controls. */
export function uid(prefix) {
  serial += 1;
  return `${prefix}-${serial}`;
}

/** Pressing a button must not lose the keyboard's place, so focus moves to the same control of the fresh node. */
function carryFocus(stale, fresh) {
  const active = document.activeElement;
  if (!stale.contains(active)) return null;
  const wanted = active.dataset.focus;
  return () => [...fresh.querySelectorAll("[data-focus]")].find((node) => node.dataset.focus === wanted)?.focus();
}

/**
 * Makes `parent` show `items` ({key, stamp, make}) in order. A node whose stamp is unchanged is kept as it is, so that scroll
 * position, open menus and typed text survive a change elsewhere. Returns the nodes that replaced an older version.
 */
export function reconcile(parent, items) {
  const known = new Map([...parent.children].map((node) => [node.floorKey, node]));
  const replaced = [];
  let cursor = parent.firstChild;
  for (const item of items) {
    const old = known.get(item.key);
    known.delete(item.key);
    let node = old;
    if (!old || old.floorStamp !== item.stamp) {
      node = Object.assign(item.make(), { floorKey: item.key, floorStamp: item.stamp });
    }
    if (old && node !== old) {
      const focus = carryFocus(old, node);
      if (cursor === old) cursor = node;
      old.replaceWith(node);
      focus?.();
      replaced.push(node);
    }
    if (node === cursor) cursor = cursor.nextSibling;
    else parent.insertBefore(node, cursor);
  }
  known.forEach((node) => node.remove());
  return replaced;
}
