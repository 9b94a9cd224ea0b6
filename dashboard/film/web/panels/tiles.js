// Small images side by side; one can be held large.

import { LEVELS, css, packed } from "../palette.js";
import { TEXTS, formatted, number } from "../texts.js";
import { fitted, short } from "./axes.js";
import { convolutionAt, convolutionLines, convolutionPicture } from "./convolution.js";

const GAP_PX = 4;
const CAPTION_PX = 17;
const LINE_PX = 12; // of a caption, from its first line to its second
const COLOURS = 3; // of a pixel of an image that is not gray
const painted = new WeakMap(); // of each picture: its images as canvases, in the colours of a theme

export function drawTiles(pen, scene) {
  const { panel, palette, held } = scene;
  const images = paintedOf(panel, palette);
  pen.imageSmoothingEnabled = false;
  const places = held ? large(scene) : panel.values.rows ? inRows(scene) : filled(pen, scene);
  for (const place of places.tiles) {
    const { w, h } = sizeOf(panel, place.group);
    pen.drawImage(images[place.group], 0, place.index * h, w, h, place.x, place.y, place.width, place.height);
    if (panel.arrays.wrong?.values[place.index]) outline(pen, place, css(palette.negative), 2);
    else outline(pen, place, css(palette.text, 0.22), 1);
    if (place.caption) caption(pen, scene, place);
  }
  pen.fillStyle = css(palette.muted);
  pen.font = `12px ${palette.font}`;
  pen.textAlign = "left";
  for (const { text, x, y } of places.captions) pen.fillText(fitted(pen, text, scene.width - x), x, y);
  const at = (x, y) => places.tiles.find((t) => x >= t.x && x < t.x + t.width && y >= t.y && y < t.y + t.height);
  if (scene.pointer) markPatch(pen, scene, places, at(scene.pointer.x, scene.pointer.y));
  return (x, y) => {
    const found = at(x, y);
    if (!found) return null;
    const pixel = pixelAt(panel, found, x, y);
    const convolved = convolutionAt(panel, found, pixel.row, pixel.column);
    return {
      lines: linesOf(panel, found, pixel, convolved, held),
      hold: { group: found.group, index: found.index },
      picture: convolved ? () => convolutionPicture(convolved, palette) : null,
    };
  };
}

function sizeOf(panel, group) {
  const [n, h, w] = panel.arrays[panel.values.groups[group].array].shape;
  return { n, h, w };
}

function outline(pen, { x, y, width, height }, colour, size) {
  pen.lineWidth = size;
  pen.strokeStyle = colour;
  pen.strokeRect(x - size / 2, y - size / 2, width + size, height + size);
}

function caption(pen, { panel, palette }, place) {
  const wrong = panel.arrays.wrong?.values[place.index];
  pen.font = `11px ${palette.font}`;
  pen.textAlign = "center";
  pen.fillStyle = css(wrong ? palette.negative : palette.muted);
  place.caption.forEach((line, n) => {
    pen.fillText(fitted(pen, line, place.room), place.x + place.width / 2, place.y + place.height + 9 + n * LINE_PX);
  });
}

/** "disc, not square" in two lines, without the comma. */
const inLines = (text) => text.split(/, (?=not )/);

/**
 * All of one group, or each of a group above its own of the next, as large as the box allows. Captions have two
 * lines where the longest does not fit into one.
 */
function filled(pen, scene, lines = 1) {
  const { width, height, panel, palette } = scene;
  const { groups, captions, longest_caption: longest } = panel.values;
  const { n, h, w } = sizeOf(panel, 0);
  const below = captions ? CAPTION_PX + (lines - 1) * LINE_PX : 0;
  pen.font = `12px ${palette.font}`;
  const widest = Math.max(...groups.map(({ caption: name }) => pen.measureText(name).width));
  const names = groups.length > 1 ? Math.min(width / 4, widest + 8) : 0; // of the rows, at the left
  let best = { size: 0, columns: 1 };
  for (let columns = 1; columns <= n; columns++) {
    const rows = Math.ceil(n / columns) * groups.length;
    const across = (width - names - 4) / columns - GAP_PX - (captions ? 4 : 0);
    const size = Math.floor(Math.min(across, ((height - 6) / rows - GAP_PX - below) * (w / h)));
    if (size > best.size) best = { size, columns };
  }
  const { size, columns } = best;
  const [wide, high] = [size, (size * h) / w];
  const pitch = { x: (width - names - 4) / columns, y: high + GAP_PX + below };
  const room = pitch.x - 2; // of a caption
  const written = (text) => (lines === 1 ? [text] : inLines(text));
  if (longest && lines === 1) {
    pen.font = `11px ${palette.font}`;
    if (pen.measureText(longest).width > room) return filled(pen, scene, 2);
    pen.font = `12px ${palette.font}`;
  }
  const tiles = [];
  const texts = [];
  const shown = Math.ceil(n / columns) * groups.length;
  const top = Math.max(3, Math.min(24, (height - shown * pitch.y) / 2));
  groups.forEach(({ caption: name }, group) => {
    for (let index = 0; index < sizeOf(panel, group).n; index++) {
      const row = Math.floor(index / columns) * groups.length + group;
      const x = names + 2 + (index % columns) * pitch.x + (pitch.x - wide) / 2;
      const y = top + row * pitch.y;
      tiles.push({ group, index, x, y, width: wide, height: high, room, caption: captions && written(captions[index]) });
      if (names && index % columns === 0) texts.push({ text: fitted(pen, name, names - 6), x: 0, y: y + high / 2 });
    }
  });
  return { tiles, captions: texts };
}

