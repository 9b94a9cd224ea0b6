// Lines over an axis, with what each gives where the pointer is.

import { css } from "../palette.js";
import { TEXTS, formatted, grouped, minus } from "../texts.js";
import { axes, border, day, fitted, short } from "./axes.js";
import { drawSet } from "./plane.js";

export function drawLines(pen, scene) {
  const { panel, below, palette, pointer, step } = scene;
  const { values, arrays } = panel;
  const measured = values.series.map((one) => arrays[one.x].values);
  // Steps stand on the same axis whichever of them have been measured, so that the one shown has its place.
  const x = rangeOf(values.steps ? [...measured, [0, Math.max(1, scene.lastStep)]] : measured);
  const plot = axes(
    pen,
    scene,
    [...(x ?? [0, 1]), values.x_title],
    [...domainOf(panel, below), values.y_title],
    { log: values.log, time: values.time },
  );
  pen.save();
  pen.beginPath();
  pen.rect(plot.left, plot.top - 1, plot.width + 1, plot.height + 2);
  pen.clip();
  if (values.band) band(pen, plot, values.band, palette);
  if (values.spread) spread(pen, plot, panel, palette);
  for (const set of below?.values.sets ?? []) drawSet(pen, below, set, plot, palette);
  for (const one of values.series) line(pen, plot, panel, one, palette);
  if (values.steps && Number.isFinite(step)) rule(pen, plot, plot.px(step), css(palette.text, 0.8));
  pen.restore();
  border(pen, plot, palette);
  if (values.hint && scene.ended) hint(pen, plot, values.hint, palette);
  const read = pointer && plot.holds(pointer.x, pointer.y) ? nearest(panel, plot, pointer.x) : null;
  if (read) rule(pen, plot, plot.px(read.x), css(palette.text, 0.35));
  return (px, py) => {
    const found = plot.holds(px, py) ? nearest(panel, plot, px) : null;
    if (!found) return null;
    const at = values.time ? day(found.x) : values.steps ? TEXTS.step(grouped(found.x)) : `${values.x_title} ${short(found.x)}`;
    return { lines: [at, ...found.values.map(([name, value]) => `${name}: ${written(value, values.format)}`)] };
  };
}

/** Why there is not more to see, of a run that has ended. */
function hint(pen, plot, text, palette) {
  pen.font = `11px ${palette.font}`;
  pen.textAlign = "left";
  pen.fillStyle = css(palette.muted);
  pen.fillText(fitted(pen, text, plot.width - 12), plot.left + 6, plot.top + 10);
}

function written(value, format) {
  return format.endsWith("e") ? minus(value.toExponential(Number(format.slice(1, -1)))) : formatted(value, format);
}

function rangeOf(parts) {
  let [low, high] = [Infinity, -Infinity];
  for (const part of parts) {
    for (const value of part) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (!(high >= low)) return null;
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}

/** From where to where the lines reach, with a margin, or as the panel says. */
function domainOf({ values, arrays }, below) {
  const shown = [...values.series.map((one) => one.y), ...(values.spread ?? [])].map((name) => arrays[name].values);
  const positive = values.log ? shown.map((part) => part.filter((value) => value > 0)) : shown;
  const found = rangeOf(values.log && values.band ? [...positive, values.band] : positive) ?? (values.log ? [0.1, 1] : [0, 1]);
  if (values.y_domain) {
    const samples = below ? rangeOf(below.values.sets.map(({ array }) => below.arrays[array].values.filter((_, i) => i % 2))) : null;
    return samples ? [Math.min(values.y_domain[0], samples[0]), Math.max(values.y_domain[1], samples[1])] : values.y_domain;
  }
  if (values.log) return [found[0] / 1.5, found[1] * 1.5];
  const margin = 0.06 * (found[1] - found[0]);
  return [found[0] - margin, found[1] + margin];
}

function line(pen, plot, { arrays, values }, { x, y, color, dash, width = 2, dots }, palette) {
  const [xs, ys] = [arrays[x].values, arrays[y].values];
  const stroke = css(palette.color(color));
  const drawn = (i) => Number.isFinite(ys[i]) && (!values.log || ys[i] > 0);
  const shown = [...xs.keys()].filter(drawn);
  pen.lineWidth = width;
  pen.lineJoin = "round";
  pen.strokeStyle = stroke;
  pen.fillStyle = stroke;
  pen.setLineDash(dash);
  pen.beginPath();
  let open = false;
  // Between fewer than four measured points a line would show what nobody measured.
  if (!values.steps || shown.length >= 4) {
    for (let i = 0; i < xs.length; i++) {
      if (!drawn(i)) open = false;
      else if (open) pen.lineTo(plot.px(xs[i]), plot.py(ys[i]));
      else {
        pen.moveTo(plot.px(xs[i]), plot.py(ys[i]));
        open = true;
      }
    }
  }
  pen.stroke();
  pen.setLineDash([]);
  if (!dots && shown.length > 1) return;
  const radius = shown.length > 60 ? 1.2 : 2.2;
  pen.beginPath();
  for (const i of shown) {
    pen.moveTo(plot.px(xs[i]) + radius, plot.py(ys[i]));
    pen.arc(plot.px(xs[i]), plot.py(ys[i]), radius, 0, 2 * Math.PI);
  }
  pen.fill();
}

function band(pen, plot, [low, high], palette) {
  pen.fillStyle = css(palette.text, 0.1);
  pen.fillRect(plot.left, plot.py(high), plot.width, plot.py(low) - plot.py(high));
}

function spread(pen, plot, { arrays, values }, palette) {
  const [low, high] = values.spread.map((name) => arrays[name].values);
  const xs = arrays[values.series[0].x].values;
  pen.beginPath();
  for (let i = 0; i < xs.length; i++) pen.lineTo(plot.px(xs[i]), plot.py(high[i]));
  for (let i = xs.length - 1; i >= 0; i--) pen.lineTo(plot.px(xs[i]), plot.py(low[i]));
  pen.closePath();
  pen.fillStyle = css(palette.color(values.series[0].color), 0.22);
  pen.fill();
}

function rule(pen, plot, x, stroke) {
  pen.beginPath();
  pen.moveTo(x, plot.top);
  pen.lineTo(x, plot.top + plot.height);
  pen.lineWidth = 1.5;
  pen.strokeStyle = stroke;
  pen.stroke();
}

/** The measured x that is nearest to a place, and what each series has there. */
function nearest({ values, arrays }, plot, px) {
  let x = null;
  for (const one of values.series) {
    for (const value of arrays[one.x].values) {
      if (x === null || Math.abs(plot.px(value) - px) < Math.abs(plot.px(x) - px)) x = value;
    }
  }
  if (x === null) return null;
  const found = [];
  for (const one of values.series) {
    const i = arrays[one.x].values.indexOf(x);
    if (i >= 0 && Number.isFinite(arrays[one.y].values[i])) found.push([one.name, arrays[one.y].values[i]]);
    if (i >= 0 && values.spread) found.push(...values.spread.map((name) => [TEXTS[name] ?? name, arrays[name].values[i]]));
  }
  return { x, values: found };
}
