// Points on a plane, over a map of what a network makes of it.

import { LEVELS, css, packed } from "../palette.js";
import { TEXTS, number, percent } from "../texts.js";
import { axes, border, fitted } from "./axes.js";
import { fieldText } from "./tiles.js";

const NEAR_PX = 9; // of the pointer: within it a point is meant
const GAP_PX = 16; // between two facets
const painted = new WeakMap();

export function drawPlane(pen, scene) {
  const { panel, below, palette, width, height } = scene;
  const { values } = panel;
  const maps = values.maps ?? [];
  const facets = values.facets ? maps.map((map) => [map]) : [maps];
  const across = (width - GAP_PX * (facets.length - 1)) / facets.length;
  const plots = facets.map((shown, facet) => {
    pen.save();
    pen.translate(facet * (across + GAP_PX), 0);
    const head = shown[0]?.title ? 18 : 0;
    if (head) titled(pen, shown[0].title, across, palette);
    pen.translate(0, head);
    const plot = drawFacet(pen, { ...scene, width: across, height: height - head }, shown, facet);
    pen.restore();
    return { plot, left: facet * (across + GAP_PX), top: head, maps: shown };
  });
  return (x, y) => {
    for (const { plot, left, top, maps: shown } of plots) {
      const found = hit(panel, below, plot, shown, x - left, y - top);
      if (found) return found;
    }
    return null;
  };
}

function titled(pen, text, width, palette) {
  pen.font = `600 12px ${palette.font}`;
  pen.textAlign = "center";
  pen.fillStyle = css(palette.text, 0.8);
  pen.fillText(text, width / 2 + 18, 8);
}

function drawFacet(pen, scene, maps, facet) {
  const { panel, below, palette, width, height } = scene;
  const { values } = panel;
  const plot = values.bare ? bare(width, height, values) : axes(pen, scene, values.x, values.y, { grid: !maps.length, equal: values.equal });
  pen.save();
  pen.beginPath();
  pen.rect(plot.left, plot.top, plot.width, plot.height);
  if (!values.bare) pen.clip();
  for (const map of maps) drawMap(pen, panel, map, plot, palette);
  if (values.diagonal) diagonal(pen, plot, values, palette);
  if (values.links) drawLinks(pen, panel, plot, palette);
  if (!facet) {
    for (const set of below?.values.sets ?? []) drawSet(pen, below, set, plot, palette);
  }
  for (const set of values.sets ?? []) drawSet(pen, panel, set, plot, palette);
  pen.restore();
  if (!values.bare) border(pen, plot, palette);
  return plot;
}

/** A plane without axes, as large as the box, one unit as long along both. */
function bare(width, height, { x, y }) {
  const size = Math.min(width, height) - 8;
  const wide = Math.min(width - 8, size * 1.5); // what has no axes may be wider than high
  const plot = { left: (width - wide) / 2, top: (height - size) / 2, width: wide, height: size };
  plot.px = (value) => plot.left + ((value - x[0]) / (x[1] - x[0])) * wide;
  plot.py = (value) => plot.top + (1 - (value - y[0]) / (y[1] - y[0])) * size;
  return plot;
}

function drawMap(pen, panel, map, plot, palette) {
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(paintedOf(panel, map, palette), plot.left, plot.top, plot.width, plot.height);
}

function paintedOf(panel, map, palette) {
  const held = painted.get(panel) ?? new Map();
  painted.set(panel, held);
  const name = `${palette.key} ${map.array ?? "classes"}`;
  if (held.has(name)) return held.get(name);
  const { shape } = panel.arrays[map.array ?? "winner"];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [shape[1], shape[0]];
  const image = new ImageData(shape[1], shape[0]);
  const pixels = new Uint32Array(image.data.buffer);
  if (map.kind === "signed") signed(pixels, panel.arrays[map.array].values, map.scale, palette);
  else classes(pixels, panel.arrays, map, palette);
  canvas.getContext("2d").putImageData(image, 0, 0);
  held.set(name, canvas);
  return canvas;
}

function signed(pixels, values, scale, palette) {
  const half = (LEVELS - 1) / 2;
  for (let p = 0; p < values.length; p++) {
    const level = half + (values[p] / scale) * half;
    pixels[p] = palette.map[level >= 0 ? (level < LEVELS ? level | 0 : LEVELS - 1) : 0];
  }
}

function classes(pixels, { winner, probability }, { classes: count, colors }, palette) {
  const tables = colors.map((color) =>
    Uint32Array.from({ length: 64 }, (_, i) => packed(palette.toward(palette.color(color), 0.62 * (i / 63) ** 0.8))),
  );
  for (let p = 0; p < pixels.length; p++) {
    const sure = Math.max(0, (probability.values[p] * count - 1) / (count - 1));
    pixels[p] = tables[winner.values[p] % tables.length][(sure * 63) | 0];
  }
}

function diagonal(pen, plot, { x }, palette) {
  pen.beginPath();
  pen.moveTo(plot.px(x[0]), plot.py(x[0]));
  pen.lineTo(plot.px(x[1]), plot.py(x[1]));
  pen.setLineDash([4, 4]);
  pen.lineWidth = 1.5;
  pen.strokeStyle = css(palette.text, 0.5);
  pen.stroke();
  pen.setLineDash([]);
}

