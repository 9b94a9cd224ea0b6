// The squares of a game: how much each is worth, and the best action there.

import { css } from "../palette.js";
import { TEXTS, number } from "../texts.js";

const TEXT_PX = 11;
const TURNS = { up: 0, right: 1, down: 2, left: 3 }; // quarter turns clockwise of an arrow that points up

export function drawSquares(pen, { width, height, panel, palette }) {
  const { actions: names, marks, titles } = panel.values;
  const { actions, values } = panel.arrays;
  const [maps, rows, columns] = actions.shape;
  const head = titles.some(Boolean) ? 20 : 2;
  pen.font = `12px ${palette.font}`;
  const widest = Math.max(...titles.map((title) => pen.measureText(title).width)) + 6;
  // Maps stand beside each other where their titles fit, in as many rows of maps as make the squares largest.
  let best = { side: 0, across: 1 };
  for (let across = 1; across <= maps; across++) {
    const down = Math.ceil(maps / across);
    const side = Math.min(width / (across * (columns + 0.4) - 0.4), (height / down - head - 4) / rows);
    const fits = across === 1 || (columns + 0.4) * side >= widest;
    if (side > best.side && fits) best = { side, across };
  }
  const { side, across } = best;
  const places = Array.from({ length: maps }, (_, map) => ({
    x: (width - (across * (columns + 0.4) - 0.4) * side) / 2 + (map % across) * (columns + 0.4) * side,
    y: head + Math.floor(map / across) * (rows * side + head + 4),
  }));
  places.forEach(({ x, y }, map) => {
    pen.font = `12px ${palette.font}`;
    pen.textAlign = "left";
    pen.fillStyle = css(palette.muted);
    if (titles[map]) pen.fillText(titles[map], x, y - 10);
    const all = [...values.values.subarray(map * rows * columns, (map + 1) * rows * columns)].filter(Number.isFinite);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = (map * rows + row) * columns + column;
        const [left, top] = [x + column * side, y + row * side];
        const value = values.values[at];
        if (Number.isFinite(value)) {
          const strength = high > low ? (value - low) / (high - low) : 1;
          pen.fillStyle = css(palette.positive, 0.06 + 0.62 * strength);
          pen.fillRect(left, top, side, side);
        }
        pen.lineWidth = 1;
        pen.strokeStyle = css(palette.text, 0.25);
        pen.strokeRect(left, top, side, side);
        const action = names[actions.values[at]];
        if (action in TURNS) arrow(pen, left + side / 2, top + side / 2, side * 0.3, TURNS[action], palette);
        else if (action) written(pen, action, left + side / 2, top + side / 2, side - 3, palette);
        const mark = marks[map]?.[row]?.[column];
        if (mark?.trim()) written(pen, mark, left + side * 0.82, top + side * 0.84, side, palette, true);
      }
    }
  });
  return (px, py) => {
    const map = places.findIndex(({ x, y }) => px >= x && px < x + columns * side && py >= y && py < y + rows * side);
    if (map < 0) return null;
    const [row, column] = [Math.floor((py - places[map].y) / side), Math.floor((px - places[map].x) / side)];
    const at = (map * rows + row) * columns + column;
    const [value, action] = [values.values[at], names[actions.values[at]]];
    const mark = marks[map]?.[row]?.[column];
    const lines = [TEXTS.square(row + 1, column + 1, mark?.trim())];
    if (Number.isFinite(value)) lines.push(TEXTS.worth(number(value, 3)));
    if (action) lines.push(TEXTS.bestAction(action));
    return { lines };
  };
}

function arrow(pen, x, y, size, turns, palette) {
  pen.save();
  pen.translate(x, y);
  pen.rotate((turns * Math.PI) / 2);
  pen.beginPath();
  pen.moveTo(0, -size);
  pen.lineTo(size * 0.6, -size * 0.15);
  pen.lineTo(size * 0.2, -size * 0.15);
  pen.lineTo(size * 0.2, size);
  pen.lineTo(-size * 0.2, size);
  pen.lineTo(-size * 0.2, -size * 0.15);
  pen.lineTo(-size * 0.6, -size * 0.15);
  pen.closePath();
  pen.fillStyle = css(palette.text, 0.72);
  pen.fill();
  pen.restore();
}

/** A word at a place; several below each other where one line is too narrow, and smaller where a word is. */
function written(pen, text, x, y, width, palette, bold = false) {
  const font = (size) => `${bold ? "700 " : ""}${size}px ${palette.font}`;
  pen.font = font(TEXT_PX);
  const lines = pen.measureText(text).width > width ? text.split(" ") : [text];
  const widest = Math.max(...lines.map((line) => pen.measureText(line).width));
  const size = TEXT_PX * Math.min(1, width / widest);
  pen.font = font(size);
  pen.textAlign = "center";
  pen.fillStyle = css(palette.text, 0.85);
  lines.forEach((line, n) => pen.fillText(line, x, y + (n - (lines.length - 1) / 2) * size));
}