/** A row for each group, below its name. */
function inRows({ width, height, panel }) {
  const { groups } = panel.values;
  const most = Math.max(...groups.map((_, group) => sizeOf(panel, group).n));
  const size = Math.floor(Math.min(width / most - GAP_PX, (height - 4) / groups.length - CAPTION_PX - 3));
  const tiles = [];
  const captions = groups.map(({ caption: text }, group) => {
    const y = 2 + group * (size + CAPTION_PX + 3);
    for (let index = 0; index < sizeOf(panel, group).n; index++) {
      tiles.push({ group, index, x: 1 + index * (size + GAP_PX), y: y + CAPTION_PX, width: size, height: size });
    }
    return { text, x: 0, y: y + CAPTION_PX / 2 };
  });
  return { tiles, captions };
}

function large({ width, height, panel, held }) {
  const { h, w } = sizeOf(panel, held.group);
  const per = Math.min((width - 4) / w, (height - CAPTION_PX - 6) / h);
  const [wide, high] = [per * w, per * h];
  const tile = { ...held, x: (width - wide) / 2, y: CAPTION_PX + 2, width: wide, height: high };
  return { tiles: [tile], captions: [{ text: nameOf(panel, held), x: 0, y: CAPTION_PX / 2 }] };
}

function nameOf(panel, { group, index }) {
  const { groups, captions } = panel.values;
  if (captions) return captions[index];
  const { n } = sizeOf(panel, group);
  const name = groups[group].caption.split(":")[0];
  return n === 1 ? name : [name, TEXTS.of(index + 1, n)].filter(Boolean).join(" ");
}

/** Which pixel of a tile's image a place is in, and what it holds. */
function pixelAt(panel, tile, x, y) {
  const { h, w } = sizeOf(panel, tile.group);
  const column = Math.min(w - 1, Math.floor(((x - tile.x) / tile.width) * w));
  const row = Math.min(h - 1, Math.floor(((y - tile.y) / tile.height) * h));
  const { values, shape } = panel.arrays[panel.values.groups[tile.group].array];
  const at = (tile.index * h + row) * w + column;
  return { row, column, value: shape[3] === COLOURS ? values.slice(COLOURS * at, COLOURS * (at + 1)) : values[at] };
}

function linesOf(panel, tile, { row, column, value }, convolved, held) {
  const { groups, fields } = panel.values;
  const { group, index } = tile;
  const gray = groups[group].high === 255;
  const pixel = value.length === COLOURS ? TEXTS.rgb(...value) : gray ? TEXTS.gray(value) : number(value, 3);
  return [
    nameOf(panel, tile),
    ...(fields ?? []).map((field) => fieldText(panel, field, index)),
    TEXTS.pixel(row + 1, column + 1, pixel),
    ...(convolved ? convolutionLines(panel, convolved, value) : []),
    held ? TEXTS.clickBack : TEXTS.clickLarge,
  ];
}

/** Around the patch of the image that the cell under the pointer looks at, and around that cell. */
function markPatch(pen, { panel, palette, pointer }, { tiles }, tile) {
  if (!tile) return;
  const { row, column } = pixelAt(panel, tile, pointer.x, pointer.y);
  const found = convolutionAt(panel, tile, row, column);
  if (!found) return;
  const around = (on, top, left, high, wide) => {
    const { h, w } = sizeOf(panel, on.group);
    const [px, py] = [on.width / w, on.height / h];
    pen.lineWidth = 1.5;
    pen.strokeStyle = css(palette.negative);
    pen.strokeRect(on.x + left * px, on.y + top * py, wide * px, high * py);
  };
  around(tile, row, column, 1, 1);
  const image = tiles.find(({ group }) => group === 0);
  if (image) around(image, found.top, found.left, found.high, found.wide);
}

/** A line of a tooltip: what an array holds of one of many. */
export function fieldText(panel, { title, array, format, names }, index) {
  const value = panel.arrays[array].values[index];
  const text = names.length ? names[value] : format ? formatted(value, format) : short(value);
  return `${title}: ${text}`;
}

/** Each group's images one below the other, in pixels. */
function paintedOf(panel, palette) {
  const known = painted.get(panel);
  if (known?.key === palette.key) return known.canvases;
  const canvases = panel.values.groups.map(({ array, low, high, look }) => {
    const { shape, values } = panel.arrays[array];
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [shape[2], shape[0] * shape[1]];
    const image = new ImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(image.data.buffer);
    if (shape[3] === COLOURS) {
      for (let p = 0; p < pixels.length; p++) pixels[p] = packed(values.slice(COLOURS * p, COLOURS * (p + 1)));
      canvas.getContext("2d").putImageData(image, 0, 0);
      return canvas;
    }
    const table = look === "signed" ? palette.units : palette.grays;
    const per = (LEVELS - 1) / (high - low || 1);
    for (let p = 0; p < values.length; p++) {
      const level = (values[p] - low) * per;
      pixels[p] = table[level >= 0 ? (level < LEVELS ? level | 0 : LEVELS - 1) : 0];
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  });
  painted.set(panel, { key: palette.key, canvases });
  return canvases;
}
