// Rows of symbols: what was read in gray, predictions blue where they are right and orange where not.

import { css } from "../palette.js";
import { TEXTS } from "../texts.js";

export function drawSymbols(pen, { width, height, panel, palette }) {
  const { classes } = panel.values;
  const { inputs, targets, answers } = panel.arrays;
  const [rows, steps] = inputs.shape;
  const [left, foot] = [20, 34];
  const [wide, high] = [(width - left - 4) / steps, Math.min(34, (height - foot) / rows)];
  const size = Math.max(7, Math.min(15, wide * 1.35, high * 0.7));
  pen.textAlign = "center";
  for (let row = 0; row < rows; row++) {
    const y = (row + 0.5) * high;
    pen.font = `11px ${palette.font}`;
    pen.fillStyle = css(palette.muted);
    pen.fillText(String(row + 1), 8, y);
    for (let step = 0; step < steps; step++) {
      const at = row * steps + step;
      const asked = targets.values[at] >= 0;
      const right = answers.values[at] === targets.values[at];
      pen.font = `${asked ? "700 " : ""}${size}px monospace`;
      pen.fillStyle = css(asked ? (right ? palette.positive : palette.negative) : palette.muted, asked ? 1 : 0.8);
      const symbol = classes[asked ? answers.values[at] : inputs.values[at]] ?? "";
      pen.fillText(symbol === "\n" ? "⏎" : symbol, left + (step + 0.5) * wide, y);
    }
  }
  pen.font = `11.5px ${palette.font}`;
  pen.fillStyle = css(palette.text, 0.85);
  pen.fillText(TEXTS.symbolSteps(steps), left + (width - left) / 2, Math.min(height - 8, rows * high + 16));
  return (x, y) => {
    const [step, row] = [Math.floor((x - left) / wide), Math.floor(y / high)];
    if (step < 0 || row < 0 || step >= steps || row >= rows) return null;
    const at = row * steps + step;
    const lines = [TEXTS.rowStep(row + 1, step + 1), TEXTS.read(classes[inputs.values[at]])];
    if (targets.values[at] >= 0) {
      lines.push(TEXTS.predictedSymbol(classes[answers.values[at]], classes[targets.values[at]]));
    }
    return { lines };
  };
}
