// A recurrent network unrolled in time: a column for each step, and arrows from step to step.
//
// From bottom to top: what is read, the states of layers below, the last layer's cell with its gates, and what
// is predicted. A band that holds all steps lies at the foot, with a frame around those that are drawn.

import { css } from "../palette.js";
import { TEXTS, number, percent, significant } from "../texts.js";
import { fitted } from "./axes.js";

const COLUMN_PX = 68; // at least
const GAP_PX = 26; // between two cells, with the arrows
const FOOT_PX = 58; // the numbers of the steps, and the band of all steps
const BAND_PX = 24;
const DECADES = 4; // of the gradient: what is less than that of the largest has the thinnest arrow
const NARROW = 480; // a drawing in which rows have letters in place of names

const viewsOf = new WeakMap();

/** One of a panel's views as a panel of its own: a sequence, read in one direction. */
export function viewOf(panel, n) {
  const { views } = panel.values;
  if (!viewsOf.has(panel)) viewsOf.set(panel, []);
  const made = viewsOf.get(panel);
  made[n] ??= {
    ...panel,
    notes: [views[n].note, ...panel.notes.slice(1)],
    values: { ...panel.values, ...views[n] },
    arrays: Object.fromEntries(Object.entries(panel.arrays).map(([name, array]) => [name, part(array, n)])),
  };
  return made[n];
}

/** What an array has at a place of its first axis. */
function part({ shape: [, ...shape], values }, n) {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, values: values.subarray(n * count, (n + 1) * count) };
}

export const visible = (symbol) => (symbol === "\n" ? "⏎" : symbol === " " ? "␣" : (symbol ?? ""));
/** 1 for the largest gradient, 0 for one that is DECADES powers of ten below it, or more. */
const level = (value, largest) => (value > 0 ? Math.max(0, Math.min(1, 1 + Math.log10(value / largest) / DECADES)) : 0);

/** How many steps are drawn side by side, and where. */
export function across(width, panel) {
  const left = width < NARROW ? 26 : 104;
  const steps = panel.arrays.h.shape[1];
  const count = Math.max(1, Math.min(steps, Math.floor((width - left - 4) / COLUMN_PX)));
  return { left, count, steps, column: Math.min((width - left - 4) / count, 1.7 * COLUMN_PX) };
}

/** The step at a place of the band that holds all steps. */
export function stepInBand(panel, width, x) {
  const { left, steps } = across(width, panel);
  return Math.max(0, Math.min(steps - 1, Math.floor(((x - left) / (width - left - 4)) * steps)));
}

export const inBand = (height, y) => y > height - BAND_PX - 8;

/** Rows from top to bottom with their heights; what is left goes to the rows of the cell. */
function rowsOf({ values, arrays }, height) {
  const order = { LSTM: "hocfgi", GRU: "hznr" }[values.cell] ?? "h";
  const below = values.layers - 1;
  const classes = Boolean(arrays.best);
  const head = classes ? [["target", 19], ["prediction", 3 * 15 + 4]] : [["target", 19], ["prediction", 19]];
  const inputs = values.steps.length ? 22 : Math.min(2, arrays.inputs.shape[0]) * 15 + 6;
  const taken = head[0][1] + head[1][1] + 16 + below * 40 + 16 + inputs + FOOT_PX + 10;
  const cell = Math.max(15, Math.min(order.length > 1 ? 40 : 110, (height - taken) / order.length));
  const rows = [];
  let y = 2 + Math.max(0, (height - taken - cell * order.length) / 2);
  const add = (name, size, more = {}) => {
    rows.push({ name, y, height: size, ...more });
    y += size;
  };
  head.forEach(([name, size]) => add(name, size));
  y += 16;
  for (const letter of order) add(letter, cell, { cell: true, bars: values.bars.includes(letter) });
  for (let layer = below - 1; layer >= 0; layer--) {
    y += 16;
    add(`below${layer}`, 24, { below: layer });
  }
  y += 16;
  add("input", inputs);
  return rows;
}

