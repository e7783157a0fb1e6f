/** Text objects (plain_text, mrkdwn) and the resolver of names that inline text needs. */
import { h } from "../dom.js";
import { channelOf, person } from "../store.js";
import { withEmoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

/** Resolves ids to names in `state` for the member `me`. */
export function namesOf(state, me) {
  return {
    me,
    person: (id) => person(state, id)?.name ?? (id === state.bot.id ? state.bot.name : undefined),
    group: (id) => state.groups?.find((group) => group.id === id)?.handle,
    channel: (id) => channelOf(state, id)?.name,
  };
}

/** The characters of a plain text; an app may ask that `:names:` stay as they are. */
const characters = ({ text = "", emoji }) => (emoji === false ? text : withEmoji(text));

const asText = (text) => (typeof text === "string" ? { type: "plain_text", text } : text);

/** The nodes of a text object; a bare string counts as plain text. */
export function textNodes(text, names) {
  if (!text) return [];
  const { type, ...rest } = asText(text);
  if (type === "mrkdwn") return mrkdwn(rest.text ?? "", names);
  return characters(rest)
    .split("\n")
    .flatMap((row, at) => [at ? h("br") : null, row]);
}

/** The words of a text object without any node, for labels and options. */
export const words = (text) => (text ? characters(asText(text)) : "");
