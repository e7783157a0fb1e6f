/** The part of standard Markdown that Slack's markdown block shows: headings, lists, quotes, code, rules, tables and inline styles. HTML stays text. */
import { h } from "../dom.js";
import { emojiNode, link } from "./inline.js";

const INLINE = new RegExp(
  [
    "`([^`]+)`",
    "!?\\[([^\\]]*)\\]\\(([^()\\s]+)\\)",
    "\\*\\*(\\S(?:[^]*?\\S)?)\\*\\*",
    "~~(\\S(?:[^]*?\\S)?)~~",
    "(?<![\\p{L}\\p{N}*_])([*_])(\\S(?:[^\\n]*?\\S)?)\\6(?![\\p{L}\\p{N}])",
    ":([a-z0-9_+-]+):",
    "(https?://[^\\s<>]+[^\\s<>.,;:!?)])",
  ].join("|"),
  "gu",
);

function inline(text) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, label, target, bold, struck, , slanted, name, url] = match;
    nodes.push(text.slice(from, match.index));
    from = match.index + whole.length;
    if (code !== undefined) nodes.push(h("code", {}, code));
    else if (target !== undefined) nodes.push(link(target, inline(label || target), whole));
    else if (bold !== undefined) nodes.push(h("strong", {}, inline(bold)));
    else if (struck !== undefined) nodes.push(h("del", {}, inline(struck)));
    else if (slanted !== undefined) nodes.push(h("em", {}, inline(slanted)));
    else if (name !== undefined) nodes.push(emojiNode(name));
    else nodes.push(link(url, [url]));
  }
  nodes.push(text.slice(from));
  return nodes;
}

const cells = (row) =>
  row
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());

function table(rows) {
  const line = (tag) => (row) =>
    h(
      "tr",
      {},
      cells(row).map((cell) => h(tag, {}, inline(cell))),
    );
  return h(
    "div",
    { class: "table-scroll" },
    h("table", { class: "table" }, h("thead", {}, line("th")(rows[0])), h("tbody", {}, rows.slice(2).map(line("td")))),
  );
}

/** Nested items follow their parent by indentation; two spaces or more go one level down. */
function list(rows, pattern) {
  const ordered = /^\s*\d/.test(rows[0]);
  const node = h(ordered ? "ol" : "ul", {});
  const indent = (row) => row.match(/^\s*/)[0].length;
  const base = indent(rows[0]);
  for (let at = 0; at < rows.length;) {
    const item = h("li", {}, inline(rows[at].replace(pattern, "")));
    let next = at + 1;
    while (next < rows.length && indent(rows[next]) > base) next += 1;
    if (next > at + 1) item.append(list(rows.slice(at + 1, next), pattern));
    node.append(item);
    at = next;
  }
  return node;
}

const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;
const KINDS = [
  {
    test: (row) => /^#{1,6}\s/.test(row),
    one: true,
    make: ([row]) => h(`h${Math.min(row.match(/^#+/)[0].length + 2, 6)}`, {}, inline(row.replace(/^#+\s*/, ""))),
  },
  { test: (row) => /^\s*([-*_])(\s*\1){2,}\s*$/.test(row), one: true, make: () => h("hr") },
  { test: (row) => ITEM.test(row), make: (rows) => list(rows, ITEM) },
  {
    test: (row) => /^>/.test(row),
    make: (rows) => h("blockquote", {}, markdown(rows.map((row) => row.replace(/^> ?/, "")).join("\n"))),
  },
  {
    test: (row) => /^\s*\|.*\|\s*$/.test(row),
    make: (rows) => (rows.length > 2 ? table(rows) : h("p", {}, inline(rows.join("\n")))),
  },
  { test: (row) => row.trim() === "", make: () => null },
];
const paragraph = {
  make: (rows) =>
    h(
      "p",
      {},
      rows.flatMap((row, at) => [at ? h("br") : null, inline(row)]),
    ),
};
const kindOf = (row) => KINDS.find((kind) => kind.test(row)) ?? paragraph;

function prose(text) {
  const rows = text.split("\n");
  const nodes = [];
  for (let at = 0; at < rows.length;) {
    const kind = kindOf(rows[at]);
    let next = at + 1;
    while (!kind.one && next < rows.length && kindOf(rows[next]) === kind) next += 1;
    nodes.push(kind.make(rows.slice(at, next)));
    at = next;
  }
  return nodes;
}

/** The nodes of a Markdown text. */
export function markdown(text) {
  return text
    .split(/^```[^\n]*\n([\s\S]*?)\n?```\s*$/m)
    .flatMap((part, at) => (at % 2 ? h("pre", {}, part) : prose(part)));
}
