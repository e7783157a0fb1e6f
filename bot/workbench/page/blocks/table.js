/** The table block, and the cells that it shares with the data table. */
import { h } from "../dom.js";
import { richNodes } from "./rich_text.js";

/** The nodes of one cell. */
export function cellNodes(cell, names) {
  if (cell?.type === "rich_text") return richNodes(cell, names);
  return [cell?.text ?? (cell?.value ?? "").toString()];
}

/** What a cell sorts and filters by: a number when it is one, else its text. */
export function cellKey(cell) {
  if (typeof cell?.value === "number") return cell.value;
  const collect = (part) => part.text ?? part.name ?? part.user_id ?? (part.elements ?? []).map(collect).join(" ");
  return cell ? collect(cell) : "";
}

const NUMERIC = /^[\s+−–-]*[€$£]?\s?[\d.,\s]+\s?(?:%|[a-z€]{1,4}|[A-Z]{3})?$/;

/** Columns of figures read better right-aligned, also when an app sends them as text or leaves one out. */
export function figures(rows, column) {
  const cells = rows.map((row) => row[column]).filter((cell) => cell && cellKey(cell) !== "");
  if (cells.some((cell) => cell.type === "raw_number")) return true;
  return cells.length > 0 && cells.every((cell) => cell.type !== "rich_text" && NUMERIC.test(cell.text ?? ""));
}

const ALIGNS = new Set(["left", "center", "right"]);

export function table(block, ctx) {
  const [head = [], ...body] = block.rows ?? [];
  const looks = head.map((_, column) => {
    const settings = block.column_settings?.[column] ?? {};
    const align = ALIGNS.has(settings.align) ? settings.align : figures(body, column) ? "right" : "left";
    return `align-${align}${settings.is_wrapped ? " wrapped" : ""}`;
  });
  const line = (tag) => (row) =>
    h(
      "tr",
      {},
      row.map((cell, column) =>
        h(tag, { class: looks[column], scope: tag === "th" ? "col" : undefined }, cellNodes(cell, ctx.names)),
      ),
    );
  return h(
    "div",
    { class: "table-scroll", tabindex: 0, role: "region", aria: { label: "Table" } },
    h("table", { class: "table" }, h("thead", {}, line("th")(head)), h("tbody", {}, body.map(line("td")))),
  );
}
