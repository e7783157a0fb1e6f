/** Pie charts, drawn as rings with the total in the middle and the shares beside them. */
import { h, svg } from "../dom.js";
import { full, short } from "./scale.js";

const SIZE = 176;
const OUTER = 84;
const INNER = 54;

const at = (turn, radius) => {
  const angle = 2 * Math.PI * turn - Math.PI / 2;
  return `${(SIZE / 2 + radius * Math.cos(angle)).toFixed(2)} ${(SIZE / 2 + radius * Math.sin(angle)).toFixed(2)}`;
};

/** One share of the ring; a whole ring is two halves, since an arc cannot end where it began. */
function ring(from, to) {
  if (to - from > 0.9999) return `${ring(0, 0.5)}${ring(0.5, 0.99995)}`;
  const wide = to - from > 0.5 ? 1 : 0;
  return `M${at(from, OUTER)}A${OUTER} ${OUTER} 0 ${wide} 1 ${at(to, OUTER)}L${at(to, INNER)}A${INNER} ${INNER} 0 ${wide} 0 ${at(from, INNER)}Z`;
}

const percent = (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;

/** The ring and its legend; `width` decides only whether they stand side by side. */
export function pie(spec, width, label) {
  const total = spec.segments.reduce((sum, { value }) => sum + value, 0) || 1;
  let turned = 0;
  const shares = spec.segments.map(({ label: name, value }, which) => {
    const from = turned;
    turned += value / total;
    return svg("path", {
      class: `share ink-${which % 12}`,
      d: ring(from, turned),
      data: { tip: `${name}\n${full(value)} · ${percent(value / total)}` },
    });
  });
  const picture = svg(
    "svg",
    { class: "plot", role: "img", aria: { label }, width: SIZE, height: SIZE, viewBox: `0 0 ${SIZE} ${SIZE}` },
    shares,
    svg("text", { class: "pie-total", x: SIZE / 2, y: SIZE / 2 + 2, "text-anchor": "middle" }, short(total)),
    svg("text", { class: "pie-word", x: SIZE / 2, y: SIZE / 2 + 19, "text-anchor": "middle" }, "total"),
  );
  const legend = h(
    "ul",
    { class: "pie-legend", aria: { hidden: "true" } },
    spec.segments.map(({ label: name, value }, which) =>
      h(
        "li",
        {},
        h("i", { class: `key ink-${which % 12}` }),
        h("span", { class: "pie-name" }, name),
        h("span", { class: "pie-value" }, full(value)),
        h("span", { class: "pie-share" }, percent(value / total)),
      ),
    ),
  );
  return h("div", { class: width < 420 ? "pie pie-narrow" : "pie" }, picture, legend);
}
