/** Line, bar and area charts on one frame: grid, axes and labels, then the marks. */
import { svg } from "../dom.js";
import { full, linear, short, ticks } from "./scale.js";

const GLYPH = 6.1;
const LINE = 13;

const textWidth = (text) => text.length * GLYPH;

/** Splits a label at a space into two balanced lines; one word stays one line. */
function halves(label) {
  const gaps = [...label.matchAll(/ /g)].map(({ index }) => index);
  if (!gaps.length) return [label];
  const middle = gaps.reduce((best, at) =>
    Math.abs(at - label.length / 2) < Math.abs(best - label.length / 2) ? at : best,
  );
  return [label.slice(0, middle), label.slice(middle + 1)];
}

const clip = (text, room) =>
  textWidth(text) <= room ? text : `${text.slice(0, Math.max(1, Math.floor(room / GLYPH) - 1))}…`;

/** How category labels fit their slots: on one line, on two, only every n-th for sequences, or clipped. */
function labelling(categories, slot, sequence) {
  const room = slot - 6;
  const fits = (rows) => rows.every((row) => textWidth(row) <= room);
  if (categories.every((label) => fits([label]))) return { every: 1, rows: (label) => [label] };
  if (categories.every((label) => fits(halves(label)))) return { every: 1, rows: halves };
  if (sequence || slot < 34)
    return { every: Math.ceil((Math.max(...categories.map(textWidth)) + 8) / slot), rows: (label) => [label] };
  return { every: 1, rows: (label) => halves(label).map((row) => clip(row, room)) };
}

function frame(spec, width) {
  const values = spec.series.flatMap(({ data }) => data.map(({ value }) => value));
  const { categories, x_label: xLabel, y_label: yLabel } = spec.axis_config;
  const marks = ticks(Math.min(...values), Math.max(...values), 4);
  const left = Math.max(...marks.map((value) => textWidth(short(value)))) + 14;
  const right = 10;
  const slot = (width - left - right) / categories.length;
  const labels = labelling(categories, slot, spec.type !== "bar");
  const deep = Math.max(...categories.map((label) => labels.rows(label).length)) * LINE;
  const top = yLabel ? 26 : 10;
  const plot = width < 460 ? 150 : 190;
  const bottom = deep + (xLabel ? 30 : 10);
  return {
    width,
    height: top + plot + bottom,
    left,
    right: width - right,
    top,
    floor: top + plot,
    slot,
    labels,
    marks,
    categories,
    xLabel,
    yLabel,
    y: linear(marks[0], marks.at(-1), top + plot, top),
    x: (at) => left + slot * (at + 0.5),
  };
}

function axes(box) {
  const grid = box.marks.map((value) =>
    svg(
      "g",
      { class: value === 0 ? "grid grid-zero" : "grid" },
      svg("line", { x1: box.left, x2: box.right, y1: box.y(value), y2: box.y(value) }),
      svg("text", { x: box.left - 8, y: box.y(value) + 3.5, "text-anchor": "end" }, short(value)),
    ),
  );
  const labels = box.categories.map(
    (label, at) =>
      at % box.labels.every === 0 &&
      svg(
        "text",
        { class: "axis-label", "text-anchor": "middle" },
        box.labels.rows(label).map((row, line) => svg("tspan", { x: box.x(at), y: box.floor + 17 + line * LINE }, row)),
      ),
  );
  return [
    grid,
    labels,
    box.xLabel &&
      svg(
        "text",
        { class: "axis-title", x: (box.left + box.right) / 2, y: box.height - 6, "text-anchor": "middle" },
        box.xLabel,
      ),
    box.yLabel && svg("text", { class: "axis-title", x: 0, y: 11 }, box.yLabel),
  ];
}

/** A bar with its outer end rounded, upward or downward. */
function barPath(x, width, base, end) {
  const radius = Math.min(3.5, width / 2, Math.abs(end - base));
  const inward = end < base ? radius : -radius;
  return `M${x} ${base}V${end + inward}Q${x} ${end} ${x + radius} ${end}H${x + width - radius}Q${x + width} ${end} ${x + width} ${end + inward}V${base}Z`;
}

function bars(spec, box) {
  const gap = spec.series.length > 1 ? 2 : 0;
  const group = Math.min(box.slot * 0.72, 46 * spec.series.length);
  const width = Math.max(2, (group - gap * (spec.series.length - 1)) / spec.series.length);
  return spec.series.map(({ data }, which) =>
    svg(
      "g",
      { class: `bars ink-${which % 12}` },
      data.map(({ value }, at) =>
        svg("path", {
          d: barPath(box.x(at) - group / 2 + which * (width + gap), width, box.y(0), box.y(value)),
        }),
      ),
    ),
  );
}

function lines(spec, box, filled) {
  return spec.series.map(({ data }, which) => {
    const points = data.map(({ value }, at) => `${box.x(at)} ${box.y(value)}`);
    const path = `M${points.join("L")}`;
    return svg(
      "g",
      { class: `lines ink-${which % 12}` },
      filled &&
        svg("path", { class: "area", d: `${path}L${box.x(data.length - 1)} ${box.y(0)}L${box.x(0)} ${box.y(0)}Z` }),
      svg("path", { class: "line", d: path }),
      data.map(({ value }, at) =>
        svg("circle", { class: "point", cx: box.x(at), cy: box.y(value), r: data.length > 14 ? 2.2 : 3 }),
      ),
    );
  });
}

/** Invisible columns over the plot: hovering anywhere in one names all its figures. */
function columns(spec, box) {
  return box.categories.map((label, at) =>
    svg("rect", {
      class: "column",
      x: box.left + box.slot * at,
      y: box.top,
      width: box.slot,
      height: box.floor - box.top,
      data: { tip: [label, ...spec.series.map(({ name, data }) => `${name}: ${full(data[at]?.value)}`)].join("\n") },
    }),
  );
}

const MARKS = { bar: bars, line: lines, area: (spec, box) => lines(spec, box, true) };

/** The SVG of a line, bar or area chart, `width` pixels wide. */
export function cartesian(spec, width, label) {
  const box = frame(spec, width);
  return svg(
    "svg",
    { class: "plot", role: "img", aria: { label }, width, height: box.height, viewBox: `0 0 ${width} ${box.height}` },
    axes(box),
    columns(spec, box),
    MARKS[spec.type](spec, box),
  );
}