export function drawUnrolled(pen, scene) {
  const { width, height, panel, chosen, first } = scene;
  const place = { ...across(width, panel), first, rows: rowsOf(panel, height), width, height };
  place.box = place.column - GAP_PX;
  place.x = (step) => place.left + (step - first) * place.column + GAP_PX / 2;
  place.last = Math.min(place.steps, first + place.count) - 1;
  place.largest = largestGradient(panel);
  drawNames(pen, scene, place);
  pen.save();
  pen.beginPath();
  pen.rect(place.left, 0, width - place.left, height);
  pen.clip();
  for (let step = first; step <= place.last; step++) drawStep(pen, scene, place, step, step === chosen.step);
  for (let step = Math.max(0, first - 1); step <= place.last; step++) drawArrows(pen, scene, place, step);
  pen.restore();
  drawBand(pen, scene, place);
  return (x, y) => found(panel, place, x, y);
}

function largestGradient({ arrays: { gradient, gradient_c: ofCells } }) {
  const all = [...gradient.values, ...(ofCells?.values ?? [])].filter((value) => value > 0);
  return all.length ? Math.max(...all) : 1;
}

function drawNames(pen, { panel, palette }, { rows, left, width }) {
  pen.textAlign = "right";
  for (const { name, y, height, below } of rows) {
    const text = width < NARROW ? TEXTS.rowLetter(name, below) : (TEXTS.rowName(name, below) ?? `${panel.values.names[name]} ${name}`);
    pen.font = `11.5px ${palette.font}`;
    pen.fillStyle = css(palette.muted);
    pen.fillText(fitted(pen, text, left - 6), left - 6, y + height / 2);
  }
}

/** One column. */
function drawStep(pen, scene, place, step, isChosen) {
  const { panel, palette } = scene;
  const { rows, box } = place;
  const x = place.x(step);
  const cell = rows.filter((row) => row.cell);
  const [top, bottom] = [cell[0].y, cell.at(-1).y + cell.at(-1).height];
  if (isChosen) {
    pen.fillStyle = css(palette.text, 0.07);
    pen.fillRect(x - GAP_PX / 2 + 2, 0, place.column - 4, place.height - BAND_PX - 12);
  }
  pen.lineWidth = isChosen ? 2 : 1;
  pen.strokeStyle = css(palette.text, isChosen ? 0.85 : 0.4);
  pen.fillStyle = css(palette.background);
  round(pen, x - 3, top - 3, box + 6, bottom - top + 6);
  for (const row of rows) {
    if (row.cell || row.below !== undefined) drawUnits(pen, scene, row, x, box, step);
  }
  drawPrediction(pen, scene, rows, x, box, step);
  drawInput(pen, panel, palette, rows.at(-1), x, box, step);
  upwards(pen, palette, rows, x + box / 2, hasOutput(panel, step));
  pen.font = `11px ${palette.font}`;
  pen.textAlign = "center";
  pen.fillStyle = css(isChosen ? palette.text : palette.muted);
  pen.fillText(String(panel.values.first + step), x + box / 2, place.height - FOOT_PX + 10);
}

function round(pen, x, y, width, height) {
  pen.beginPath();
  pen.roundRect(x, y, width, height, 5);
  pen.fill();
  pen.stroke();
}

/** A row of small squares or bars, one for each unit. */
function drawUnits(pen, { panel, palette, chosen }, row, x, box, step) {
  const { arrays, values } = panel;
  const { shape, values: numbers } = row.below === undefined ? arrays[row.name] : arrays.below;
  const [units, steps] = shape.slice(-2);
  const from = row.below === undefined ? 0 : row.below * units * steps;
  const scale = values.scales[row.below === undefined ? row.name : "h"];
  const [wide, y, high] = [box / units, row.y + 3, row.height - 6];
  pen.fillStyle = css(palette.text, 0.06);
  pen.fillRect(x, y, box, high);
  for (let unit = 0; unit < units; unit++) {
    const value = numbers[from + unit * steps + step];
    if (row.bars) {
      pen.fillStyle = css(palette.text, 0.6);
      pen.fillRect(x + unit * wide + 0.5, y + high * (1 - value), wide - 1, Math.max(0.5, high * value));
    } else {
      pen.fillStyle = css(palette.shade(Math.max(-1, Math.min(1, value / scale)), 0.95));
      pen.fillRect(x + unit * wide, y, wide + 0.3, high);
    }
  }
  if (row.below !== undefined) {
    pen.lineWidth = 1;
    pen.strokeStyle = css(palette.text, 0.4);
    pen.strokeRect(x - 0.5, y - 0.5, box + 1, high + 1);
  }
  if (chosen.step === step) {
    pen.lineWidth = 1.5;
    pen.strokeStyle = css(palette.text, 0.9);
    pen.strokeRect(x + chosen.unit * wide, y - 1, wide, high + 2);
  }
}

