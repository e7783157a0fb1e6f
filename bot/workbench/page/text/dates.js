/** Formats moments in the viewer's own zone, with the tokens of Slack's date format strings
 * (https://docs.slack.dev/reference/block-kit/block-elements/date-element). */

const LOCALE = navigator.language || "en";
const formatter = (options) => {
  const made = new Intl.DateTimeFormat(LOCALE, options);
  return (moment) => made.format(moment);
};

const clock = formatter({ hour: "2-digit", minute: "2-digit", hour12: false });
const clockSeconds = formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const long = formatter({ weekday: "long", year: "numeric", month: "long", day: "numeric" });
const longFull = formatter({ year: "numeric", month: "long", day: "numeric" });
const short = formatter({ year: "numeric", month: "short", day: "numeric" });
const dayAndMonth = formatter({ weekday: "long", month: "long", day: "numeric" });
const slash = formatter({ year: "numeric", month: "2-digit", day: "2-digit" });
const exact = formatter({ dateStyle: "full", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

const two = (number) => String(number).padStart(2, "0");

/** The viewer's calendar day as YYYY-MM-DD, also the key of a day divider. */
export const dayKey = (moment) => `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;

function daysFromToday(moment) {
  const midnight = (day) => Date.UTC(day.getFullYear(), day.getMonth(), day.getDate());
  return Math.round((midnight(moment) - midnight(new Date())) / 86_400_000);
}

function pretty(moment, otherwise) {
  const days = daysFromToday(moment);
  return Math.abs(days) <= 1 ? relative.format(days, "day") : otherwise(moment);
}

const STEPS = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

function ago(moment) {
  const seconds = (moment - new Date()) / 1000;
  const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return relative.format(Math.round(seconds / size), unit);
}

const dayDivider = (moment) => pretty(moment, moment.getFullYear() === new Date().getFullYear() ? dayAndMonth : long);

const TOKENS = {
  date_num: dayKey,
  date_slash: slash,
  date_long: long,
  date_long_full: longFull,
  date_long_pretty: (moment) => pretty(moment, long),
  date: longFull,
  date_pretty: (moment) => pretty(moment, longFull),
  date_short: short,
  date_short_pretty: (moment) => pretty(moment, short),
  day_divider_pretty: dayDivider,
  time: clock,
  time_secs: clockSeconds,
  ago,
};

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** `format` with its tokens filled in for Unix `seconds`, or null when the moment cannot be shown. */
export function formatDate(seconds, format) {
  const moment = new Date(Number(seconds) * 1000);
  if (Number.isNaN(moment.getTime())) return null;
  return format.replace(/\{([a-z_]+)\}/g, (whole, token, at) => {
    const shown = TOKENS[token]?.(moment) ?? whole;
    return at === 0 ? capital(shown) : shown;
  });
}

export const momentOf = (ts) => new Date(Number(ts) * 1000);
export const timeOf = (ts) => clock(momentOf(ts));
export const exactTime = (ts) => exact(momentOf(ts));
export const dayTitle = (ts) => capital(dayDivider(momentOf(ts)));
export const agoOf = (ts) => ago(momentOf(ts));
