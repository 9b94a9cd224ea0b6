// Heat maps over time, one under the other: a row for each unit, a column for each step.

import { LEVELS, css } from "../palette.js";
import { TEXTS, number } from "../texts.js";
import { ticksBetween } from "../canvas.js";

const CAPTION_PX = 16;
const painted = new WeakMap();

export function drawBands(pen, { width, height, panel, palette, pointer }) {
  const { bands, x_title: xTitle } = panel.values;
  const rowsOf = ({ array }) => panel.arrays[array].shape[0];
  const steps = panel.arrays.h.shape[1];
  const foot = 36;
  // A band of few rows needs less room than one of many.
  const share = bands.map((band) => Math.max(0.3, Math.min(1, rowsOf(band) / 8)));
  const room = height - foot - bands.length * (CAPTION_PX + 2);
  const unit = room / share.reduce((a, b) => a + b, 0);
  const images = paintedOf(panel, palette);
  pen.imageSmoothingEnabled = false;
  let top = 0;
  const places = bands.map((band, n) => {
    const place = { top: top + CAPTION_PX, height: Math.max(4, unit * share[n]), rows: rowsOf(band) };
    pen.textAlign = "left";
    pen.font = `12px ${palette.font}`;
    pen.fillStyle = css(palette.text, 0.8);
    pen.fillText(band.name, 0, top + CAPTION_PX / 2);
    pen.drawImage(images[n], 1, place.top, width - 2, place.height);
    pen.lineWidth = 1;
    pen.strokeStyle = css(palette.text, 0.25);
    pen.strokeRect(0.5, place.top - 0.5, width - 1, place.height + 1);
    top = place.top + place.height + 2;
    return place;
  });
  pen.font = `11px ${palette.font}`;
  pen.fillStyle = css(palette.muted);
  pen.textAlign = "center";
  const middle = (step) => 1 + ((step - 0.5) / steps) * (width - 2);
  for (const tick of ticksBetween(1, steps, Math.max(2, Math.floor(width / 60)))) {
    if (Number.isInteger(tick)) pen.fillText(String(tick), Math.max(6, Math.min(width - 8, middle(tick))), top + 9);
  }
  pen.fillStyle = css(palette.text, 0.85);
  pen.fillText(xTitle, width / 2, top + 25);
  if (pointer && pointer.y < top) {
    const step = Math.max(0, Math.min(steps - 1, Math.floor(((pointer.x - 1) / (width - 2)) * steps)));
    pen.strokeStyle = css(palette.text, 0.55);
    pen.strokeRect(1 + (step / steps) * (width - 2), 1, Math.max(1, (width - 2) / steps), top - 2);
  }
  return (x, y) => {
    const step = Math.floor(((x - 1) / (width - 2)) * steps);
    const n = places.findIndex((place) => y >= place.top && y < place.top + place.height);
    if (n < 0 || step < 0 || step >= steps) return null;
    const row = Math.min(places[n].rows - 1, Math.floor(((y - places[n].top) / places[n].height) * places[n].rows));
    const value = panel.arrays[bands[n].array].values[row * steps + step];
    const { read, features } = panel.values;
    const name = bands[n].array === "inputs" ? (features[row] ?? bands[n].name) : TEXTS.unitOf(bands[n].name, row + 1);
    const lines = [`${name} = ${number(value, 3)}`, TEXTS.atStep(step + 1)];
    if (read.length) lines.push(TEXTS.read(read[step] === "\n" ? "⏎" : read[step]));
    return { lines };
  };
}

function paintedOf(panel, palette) {
  const known = painted.get(panel);
  if (known?.key === palette.key) return known.images;
  const images = panel.values.bands.map(({ array, scale }) => {
    const { shape, values } = panel.arrays[array];
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [shape[1], shape[0]];
    const image = new ImageData(shape[1], shape[0]);
    const pixels = new Uint32Array(image.data.buffer);
    const half = (LEVELS - 1) / 2;
    for (let p = 0; p < values.length; p++) {
      const level = half + (values[p] / scale) * half;
      pixels[p] = palette.units[level >= 0 ? (level < LEVELS ? level | 0 : LEVELS - 1) : 0];
    }
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  });
  painted.set(panel, { key: palette.key, images });
  return images;
}