export const hasOutput = ({ arrays }, step) =>
  arrays.best ? arrays.best.values[step] >= 0 : Number.isFinite(arrays.output.values[step]);

function drawPrediction(pen, { panel, palette }, rows, x, box, step) {
  const { arrays, values } = panel;
  const [target, prediction] = rows;
  pen.textAlign = "center";
  if (!arrays.best) {
    if (!hasOutput(panel, step)) return;
    for (const [row, array] of [[target, arrays.target], [prediction, arrays.output]]) {
      pen.font = `600 12px ${palette.font}`;
      pen.fillStyle = css(palette.text);
      pen.fillText(number(array.values[step]), x + box / 2, row.y + row.height / 2);
    }
    return;
  }
  const truth = arrays.target.values[step];
  if (truth >= 0) {
    pen.font = `600 12px ${palette.font}`;
    pen.fillStyle = css(palette.text);
    pen.fillText(fitted(pen, visible(values.classes[truth]), box + 14), x + box / 2, target.y + target.height / 2);
  }
  const best = bestOf(arrays, step);
  pen.font = `600 11px ${palette.font}`;
  const names = Math.min(box * 0.7, Math.max(14, ...best.map(({ named }) => pen.measureText(visible(values.classes[named])).width + 4)));
  best.forEach(({ named, p }, n) => {
    const y = prediction.y + 2 + n * 15;
    const wrong = n === 0 && truth >= 0; // only what is predicted can be wrong
    const colour = named === truth ? palette.positive : wrong ? palette.negative : palette.muted;
    pen.fillStyle = css(colour, 0.18);
    pen.fillRect(x + names, y + 2, box - names, 10);
    pen.fillStyle = css(colour, 0.85);
    pen.fillRect(x + names, y + 2, (box - names) * p, 10);
    pen.font = `${n ? "" : "600 "}11px ${palette.font}`;
    pen.textAlign = "left";
    pen.fillStyle = css(n ? palette.muted : palette.text);
    pen.fillText(fitted(pen, visible(values.classes[named]), names - 2), x, y + 7);
  });
}

/** The likeliest classes of a step, none where there is no output. */
export function bestOf({ best, probability }, step) {
  const [count, steps] = best.shape;
  return Array.from({ length: count }, (_, n) => ({ named: best.values[n * steps + step], p: probability.values[n * steps + step] })).filter(
    ({ named }) => named >= 0,
  );
}

function drawInput(pen, { arrays, values }, palette, row, x, box, step) {
  pen.textAlign = "center";
  pen.fillStyle = css(palette.text);
  if (values.steps.length) {
    pen.font = `600 14px ${palette.font}`;
    pen.fillText(visible(values.steps[step]), x + box / 2, row.y + row.height / 2);
    return;
  }
  const [features, steps] = arrays.inputs.shape;
  pen.font = `12px ${palette.font}`;
  for (let feature = 0; feature < Math.min(2, features); feature++) {
    pen.fillText(number(arrays.inputs.values[feature * steps + step]), x + box / 2, row.y + 3 + (feature + 0.5) * 15);
  }
}

/** Arrows from the input to the layers, and from the last one to the prediction. */
function upwards(pen, palette, rows, x, toOutput) {
  pen.strokeStyle = css(palette.text, 0.45);
  pen.lineWidth = 1.2;
  const parts = [rows[1], rows.find((row) => row.cell), ...rows.filter((row) => row.below !== undefined), rows.at(-1)];
  const bottoms = [rows[1].y + rows[1].height, rows.filter((row) => row.cell).at(-1), ...parts.slice(2, -1)].map((part) =>
    typeof part === "number" ? part : part.y + part.height,
  );
  for (let n = 0; n < bottoms.length; n++) {
    if (n === 0 && !toOutput) continue;
    const [from, to] = [parts[n + 1].y - 4, bottoms[n] + 4];
    pen.beginPath();
    pen.moveTo(x, from);
    pen.lineTo(x, to);
    pen.moveTo(x - 3, to + 4);
    pen.lineTo(x, to);
    pen.lineTo(x + 3, to + 4);
    pen.stroke();
  }
}

