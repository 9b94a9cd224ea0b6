// Text that a network writes, after what it was given.

import { css } from "../palette.js";

const LINE_PX = 21;

export function drawText(pen, { width, height, panel, palette }) {
  const given = panel.values.prompt.length;
  const text = `${panel.values.prompt}${panel.values.text}`;
  let size = 14;
  pen.font = `${size}px monospace`;
  const columns = () => Math.max(8, Math.floor((width - 6) / pen.measureText("m").width));
  while (size > 10 && rowsOf(text, columns()).length * LINE_PX > height) pen.font = `${--size}px monospace`;
  const step = pen.measureText("m").width;
  pen.textAlign = "left";
  rowsOf(text, columns()).forEach((row, line) => {
    row.forEach(([character, at], column) => {
      pen.fillStyle = css(at < given ? palette.muted : palette.negative);
      pen.fillText(character, 2 + column * step, (line + 0.5) * LINE_PX);
    });
  });
  return () => null;
}

/** [character, its place in the text] in rows: a new one after each line end, and between words where it can be. */
function rowsOf(text, columns) {
  const rows = [[]];
  for (const word of text.match(/\n|[^\s]+|[^\S\n]+/g) ?? []) {
    const at = rows.taken ?? 0;
    if (word !== "\n" && rows.at(-1).length + word.length > columns && rows.at(-1).length) rows.push([]);
    [...word].forEach((character, i) => {
      if (rows.at(-1).length >= columns) rows.push([]);
      rows.at(-1).push([character === "\n" ? "⏎" : character, at + i]);
    });
    if (word === "\n") rows.push([]);
    rows.taken = at + word.length;
  }
  return rows;
}