function drawLinks(pen, { arrays }, plot, palette) {
  const { links, positions, attention } = arrays;
  const strongest = attention ? attention.values.reduce((a, b) => Math.max(a, b), 1e-9) : 1;
  pen.strokeStyle = css(palette.text, attention ? 0.4 : 0.22);
  for (let i = 0; i < links.shape[0]; i++) {
    const [from, to] = [links.values[2 * i], links.values[2 * i + 1]];
    pen.beginPath();
    pen.moveTo(plot.px(positions.values[2 * from]), plot.py(positions.values[2 * from + 1]));
    pen.lineTo(plot.px(positions.values[2 * to]), plot.py(positions.values[2 * to + 1]));
    pen.lineWidth = attention ? 0.3 + 4.7 * (attention.values[i] / strongest) : 1;
    pen.stroke();
  }
}

/** Points of one kind, each in the colour of its label. */
export function drawSet(pen, { arrays }, set, plot, palette) {
  const { values, shape } = arrays[set.array];
  const labels = set.labels ? arrays[set.labels].values : null;
  const radius = set.radius ?? 3.2;
  const columns = shape[1];
  const colours = set.colors.map((color) => css(palette.color(color), set.alpha ?? 1));
  const edge = css(palette.dark ? [10, 13, 18] : [255, 255, 255], 0.95);
  for (let i = 0; i < shape[0]; i++) {
    const [x, y] = [plot.px(values[i * columns]), plot.py(values[i * columns + 1])];
    if (set.glyphs) {
      glyph(pen, set.glyphs[labels[i]], x, y, colours[labels[i] % colours.length], palette);
      continue;
    }
    pen.beginPath();
    shapes[set.shape ?? "dot"](pen, x, y, radius);
    pen.fillStyle = colours[labels ? labels[i] % colours.length : 0];
    pen.fill();
    if (set.edge) {
      pen.lineWidth = radius > 5 ? 1.5 : 0.9;
      pen.strokeStyle = edge;
      pen.stroke();
    }
    if (set.rings && arrays[set.rings].values[i]) ring(pen, x, y, radius + 3.5, palette);
    if (set.written) named(pen, set.written[i], x, y, radius, palette);
  }
}

const shapes = {
  dot: (pen, x, y, r) => pen.arc(x, y, r, 0, 2 * Math.PI),
  square: (pen, x, y, r) => pen.rect(x - r, y - r, 2 * r, 2 * r),
  diamond(pen, x, y, r) {
    pen.moveTo(x, y - 1.4 * r);
    pen.lineTo(x + 1.4 * r, y);
    pen.lineTo(x, y + 1.4 * r);
    pen.lineTo(x - 1.4 * r, y);
    pen.closePath();
  },
};

/** A class's short name in place of a dot. */
function glyph(pen, text, x, y, colour, palette) {
  pen.font = `700 12px ${palette.font}`;
  pen.textAlign = "center";
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

function ring(pen, x, y, radius, palette) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.lineWidth = 2;
  pen.strokeStyle = css(palette.text);
  pen.stroke();
}

/** A short name stands within its node, a long one is left to the tooltip. */
function named(pen, text, x, y, radius, palette) {
  pen.font = `600 ${Math.round(radius * 1.15)}px ${palette.font}`;
  if (pen.measureText(text).width > 2 * radius) return;
  pen.textAlign = "center";
  pen.fillStyle = palette.dark ? "#0d1117" : "#fff";
  pen.fillText(fitted(pen, text, 2 * radius), x, y + 0.5);
}

function hit(panel, below, plot, maps, x, y) {
  const point = nearestPoint(panel, plot, x, y) ?? (below && nearestPoint(below, plot, x, y));
  if (point) return { lines: point };
  if (!plot.holds?.(x, y)) return null;
  const place = `(${number(plot.ux(x))}, ${number(plot.uy(y))})`;
  const values = maps.map((map) => mapText(panel, map, (x - plot.left) / plot.width, (y - plot.top) / plot.height));
  return values.length ? { lines: [...values, place] } : null;
}

function mapText({ arrays }, map, u, v) {
  const { shape } = arrays[map.array ?? "winner"];
  const column = Math.max(0, Math.min(shape[1] - 1, Math.floor(u * shape[1])));
  const row = Math.max(0, Math.min(shape[0] - 1, Math.floor(v * shape[0])));
  const at = row * shape[1] + column;
  if (map.kind === "classes") return TEXTS.probability(arrays.winner.values[at], percent(arrays.probability.values[at]));
  const value = arrays[map.array].values[at];
  return map.to_probability ? `${map.name} = ${number((value + 1) / 2, 3)}` : `${map.name} = ${number(value, 3)}`;
}

function nearestPoint({ arrays, values }, plot, x, y) {
  let [best, distance] = [null, NEAR_PX];
  for (const set of values.sets ?? []) {
    const { values: places, shape } = arrays[set.array];
    for (let i = 0; i < shape[0]; i++) {
      const at = [places[i * shape[1]], places[i * shape[1] + 1]];
      const far = Math.hypot(plot.px(at[0]) - x, plot.py(at[1]) - y);
      if (far < distance) [best, distance] = [{ set, i, at }, far];
    }
  }
  if (!best) return null;
  const { set, i, at } = best;
  const fields = (set.fields ?? []).map((field) => fieldText({ arrays }, field, i));
  return [set.name, ...fields, ...(values.bare ? [] : [`(${number(at[0])}, ${number(at[1])})`])];
}
