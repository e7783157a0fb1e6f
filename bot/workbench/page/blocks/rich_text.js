/** The rich_text block: sections, lists, quotes and preformatted text out of styled elements. Its text is literal: no markup is looked for. */
import { h } from "../dom.js";
import { broadcast, channelMention, date, emojiNode, group, link, mention } from "../text/inline.js";

const STYLES = {
  code: "code",
  bold: "strong",
  italic: "em",
  strike: "del",
  underline: "u",
  highlight: "mark",
  client_highlight: "mark",
};

function styled(node, style) {
  return Object.keys(STYLES)
    .filter((name) => style?.[name])
    .reduce((inner, name) => h(STYLES[name], {}, inner), node);
}

const rows = (text) => text.split("\n").flatMap((row, at) => [at ? h("br") : null, row]);

const PARTS = {
  text: (part) => h("span", {}, rows(part.text ?? "")),
  link: (part) =>
    link(
      part.url ?? "",
      rows(part.text ?? part.url ?? ""),
      part.text ? `${part.text} (${part.url})` : (part.url ?? ""),
    ),
  user: (part, names) => mention(part.user_id, names),
  usergroup: (part, names) => group(part.usergroup_id, names),
  channel: (part, names) => channelMention(part.channel_id, names),
  team: (part, names) => group(part.team_id, names),
  emoji: (part) => emojiNode(part.name ?? "", part.unicode),
  date: (part) => date(part.timestamp, part.format ?? "{date_short_pretty} {time}", part.fallback, part.url),
  broadcast: (part) => broadcast(part.range),
  color: (part) =>
    h(
      "span",
      { class: "swatch" },
      h("i", { style: { background: /^#[0-9a-f]{3,8}$/i.test(part.value) ? part.value : "none" } }),
      part.value,
    ),
};

function parts(elements, names) {
  return (elements ?? []).map((part) => styled(PARTS[part.type]?.(part, names) ?? `[${part.type}]`, part.style));
}

function list(block, names) {
  const attributes = { class: `rich-list indent-${Math.min(block.indent ?? 0, 6)}${block.border ? " bordered" : ""}` };
  const tag = block.style === "ordered" ? "ol" : "ul";
  if (tag === "ol" && block.offset) attributes.start = block.offset + 1;
  return h(
    tag,
    attributes,
    (block.elements ?? []).map((item) => h("li", {}, parts(item.elements, names))),
  );
}

const SECTIONS = {
  rich_text_section: (block, names) => h("p", { class: "rich-section" }, parts(block.elements, names)),
  rich_text_list: list,
  rich_text_quote: (block, names) => h("blockquote", {}, parts(block.elements, names)),
  rich_text_preformatted: (block, names) => h("pre", {}, parts(block.elements, names)),
};

/** The nodes of a rich_text object, also of one in a table's cell. */
export function richNodes(block, names) {
  return (block.elements ?? []).map((part) => SECTIONS[part.type]?.(part, names) ?? `[${part.type}]`);
}

export const richText = (block, ctx) => h("div", { class: "text rich" }, richNodes(block, ctx.names));
