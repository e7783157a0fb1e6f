/** The small parts that a line of text is made of: mentions, links, dates, emoji. `names` resolves ids: {person, channel, me}. */
import { h } from "../dom.js";
import { emoji } from "./emoji.js";
import { exactTime, formatDate } from "./dates.js";

const SAFE = new Set(["http:", "https:"]);

/** The address when it is an absolute web address, else null: a link may never run code or open a local file. */
export function safeUrl(url) {
  try {
    const parsed = new URL(url);
    return SAFE.has(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

/** A link that opens beside the page; an address that is not of the web shows as the text that it is. */
export function link(url, children, literal = url) {
  const address = safeUrl(url);
  if (!address) return document.createTextNode(literal);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, children);
}

export function mention(id, names) {
  const mine = id === names.me;
  return h("span", { class: mine ? "mention mention-me" : "mention" }, `@${names.person(id) ?? id}`);
}

export const channelMention = (id, names) => h("span", { class: "mention" }, `#${names.channel(id) ?? id}`);
export const group = (id, names, label) => h("span", { class: "mention" }, label ?? `@${names.group(id) ?? id}`);
export const broadcast = (range) => h("span", { class: "mention mention-all" }, `@${range}`);

export function date(seconds, format, fallback, url) {
  const text = formatDate(seconds, format);
  if (text === null) return document.createTextNode(fallback ?? "");
  const shown = h("time", { class: "date", data: { tip: exactTime(seconds) } }, text);
  return url && safeUrl(url) ? link(url, [shown]) : shown;
}

export function emojiNode(name, unicode) {
  const character = unicode
    ? String.fromCodePoint(...unicode.split("-").map((part) => parseInt(part, 16)))
    : emoji(name);
  return character
    ? h("span", { class: "emoji", role: "img", aria: { label: name.replaceAll("_", " ") } }, character)
    : document.createTextNode(`:${name}:`);
}
