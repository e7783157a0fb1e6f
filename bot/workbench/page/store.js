/** What the page knows: the workspace as the server tells it, folded from the full state and single changes. Values are replaced, never
 * mutated, so a view sees by identity what changed. */

const byTs = (a, b) => (a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : 0);

function upsert(messages, message) {
  const rest = (messages ?? []).filter((one) => one.ts !== message.ts);
  return [...rest, message].sort(byTs);
}

const changeMessage = (state, { message }) => ({
  ...state,
  messages: { ...state.messages, [message.channel]: upsert(state.messages[message.channel], message) },
});

const CHANGES = {
  "message.posted": changeMessage,
  "message.changed": changeMessage,
  "message.deleted": (state, { channel, ts }) => ({
    ...state,
    messages: { ...state.messages, [channel]: (state.messages[channel] ?? []).filter((one) => one.ts !== ts) },
  }),
  "modal.changed": (state, { user, stack }) => ({ ...state, modals: { ...state.modals, [user]: stack } }),
  "home.changed": (state, { user, view }) => ({ ...state, homes: { ...state.homes, [user]: view } }),
};

/** The state after one change; an unknown kind of change leaves it as it is. */
export function fold(state, change) {
  return CHANGES[change.type]?.(state, change) ?? state;
}

/** Keeps the old object of a message that did not change, so that a resync redraws nothing that is already right. */
function reuse(before, after) {
  const known = new Map(before.map((message) => [message.ts, message]));
  return after.map((message) => {
    const old = known.get(message.ts);
    return old && JSON.stringify(old) === JSON.stringify(message) ? old : message;
  });
}

function settle(before, after) {
  const messages = {};
  for (const [channel, list] of Object.entries(after.messages ?? {})) {
    messages[channel] = reuse(before?.messages[channel] ?? [], [...list].sort(byTs));
  }
  return { commands: [], shortcuts: [], homes: {}, modals: {}, ...after, messages };
}

/** What a message says, as opposed to how many replies it has. */
const saying = ({ text, blocks, attachments }) => JSON.stringify([text, blocks, attachments]);

/** A store: `get()`, `set(state)` for a full state, `change(change)`, and `subscribe(listener)` called with (state, change or null);
 * a change of a message carries `reworded`: whether it says something else than before. */
export function createStore() {
  let state = null;
  const listeners = [];
  const tell = (change) => listeners.forEach((listener) => listener(state, change));
  return {
    get: () => state,
    set(full) {
      state = settle(state, full);
      tell(null);
    },
    change(change) {
      const before =
        change.message && state.messages[change.message.channel]?.find(({ ts }) => ts === change.message.ts);
      state = fold(state, change);
      tell({ ...change, reworded: Boolean(before) && saying(before) !== saying(change.message) });
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}

export const person = (state, id) => state.members.find((member) => member.id === id);
export const channelOf = (state, id) => state.channels.find((channel) => channel.id === id);
export const visibleTo = (message, me) => !message.ephemeral_to || message.ephemeral_to === me;
export const isReply = (message) => Boolean(message.thread_ts) && message.thread_ts !== message.ts;

/** The messages of a channel's main list for one member: no replies, unless sent to the channel too. */
export function timeline(state, channel, me) {
  return (state.messages[channel] ?? []).filter((one) => visibleTo(one, me) && (!isReply(one) || one.reply_broadcast));
}

/** The replies of one thread for one member, oldest first. */
export function replies(state, channel, ts, me) {
  return (state.messages[channel] ?? []).filter((one) => isReply(one) && one.thread_ts === ts && visibleTo(one, me));
}

/** Who wrote a message: {id, name, color?, bot}. */
export function authorOf(state, message) {
  const member = person(state, message.user);
  if (member && !message.bot_id) return { ...member, bot: false };
  return { id: message.user, name: message.username ?? state.bot.name, bot: true };
}

/** How many messages of a channel a member has not seen, given the ts up to which it was read. */
export function unread(state, channel, me, readUpTo) {
  return timeline(state, channel, me).filter((one) => one.ts > (readUpTo ?? "") && one.user !== me).length;
}
