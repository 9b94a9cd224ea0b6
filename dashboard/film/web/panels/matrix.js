// How often each row became each column: right on the diagonal, wrong beside it.

import { css } from "../palette.js";
import { TEXTS, grouped, percent } from "../texts.js";
import { fitted } from "./axes.js";

const MAX_WRITTEN = 12; // with more classes their numbers would not be read
const STRONG = 0.5; // from which fraction on only white is read on a square

export function drawMatrix(pen, { width, height, panel, palette }) {
  const { classes, x_title: xTitle, y_title: yTitle } = panel.values;
  const { values } = panel.arrays.counts;
  const n = classes.length;
  pen.font = `11px ${palette.font}`;
  const names = Math.min(92, Math.max(...classes.map((name) => pen.measureText(name).width)) + 8);
  const upright = names > (width - 140) / n + 4; // names of columns stand on end where they are long
  const [left, bottom] = [20 + names, 20 + (upright ? names : 18)];
  const side = Math.min((width - left - 6) / n, (height - bottom - 6) / n);
  const x0 = left + Math.max(0, (width - left - 6 - side * n) / 2);
  const of = (row) => Array.from({ length: n }, (_, k) => values[row * n + k]).reduce((a, b) => a + b, 0);
  for (let row = 0; row < n; row++) {
    const sum = Math.max(1, of(row));
    for (let column = 0; column < n; column++) {
      const count = values[row * n + column];
      const [x, y] = [x0 + column * side, 4 + row * side];
      const part = count / sum;
      pen.fillStyle = css(row === column ? palette.positive : palette.negative, 0.8 * part ** 0.75);
      pen.fillRect(x, y, side, side);
      pen.strokeStyle = css(palette.text, 0.14);
      pen.lineWidth = 1;
      pen.strokeRect(x, y, side, side);
      if (!count || n > MAX_WRITTEN || side < 17) continue;
      pen.textAlign = "center";
      pen.font = `12px ${palette.font}`;
      pen.fillStyle = part > STRONG && !palette.dark ? "#fff" : css(palette.text);
      pen.fillText(grouped(count), x + side / 2, y + side / 2);
    }
  }
  pen.font = `11px ${palette.font}`;
  pen.fillStyle = css(palette.muted);
  const every = Math.max(1, Math.ceil(13 / side));
  classes.forEach((name, k) => {
    if (k % every) return;
    pen.textAlign = "right";
    pen.fillText(fitted(pen, name, names), x0 - 5, 4 + (k + 0.5) * side);
    pen.save();
    pen.translate(x0 + (k + 0.5) * side, 4 + n * side + (upright ? 6 : 10));
    pen.textAlign = upright ? "right" : "center";
    if (upright) pen.rotate(-Math.PI / 2);
    pen.fillText(fitted(pen, name, upright ? names : side + 6), 0, 0);
    pen.restore();
  });
  pen.fillStyle = css(palette.text, 0.85);
  pen.textAlign = "center";
  pen.fillText(xTitle, x0 + (n * side) / 2, Math.min(height - 7, 4 + n * side + bottom - 8));
  pen.save();
  pen.translate(Math.max(7, x0 - names - 9), 4 + (n * side) / 2);
  pen.rotate(-Math.PI / 2);
  pen.fillText(yTitle, 0, 0);
  pen.restore();
  return (x, y) => {
    const [column, row] = [Math.floor((x - x0) / side), Math.floor((y - 4) / side)];
    if (column < 0 || row < 0 || column >= n || row >= n) return null;
    const count = values[row * n + column];
    return {
      lines: [
        TEXTS.samplesOf(grouped(count), percent(count / Math.max(1, of(row)))),
        `${yTitle}: ${classes[row]}`,
        `${xTitle}: ${classes[column]}`,
      ],
    };
  };
}
