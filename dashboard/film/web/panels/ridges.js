// A histogram of each layer over one axis, each as high as its fullest bin.

import { css } from "../palette.js";
import { TEXTS, grouped, number } from "../texts.js";
import { axes } from "./axes.js";

export function drawRidges(pen, scene) {
  const { panel, palette } = scene;
  const { layers, colors, x_title: xTitle } = panel.values;
  const { counts, edges } = panel.arrays;
  const bins = counts.shape[1];
  const [low, high] = [Math.min(...edges.values), Math.max(...edges.values)];
  const plot = axes(pen, scene, [low, high, xTitle], [0, 1, ""], { grid: false });
  pen.clearRect(0, 0, plot.left - 1, plot.top + plot.height + 6); // a layer has a name in place of a number
  const row = plot.height / layers.length;
  layers.forEach((name, layer) => {
    const ground = plot.top + (layer + 1) * row;
    const most = Math.max(1, ...counts.values.subarray(layer * bins, (layer + 1) * bins));
    pen.fillStyle = css(palette.color(colors[layer]), 0.75);
    for (let bin = 0; bin < bins; bin++) {
      const up = (counts.values[layer * bins + bin] / most) * row * 0.82;
      const [from, to] = [0, 1].map((end) => plot.px(edges.values[layer * (bins + 1) + bin + end]));
      pen.fillRect(from, ground - up, Math.max(0.5, to - from), up);
    }
    pen.lineWidth = 1;
    pen.strokeStyle = css(palette.text, 0.3);
    pen.strokeRect(plot.left, ground, plot.width, 0);
    pen.font = `11px ${palette.font}`;
    pen.textAlign = "left";
    pen.fillStyle = css(palette.text, 0.85);
    pen.fillText(name, 2, ground - row * 0.5);
  });
  return (x, y) => {
    const layer = Math.floor((y - plot.top) / row);
    if (layer < 0 || layer >= layers.length || !plot.holds(x, y)) return null;
    const at = plot.ux(x);
    for (let bin = 0; bin < bins; bin++) {
      const [from, to] = [0, 1].map((end) => edges.values[layer * (bins + 1) + bin + end]);
      if (at >= from && at < to) {
        return { lines: [layers[layer], TEXTS.between(number(from, 3), number(to, 3)), TEXTS.values(grouped(counts.values[layer * bins + bin]))] };
      }
    }
    return { lines: [layers[layer]] };
  };
}
