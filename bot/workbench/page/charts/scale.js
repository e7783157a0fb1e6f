/** Numbers on axes: round ticks, scales and how figures are written. */

const compact = new Intl.NumberFormat(navigator.language || "en", { notation: "compact", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat(navigator.language || "en", { maximumFractionDigits: 2 });

export const short = (value) => (Math.abs(value) < 1000 ? exact.format(value) : compact.format(value));
export const full = (value) => (typeof value === "number" ? exact.format(value) : "–");

const STEPS = [1, 2, 2.5, 5, 10];

/** Round tick values that span low to high, about `count` of them, and always zero. */
export function ticks(low, high, count) {
  const from = Math.min(0, low);
  const to = Math.max(0, high) || (from < 0 ? 0 : 1);
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = STEPS.find((one) => one * power >= rough) * power;
  const first = Math.floor(from / step + 1e-9);
  const last = Math.ceil(to / step - 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) => Number(((first + at) * step).toPrecision(12)));
}

/** A linear map from [low, high] to [start, end]. */
export function linear(low, high, start, end) {
  const ratio = high === low ? 0 : (end - start) / (high - low);
  return (value) => start + (value - low) * ratio;
}
