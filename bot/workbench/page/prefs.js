/** What this browser remembers between visits: the acting member, the theme, and how far each member has read. */

const PREFIX = "floorwalker.workbench.";

function recall(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // A browser that refuses storage still shows the page; it only forgets at the next visit.
  }
}

const query = new URLSearchParams(location.search);
const reading = recall("read", {});

export const actingMember = () => query.get("as") ?? recall("member", null);
export const rememberMember = (id) => {
  query.delete("as");
  keep("member", id);
};

export const readUpTo = (member, channel) => reading[member]?.[channel];

/** Notes that a member has seen a channel up to `ts`; answers whether that was news. */
export function markRead(member, channel, ts) {
  const seen = (reading[member] ??= {});
  if (!ts || (seen[channel] ?? "") >= ts) return false;
  seen[channel] = ts;
  keep("read", reading);
  return true;
}

export const THEMES = ["system", "light", "dark"];
export const theme = () => document.documentElement.dataset.theme ?? "system";

export function applyTheme(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
}

export function chooseTheme(name) {
  keep("theme", name);
  applyTheme(name);
}

applyTheme(query.get("theme") ?? recall("theme", "system"));
