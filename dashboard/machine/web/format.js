// Numbers as people read them, in the units of the readings.

const GIB = 2 ** 30;

const rounded = (value, digits) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** A number with its unit: bytes in GiB, rates of bytes in GB/s or MB/s, energy in kJ. */
export function quantity(value, unit) {
  if (unit === "B") return `${rounded(value / GIB, value < 100 * GIB ? 1 : 0)} GiB`;
  if (unit === "B/s") return value >= 1e9 ? `${rounded(value / 1e9, 1)} GB/s` : `${rounded(value / 1e6, value < 1e7 ? 1 : 0)} MB/s`;
  if (unit === "J") return value >= 1e6 ? `${rounded(value / 1e6, 2)} MJ` : value >= 1e3 ? `${rounded(value / 1e3, 1)} kJ` : `${rounded(value, 0)} J`;
  if (unit === "s") return `${rounded(value, 1)} s`;
  if (!unit) return rounded(value, Number.isInteger(value) ? 0 : 2);
  return `${rounded(value, 0)} ${unit}`;
}

/** A figure's value in words. */
export function inWords(figure, value) {
  if (value === undefined || value === null) return "–";
  if (figure.states.length) return figure.states[value] ?? "–";
  return quantity(value, figure.unit);
}

/** A bound of an axis, short. */
export const bound = (value, unit) => (unit === "B" && value < GIB ? `${rounded(value / 2 ** 20, 0)} MiB` : quantity(value, unit));

/** "35 s ago", "12 min ago". */
export function ago(seconds) {
  if (seconds < 0.75) return "now";
  return seconds < 119 ? `${Math.round(seconds)} s ago` : `${Math.round(seconds / 60)} min ago`;
}

/** The time of the day, of seconds since 1970. */
export const clockTime = (seconds) => new Date(1000 * seconds).toLocaleTimeString([], { hour12: false });

/** The next number from which an axis can be read: 1, 2 or 5 times a power of ten; of bytes a power of two. */
export function niceMax(value, unit) {
  if (!(value > 0)) return 1;
  if (unit === "B") return 2 ** Math.ceil(Math.log2(value));
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((part) => part * power).find((bound) => bound >= value);
}