/** What is handed between a step and the one at its right, and the gradient that comes back. */
function drawArrows(pen, scene, place, step) {
  if (step + 1 >= place.steps) return;
  const x = place.x(step) + place.box + 4;
  for (const { row, value } of handed(scene.panel, place, step)) {
    pen.save();
    if (scene.panel.values.backwards) {
      pen.translate(2 * x + GAP_PX - 8, 0);
      pen.scale(-1, 1);
    }
    arrowPair(pen, scene, x, GAP_PX - 8, row.y + row.height / 2, level(value, place.largest), value);
    pen.restore();
  }
}

/** Rows with an arrow between a step and the one at its right, and the gradient along it. */
function handed({ arrays, values }, { rows, steps }, left) {
  const top = values.layers - 1;
  const step = values.backwards ? left + 1 : left; // the one that hands on
  return rows
    .filter(({ name, below }) => name === "h" || name === "c" || below !== undefined)
    .map((row) => ({
      row,
      value: row.name === "c" ? arrays.gradient_c.values[step] : arrays.gradient.values[(row.below ?? top) * steps + step],
    }));
}

function arrowPair(pen, { panel, palette }, x, wide, y, strength, value) {
  const colour = palette.color(panel.values.gradient_color);
  pen.strokeStyle = css(palette.text, 0.55);
  pen.lineWidth = 1.2;
  line(pen, x, y - 7, x + wide, y - 7);
  line(pen, x + wide - 4, y - 10, x + wide, y - 7);
  line(pen, x + wide - 4, y - 4, x + wide, y - 7);
  const below = y + 3;
  if (!(value > 0)) {
    pen.setLineDash([1, 3]);
    pen.strokeStyle = css(palette.text, 0.4);
    line(pen, x, below, x + wide, below);
    pen.setLineDash([]);
    return;
  }
  const thick = 1 + 9 * strength;
  const head = Math.min(wide * 0.6, 4 + 5 * strength);
  pen.fillStyle = css(colour, 0.35 + 0.65 * strength);
  pen.beginPath();
  pen.moveTo(x, below);
  pen.lineTo(x + head, below - thick / 2 - 2);
  pen.lineTo(x + head, below - thick / 2);
  pen.lineTo(x + wide, below - thick / 2);
  pen.lineTo(x + wide, below + thick / 2);
  pen.lineTo(x + head, below + thick / 2);
  pen.lineTo(x + head, below + thick / 2 + 2);
  pen.closePath();
  pen.fill();
}

function line(pen, x, y, toX, toY) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(toX, toY);
  pen.stroke();
}

/** All steps: how much gradient flows back to each, and which are drawn above. */
function drawBand(pen, { panel, palette, chosen, width, height }, { left, steps, first, last, largest }) {
  const [top, wide] = [height - BAND_PX - 4, (width - left - 4) / steps];
  const layer = panel.values.layers - 1;
  pen.fillStyle = css(palette.text, 0.05);
  pen.fillRect(left, top, wide * steps, BAND_PX);
  pen.textAlign = "right";
  pen.font = `11.5px ${palette.font}`;
  pen.fillStyle = css(palette.muted);
  pen.fillText(fitted(pen, width < NARROW ? "∂" : TEXTS.gradientBand, left - 6), left - 6, top + BAND_PX / 2);
  pen.fillStyle = css(palette.color(panel.values.gradient_color), 0.75);
  for (let step = 0; step < steps; step++) {
    const high = BAND_PX * level(panel.arrays.gradient.values[layer * steps + step], largest);
    pen.fillRect(left + step * wide + 0.5, top + BAND_PX - high, Math.max(0.5, wide - 1), high);
  }
  pen.fillStyle = css(palette.text, 0.8);
  pen.fillRect(left + (chosen.step + 0.5) * wide - 1, top, 2, BAND_PX);
  pen.lineWidth = 1.5;
  pen.strokeStyle = css(palette.text, 0.6);
  pen.strokeRect(left + first * wide, top - 1, (last - first + 1) * wide, BAND_PX + 2);
}

