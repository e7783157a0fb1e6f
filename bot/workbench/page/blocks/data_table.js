/** The data_table block: a table with a caption that can be sorted by column, filtered by text and paged. */
import { fill, h } from "../dom.js";
import { icon } from "../icons.js";
import { cellKey, cellNodes, figures } from "./table.js";

const PAGE = 5;
const FILTER_FROM = 6;

/** Numbers by size, texts by alphabet, and a text among numbers (a figure that is missing) after them. */
function compare(one, other) {
  const numbers = [one, other].map((key) => typeof key === "number");
  if (numbers[0] && numbers[1]) return one - other;
  if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1;
  return one.localeCompare(other, undefined, { numeric: true });
}

/** The rows to show for a choice of filter, sort and page: {rows, total, pages, page}. */
export function slice(body, { filter, column, direction, page, size }) {
  const wanted = filter.trim().toLocaleLowerCase();
  const kept = wanted
    ? body.filter((row) =>
        row.some((cell) =>
          String(cell.text ?? cellKey(cell))
            .toLocaleLowerCase()
            .includes(wanted),
        ),
      )
    : body;
  const sorted =
    column === null ? kept : [...kept].sort((a, b) => direction * compare(cellKey(a[column]), cellKey(b[column])));
  const pages = Math.max(1, Math.ceil(sorted.length / size));
  const current = Math.min(page, pages - 1);
  return { rows: sorted.slice(current * size, (current + 1) * size), total: sorted.length, pages, page: current };
}

export function dataTable(block, ctx) {
  const [head = [], ...body] = block.rows ?? [];
  const view = { filter: "", column: null, direction: 1, page: 0, size: block.page_size ?? PAGE };
  const rowHeader = block.row_header_column_index ?? 0;
  const looks = head.map((_, column) => (figures(body, column) ? "align-right" : "align-left"));
  const tbody = h("tbody");
  const foot = h("div", { class: "table-foot" });

  function sortBy(column) {
    view.direction = view.column === column ? -view.direction : looks[column] === "align-right" ? -1 : 1;
    Object.assign(view, { column, page: 0 });
    show();
  }

  const heads = head.map((cell, column) =>
    h(
      "th",
      { class: looks[column], scope: "col" },
      h(
        "button",
        { type: "button", class: "sort", on: { click: () => sortBy(column) } },
        h("span", {}, cellNodes(cell, ctx.names)),
        h("span", { class: "sort-sign" }, icon("sort", 14)),
      ),
    ),
  );

  function row(cells) {
    return h(
      "tr",
      {},
      cells.map((cell, column) =>
        h(
          column === rowHeader ? "th" : "td",
          { class: looks[column], scope: column === rowHeader ? "row" : undefined },
          cellNodes(cell, ctx.names),
        ),
      ),
    );
  }

  function turn(step, label, sign, disabled) {
    return h(
      "button",
      {
        type: "button",
        class: "button button-icon button-quiet",
        disabled,
        aria: { label },
        on: {
          click: () => {
            view.page += step;
            show();
          },
        },
      },
      sign,
    );
  }

  function show() {
    const shown = slice(body, view);
    view.page = shown.page;
    heads.forEach((node, column) => {
      const active = view.column === column;
      node.setAttribute("aria-sort", active ? (view.direction > 0 ? "ascending" : "descending") : "none");
      fill(
        node.querySelector(".sort-sign"),
        icon(active ? (view.direction > 0 ? "ascending" : "descending") : "sort", 14),
      );
    });
    fill(tbody, shown.rows.map(row));
    const from = shown.total ? shown.page * view.size + 1 : 0;
    fill(
      foot,
      h(
        "span",
        { class: "table-count", role: "status" },
        shown.total ? `${from}–${from + shown.rows.length - 1} of ${shown.total}` : "No rows match",
      ),
      shown.pages > 1 &&
        h(
          "span",
          { class: "button-pair" },
          turn(-1, "Previous page", icon("back", 14), shown.page === 0),
          turn(1, "Next page", h("span", { class: "flipped" }, icon("back", 14)), shown.page === shown.pages - 1),
        ),
    );
  }

  const filter =
    body.length >= FILTER_FROM &&
    h(
      "label",
      { class: "table-filter" },
      icon("search", 14),
      h("input", {
        type: "search",
        placeholder: "Filter",
        aria: { label: `Filter ${block.caption ?? "table"}` },
        on: {
          input: (event) => {
            Object.assign(view, { filter: event.target.value, page: 0 });
            show();
          },
        },
      }),
    );
  show();
  return h(
    "div",
    { class: "data-table" },
    h("div", { class: "table-head" }, h("span", { class: "table-caption" }, block.caption ?? ""), filter),
    h(
      "div",
      { class: "table-scroll", tabindex: 0, role: "region", aria: { label: block.caption ?? "Table" } },
      h("table", { class: "table", aria: { label: block.caption } }, h("thead", {}, h("tr", {}, heads)), tbody),
    ),
    foot,
  );
}
