/** Slack's mrkdwn as DOM nodes (https://docs.slack.dev/messaging/formatting-message-text). What is no markup stays literal text. */
import { h } from "../dom.js";
import { broadcast, channelMention, date, emojiNode, group, link, mention } from "./inline.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

/** The three escapes of Slack's texts, undone. */
export const unescape = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

const STYLES = { "*": "strong", _: "em", "~": "del" };
const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    "(?<![\\p{L}\\p{N}*_~])([*_~])(?=\\S)([^\\n]*?\\S)\\3(?![\\p{L}\\p{N}])",
    ":([a-z0-9_+-]+):",
    "(https?://[^\\s<>|]+[^\\s<>|.,;:!?)\\]'\"*_~])",
  ].join("|"),
  "gu",
);

const BROADCASTS = new Set(["here", "channel", "everyone"]);

function special(body, label, names, literal) {
  if (BROADCASTS.has(body)) return broadcast(body);
  if (body.startsWith("date^")) {
    const [, seconds, format, url] = body.split("^");
    return date(seconds, format ?? "", label, url);
  }
  if (body.startsWith("subteam^")) return group(body.slice(8), names, label);
  return document.createTextNode(literal);
}

/** One `<…>`: a person, a channel, a special mention, a link, or else the literal characters. */
function angle(inside, names) {
  const at = inside.indexOf("|");
  const target = unescape(at < 0 ? inside : inside.slice(0, at));
  const label = at < 0 ? undefined : unescape(inside.slice(at + 1));
  const literal = `<${unescape(inside)}>`;
  if (/^@[UW][A-Z0-9]+$/.test(target)) return mention(target.slice(1), names);
  if (/^#[CG][A-Z0-9_-]+$/i.test(target)) return channelMention(target.slice(1), names);
  if (target.startsWith("!")) return special(target.slice(1), label, names, literal);
  if (/^mailto:/.test(target)) return document.createTextNode(label ?? target.slice(7));
  return link(target, [label ?? target], literal);
}

function inline(text, names) {
  const nodes = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, inside, style, styled, name, url] = match;
    nodes.push(unescape(text.slice(from, match.index)));
    from = match.index + whole.length;
    if (code !== undefined) nodes.push(h("code", {}, unescape(code)));
    else if (inside !== undefined) nodes.push(angle(inside, names));
    else if (style) nodes.push(h(STYLES[style], {}, inline(styled, names)));
    else if (name) nodes.push(emojiNode(name));
    else nodes.push(link(unescape(url), [unescape(url)]));
  }
  nodes.push(unescape(text.slice(from)));
  return nodes;
}

const QUOTE = /^(?:&gt;|>) ?/;

function lines(text, names) {
  const nodes = [];
  let quoted = null;
  const rows = text.split("\n");
  rows.forEach((row, at) => {
    if (QUOTE.test(row)) {
      if (quoted) quoted.append(h("br"));
      else nodes.push((quoted = h("blockquote", {})));
      quoted.append(...inline(row.replace(QUOTE, ""), names));
      return;
    }
    if (at > 0 && !quoted) nodes.push(h("br"));
    quoted = null;
    nodes.push(...inline(row, names));
  });
  return nodes;
}

/** The nodes of a mrkdwn text. */
export function mrkdwn(text, names) {
  return text
    .split(/```\n?([\s\S]+?)\n?```\n?/)
    .flatMap((part, at) => (at % 2 ? h("pre", {}, unescape(part)) : part ? lines(part, names) : []));
}
