// Fractions of each layer, a bar for each kind.

import { css } from "../palette.js";
import { TEXTS, percent } from "../texts.js";
import { fitted } from "./axes.js";

const MAX_ROW_PX = 130; // so that few layers fill the card
const MAX_BAR_PX = 32;

export function drawBars(pen, { width, height, panel, palette }) {
  const { layers, units, kinds } = panel.values;
  pen.font = `12px ${palette.font}`;
  const left = Math.min(width * 0.46, Math.max(...layers.map((name) => pen.measureText(name).width)) + 10);
  const [wide, foot] = [width - left - 16, 36];
  const row = Math.min(MAX_ROW_PX, (height - foot) / layers.length);
  pen.font = `11px ${palette.font}`;
  pen.textAlign = "center";
  pen.lineWidth = 1;
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const x = left + part * wide;
    pen.strokeStyle = css(palette.text, part ? 0.1 : 0.35);
    pen.beginPath();
    pen.moveTo(x, 0);
    pen.lineTo(x, row * layers.length);
    pen.stroke();
    pen.fillStyle = css(palette.muted);
    pen.fillText(`${100 * part}%`, x, row * layers.length + 11);
  }
  pen.fillStyle = css(palette.text, 0.85);
  pen.fillText(TEXTS.fraction, left + wide / 2, Math.min(height - 7, row * layers.length + 28));
  const bar = Math.min(MAX_BAR_PX, (row * 0.78) / kinds.length);
  layers.forEach((name, layer) => {
    pen.font = `12px ${palette.font}`;
    pen.textAlign = "right";
    pen.fillStyle = css(palette.text, 0.85);
    pen.fillText(fitted(pen, name, left - 8), left - 6, (layer + 0.5) * row);
    kinds.forEach((_, kind) => {
      const y = (layer + 0.5) * row + (kind - kinds.length / 2) * bar;
      pen.fillStyle = css(palette.color(kind), 0.9);
      pen.fillRect(left, y + 1, panel.arrays[`bars${kind}`].values[layer] * wide, bar - 2);
    });
  });
  return (x, y) => {
    const layer = Math.floor(y / row);
    if (layer < 0 || layer >= layers.length) return null;
    const shown = kinds.map((kind, n) => `${kind}: ${percent(panel.arrays[`bars${n}`].values[layer])}`);
    return { lines: [TEXTS.layerUnits(layers[layer], units[layer]), ...shown] };
  };
}
