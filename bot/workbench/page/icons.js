/** The page's icons as inline SVG, drawn on a grid of 20 units with the text's colour. */
import { svg } from "./dom.js";

const PATHS = {
  hash: "M7.5 3.5 6 16.5M14 3.5l-1.5 13M3.5 7.5h13.5M3 12.5h13.5",
  home: "M3.5 9 10 3.5 16.5 9v7.5h-4.4v-4.6H7.9v4.6H3.5z",
  bubble: "M3.5 5.5a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H9L5.5 16.8v-3.3a2 2 0 0 1-2-2z",
  send: "M3.5 10 16.5 4l-4 12.5-3-5zM9.5 11.5 16.5 4",
  close: "m5 5 10 10M15 5 5 15",
  back: "M12.5 4.5 7 10l5.5 5.5",
  chevron: "m5.5 8 4.5 4.5L14.5 8",
  more: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  eye: "M2.5 10S5 5 10 5s7.5 5 7.5 5-2.5 5-7.5 5-7.5-5-7.5-5zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  sun: "M10 13.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4zM10 2v1.6M10 16.4V18M2 10h1.6M16.4 10H18M4.3 4.3l1.2 1.2M14.5 14.5l1.2 1.2M4.3 15.7l1.2-1.2M14.5 5.5l1.2-1.2",
  moon: "M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z",
  screen: "M3 4.5h14v9H3zM7.5 16.5h5M10 13.5v3",
  down: "M10 4v12M5 11l5 5 5-5",
  sort: "m6.8 8 3.2-3.5L13.2 8M6.8 12l3.2 3.5 3.2-3.5",
  ascending: "m5.8 12 4.2-4.5 4.2 4.5",
  descending: "m5.8 8 4.2 4.5L14.2 8",
  search: "M8.8 14a5.2 5.2 0 1 0 0-10.4 5.2 5.2 0 0 0 0 10.4zM12.6 12.6l4 4",
  table: "M3.5 4.5h13v11h-13zM3.5 8.2h13M3.5 11.9h13M8 4.5v11",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  check: "m4.5 10.5 3.7 3.7L15.5 6.5",
  warning: "M10 3.5 17.5 16.5h-15zM10 8.2v3.8M10 14.2h.01",
  slash: "M12.5 3.5 7.5 16.5",
};

export function icon(name, size = 18) {
  const attributes = {
    class: "icon",
    viewBox: "0 0 20 20",
    width: size,
    height: size,
    fill: "none",
    stroke: "currentColor",
    "stroke-width": name === "more" ? 2.6 : 1.5,
    "stroke-linecap": "round",
    "stroke-linejoin": "round",
    aria: { hidden: "true" },
  };
  return svg("svg", attributes, svg("path", { d: PATHS[name] }));
}

/** Floorwalker's own mark: a walk through the aisles that ends at a light. */
export function mark(size) {
  return svg(
    "svg",
    { class: "mark", viewBox: "0 0 32 32", width: size, height: size, aria: { hidden: "true" } },
    svg("rect", { class: "mark-ground", width: 32, height: 32, rx: 9 }),
    svg("path", { class: "mark-walk", d: "M8.5 24V13.5a3.75 3.75 0 0 1 7.5 0v5a3.75 3.75 0 0 0 7.5 0v-4" }),
    svg("circle", { class: "mark-light", cx: 23.5, cy: 8.5, r: 2.4 }),
  );
}
