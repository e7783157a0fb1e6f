/** The data_visualization block: a titled chart with its legend, and the same figures as a table for those who read rather than look. */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { cartesian } from "../charts/cartesian.js";
import { pie } from "../charts/pie.js";
import { full } from "../charts/scale.js";

const KINDS = { line: cartesian, bar: cartesian, area: cartesian, pie };
const WIDEST = 900;

function legend(names) {
  return h(
    "ul",
    { class: "legend", aria: { hidden: "true" } },
    names.map((name, at) => h("li", {}, h("i", { class: `key ink-${at % 12}` }), name)),
  );
}

function twin(title, chart) {
  const series = chart.type === "pie" ? [{ name: "Value", data: chart.segments }] : chart.series;
  const labels = chart.type === "pie" ? chart.segments.map(({ label }) => label) : chart.axis_config.categories;
  const value = (one, at) => full(one.data[at]?.value);
  return h(
    "table",
    { class: "table", aria: { label: title } },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, chart.axis_config?.x_label ?? ""),
        series.map(({ name }) => h("th", { scope: "col", class: "align-right" }, name)),
      ),
    ),
    h(
      "tbody",
      {},
      labels.map((label, at) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, label),
          series.map((one) => h("td", { class: "align-right" }, value(one, at))),
        ),
      ),
    ),
  );
}

/** One sentence that says what the picture shows. */
function summary(title, chart) {
  if (chart.type === "pie")
    return `${title}: pie chart. ${chart.segments.map(({ label, value }) => `${label} ${full(value)}`).join(", ")}.`;
  const span = `${chart.axis_config.categories[0]} to ${chart.axis_config.categories.at(-1)}`;
  return `${title}: ${chart.type} chart of ${chart.series.map(({ name }) => name).join(", ")}, ${span}.`;
}

export function chart(block) {
  const spec = block.chart;
  const stage = h("div", { class: "chart-stage" });
  const table = h("div", { class: "table-scroll chart-twin", hidden: true }, twin(block.title, spec));
  let drawn = 0;
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.min(WIDEST, Math.floor(contentRect.width));
    if (width <= 0 || width === drawn) return;
    drawn = width;
    fill(stage, KINDS[spec.type](spec, width, summary(block.title, spec)));
  }).observe(stage);
  const toggle = h(
    "button",
    {
      type: "button",
      class: "button button-icon button-quiet",
      aria: { label: "Show as a table", pressed: "false" },
      data: { tip: "Show as a table" },
      on: {
        click: () => {
          table.hidden = !table.hidden;
          stage.hidden = !table.hidden;
          toggle.setAttribute("aria-pressed", String(!table.hidden));
        },
      },
    },
    icon("table", 16),
  );
  const names = spec.type === "pie" ? [] : spec.series.map(({ name }) => name);
  return h(
    "figure",
    { class: `chart chart-${spec.type}` },
    h("div", { class: "chart-head" }, h("figcaption", {}, block.title), toggle),
    names.length > 1 && legend(names),
    stage,
    table,
  );
}