/** What lies at a place: the step and unit there, and lines of a tooltip. */
function found(panel, place, x, y) {
  const { rows, steps } = place;
  if (inBand(place.height, y)) {
    const step = stepInBand(panel, place.width, x);
    return { lines: [TEXTS.ofSequence(panel.values.first + step), ...gradientLines(panel, place, step, "h")] };
  }
  const step = place.first + Math.floor((x - place.left) / place.column);
  if (x < place.left || step > place.last) return null;
  const at = { step, unit: null };
  const row = rows.find((one) => y >= one.y && y < one.y + one.height);
  const within = x - place.x(step);
  const head = TEXTS.ofSequence(panel.values.first + step);
  if (row && (within < 0 || within >= place.box)) {
    const from = within < 0 ? step - 1 : step; // the arrow to this step, or from it
    const along = handed(panel, place, from).find((one) => one.row === row);
    if (!along || from < 0 || from + 1 >= steps) return { at, lines: [] };
    return { at, lines: [TEXTS.betweenSteps(panel.values.first + from), ...arrowLines(panel, row, along.value)] };
  }
  if (!row) return { at, lines: [] };
  if (row.cell || row.below !== undefined) {
    const { shape, values } = row.below === undefined ? panel.arrays[row.name] : panel.arrays.below;
    const units = shape.at(-2);
    const unit = Math.min(units - 1, Math.floor((within / place.box) * units));
    const value = values[((row.below ?? 0) * units + unit) * steps + step];
    const name = row.below === undefined ? panel.values.names[row.name] : TEXTS.rowName(row.name, row.below);
    return { at: { step, unit }, lines: [`${TEXTS.unitOf(name, panel.values.units[unit] + 1)} = ${number(value, 3)}`, head] };
  }
  const lines = row.name === "input" ? inputLines(panel, step) : predictionLines(panel, step);
  return { at, lines: lines.length ? [head, ...lines] : [] };
}

function arrowLines({ values }, row, value) {
  const name = row.name === "c" ? "c" : "h";
  const of = row.below === undefined ? "" : ` (${TEXTS.rowName(row.name, row.below)})`;
  return [`‖∂L/∂${name}‖${of} = ${Number.isFinite(value) ? significant(value) : "0"}`, TEXTS.flowsBack(values.names[name].toLowerCase(), values.backwards)];
}

function gradientLines({ arrays, values }, { steps }, step, name) {
  const value = name === "c" ? arrays.gradient_c.values[step] : arrays.gradient.values[(values.layers - 1) * steps + step];
  return Number.isFinite(value) ? [TEXTS.fromNext(significant(value), values.backwards)] : [TEXTS.noNext(values.backwards)];
}

/** What is read at a step. */
export function inputLines({ arrays, values }, step) {
  if (values.steps.length) return [TEXTS.read(visible(values.steps[step]))];
  const [features, steps] = arrays.inputs.shape;
  return Array.from({ length: features }, (_, n) => `${values.features[n] ?? TEXTS.input(n + 1)}: ${number(arrays.inputs.values[n * steps + step], 3)}`);
}

/** What is predicted at a step, and what would be right. */
export function predictionLines(panel, step) {
  const { arrays, values } = panel;
  if (!hasOutput(panel, step)) return [];
  if (!arrays.best) {
    const unit = values.unit ? ` ${values.unit}` : "";
    return [TEXTS.predictedValue(`${number(arrays.output.values[step], 3)}${unit}`), TEXTS.targetValue(`${number(arrays.target.values[step], 3)}${unit}`)];
  }
  const shown = bestOf(arrays, step).map(({ named, p }) => `${visible(values.classes[named])} ${percent(p)}`);
  const truth = arrays.target.values[step];
  const lines = [TEXTS.predictedClasses(shown.join(", "))];
  if (truth < 0) return lines;
  const p = arrays.target_probability.values[step];
  return [...lines, TEXTS.targetClass(visible(values.classes[truth]), percent(p), significant(-Math.log(p)))];
}
