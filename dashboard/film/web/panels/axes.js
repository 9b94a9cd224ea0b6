// Axes around a drawing, and what a number is called on them.

import { ticksBetween } from "../canvas.js";
import { css } from "../palette.js";
import { minus } from "../texts.js";

const TICK_PX = 52; // between two labels of the x axis
const DAY_S = 86400;
const TIME_STEPS = [DAY_S / 4, DAY_S, 2 * DAY_S, 7 * DAY_S, 14 * DAY_S, 30.5 * DAY_S, 91 * DAY_S, 365.25 * DAY_S, 1826 * DAY_S];
const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Ten to a power, as it is written. */
const power = (n) => `10${n < 0 ? "⁻" : ""}${String(Math.abs(n)).replace(/\d/g, (digit) => SUPERSCRIPT[digit])}`;

/** A number as short as its size allows. */
export function short(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 1e-3)) return minus(value.toExponential(1));
  if (size >= 1000) return minus(Math.round(value).toLocaleString("en-US"));
  return minus(String(Number(value.toPrecision(3))));
}

/** A moment, given in seconds since 1970. */
export function day(seconds, withYear = true) {
  const year = withYear ? { year: "numeric" } : {};
  return new Date(seconds * 1000).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC", ...year });
}

function timeTicks(low, high, wanted) {
  const step = TIME_STEPS.find((size) => (high - low) / size <= wanted) ?? TIME_STEPS.at(-1);
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) => (first + i) * step);
}

function logTicks(low, high, wanted) {
  const [from, to] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((to - from + 1) / wanted));
  if (to - from < 1) return smallTicks(low, high, from - 1, to + 1, wanted);
  return Array.from({ length: Math.max(0, Math.floor((to - from) / every) + 1) }, (_, i) => 10 ** (from + i * every));
}

/** Within two powers of ten also what lies between them. */
function smallTicks(low, high, from, to, wanted) {
  const of = (parts) => {
    const found = [];
    for (let n = from; n <= to; n++) found.push(...parts.map((part) => part * 10 ** n));
    return found.filter((tick) => tick >= low && tick <= high);
  };
  const [all, few] = [of([1, 2, 5]), of([1, 3])];
  return all.length <= wanted + 2 ? all : few;
}

/** What a tick of a logarithmic axis is called. */
function logText(tick) {
  const n = Math.log10(tick);
  return Math.abs(n - Math.round(n)) < 1e-6 ? power(Math.round(n)) : short(tick);
}

/** Axes in a box: x and y are [from, to, title]; gives where numbers stand, and which number stands at a place. */
export function axes(pen, { width, height, palette }, x, y, { log = false, time = false, grid = true, equal = false } = {}) {
  const [left, bottom, top] = [50, 38, 6];
  const plot = { left, top, width: Math.max(10, width - left - 10), height: Math.max(10, height - bottom - top) };
  if (equal) sameScale(plot, x, y);
  const along = log ? Math.log : (value) => value;
  const [xs, ys] = [[x[0], x[1] - x[0] || 1], [along(y[0]), along(y[1]) - along(y[0]) || 1]];
  plot.px = (value) => plot.left + ((value - xs[0]) / xs[1]) * plot.width;
  plot.py = (value) => plot.top + (1 - (along(value) - ys[0]) / ys[1]) * plot.height;
  plot.ux = (at) => xs[0] + ((at - plot.left) / plot.width) * xs[1];
  plot.uy = (at) => (log ? Math.exp : (v) => v)(ys[0] + (1 - (at - plot.top) / plot.height) * ys[1]);
  plot.holds = (px, py) => px >= plot.left && px <= plot.left + plot.width && py >= plot.top && py <= plot.top + plot.height;
  const wantedX = Math.max(2, Math.floor(plot.width / (time ? 78 : TICK_PX)));
  const xTicks = time ? timeTicks(x[0], x[1], wantedX) : ticksBetween(x[0], x[1], wantedX);
  const wantedY = Math.max(2, Math.floor(plot.height / 38));
  const yTicks = log ? logTicks(y[0], y[1], wantedY) : ticksBetween(y[0], y[1], wantedY);
  drawTicks(pen, plot, palette, xTicks, yTicks, { log, time, grid, span: x[1] - x[0], width });
  drawTitles(pen, plot, palette, x[2], y[2], { width, height });
  return plot;
}

/** One unit is as long along both axes: the plot becomes narrower or lower, and stays in the middle. */
function sameScale(plot, x, y) {
  const per = Math.min(plot.width / (x[1] - x[0]), plot.height / (y[1] - y[0]));
  const [width, height] = [per * (x[1] - x[0]), per * (y[1] - y[0])];
  plot.left += (plot.width - width) / 2;
  plot.top += (plot.height - height) / 2;
  [plot.width, plot.height] = [width, height];
}

function drawTicks(pen, plot, palette, xTicks, yTicks, { log, time, grid, span, width }) {
  pen.font = `11px ${palette.font}`;
  pen.fillStyle = css(palette.muted);
  pen.strokeStyle = css(palette.text, grid ? 0.1 : 0.35);
  pen.lineWidth = 1;
  pen.textAlign = "center";
  pen.beginPath();
  let free = -Infinity; // labels that would touch are left out
  for (const tick of xTicks) {
    const at = Math.round(plot.px(tick)) + 0.5;
    pen.moveTo(at, grid ? plot.top : plot.top + plot.height);
    pen.lineTo(at, plot.top + plot.height + (grid ? 0 : 4));
    const text = time ? day(tick, span > 700 * DAY_S) : short(tick);
    const half = pen.measureText(text).width / 2;
    const middle = Math.min(at, width - half - 1);
    if (middle - half < free) continue;
    pen.fillText(text, middle, plot.top + plot.height + 12);
    free = middle + half + 6;
  }
  pen.textAlign = "right";
  for (const tick of yTicks) {
    const at = Math.round(plot.py(tick)) + 0.5;
    pen.moveTo(grid ? plot.left : plot.left - 4, at);
    pen.lineTo(grid ? plot.left + plot.width : plot.left, at);
    pen.fillText(log ? logText(tick) : short(tick), plot.left - 6, at);
  }
  pen.stroke();
}

function drawTitles(pen, plot, palette, x, y, { height }) {
  pen.fillStyle = css(palette.text, 0.85);
  pen.font = `11.5px ${palette.font}`;
  pen.textAlign = "center";
  pen.fillText(fitted(pen, x ?? "", plot.width + 40), plot.left + plot.width / 2, Math.min(height - 7, plot.top + plot.height + 29));
  pen.save();
  pen.translate(Math.max(7, plot.left - 43), plot.top + plot.height / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(fitted(pen, y ?? "", plot.height + 20), 0, 0);
  pen.restore();
}

/** A text cut to a width. */
export function fitted(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let length = text.length;
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > width) length--;
  return `${text.slice(0, length)}…`;
}

/** A light rectangle around a plot. */
export function border(pen, plot, palette) {
  pen.lineWidth = 1;
  pen.strokeStyle = css(palette.text, 0.3);
  pen.strokeRect(plot.left + 0.5, plot.top + 0.5, plot.width - 1, plot.height - 1);
}
