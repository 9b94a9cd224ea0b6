// The formulas of one unit's forward and backward pass, with their numbers: each a name and the parts of a line.
//
// A line may break between its parts, not within one.

import { PASS, minus, significant, subscript } from "../texts.js";

const MAX_TERMS = 8; // of a sum; the smaller ones are added up
const MAX_WEIGHTS = 16; // whose gradients are written

const bracketed = (text) => (text.startsWith("−") ? `(${text})` : text);
const factor = (value) => bracketed(significant(value));
const product = (a, b) => `${significant(a)}·${factor(b)}`;
const plain = (value) => minus(String(Number(value.toPrecision(4)))); // 0.025 rather than 0.02500
const named = (values, nameOf) => listed(Array.from(values, (value, i) => `${nameOf(i)} = ${significant(value)}`));
const numbered = (values, symbol) => named(values, (i) => symbol + subscript(i + 1));

/** A sum of products and single numbers, [a, b] or [a], as parts of a line; the smallest of many in one part. */
function sumParts(terms) {
  const size = (term) => Math.abs(term.reduce((a, b) => a * b, 1));
  const kept = terms.length > MAX_TERMS + 1 ? new Set([...terms].sort((a, b) => size(b) - size(a)).slice(0, MAX_TERMS)) : null;
  const written = terms.filter((term) => !kept || kept.has(term));
  const parts = written.map(([a, b], i) => signed(a, b === undefined ? "" : `·${factor(b)}`, i === 0));
  if (!kept) return parts;
  const rest = terms.filter((term) => !kept.has(term));
  const sum = rest.reduce((total, term) => total + term.reduce((a, b) => a * b, 1), 0);
  return [...parts, signed(sum, ` ${PASS.more(rest.length)}`, false)];
}

function signed(value, after, first) {
  const text = significant(value);
  if (first) return text + after;
  return text.startsWith("−") ? `− ${text.slice(1)}${after}` : `+ ${text}${after}`;
}

const line = (name, ...parts) => ({ name, parts: parts.flat() });

/** Parts with commas between them; of many the first, and how many are left. */
function listed(texts) {
  const left = texts.length - MAX_TERMS;
  const shown = left > 1 ? texts.slice(0, MAX_TERMS) : texts;
  const parts = shown.map((text, i) => (i < shown.length - 1 ? `${text},` : text));
  return left > 1 ? [...parts, PASS.more(left)] : parts;
}

/**
 * The groups of lines of a unit { layer, unit }: its way forward, back, and what a step of SGD makes of its weights.
 *
 * pass: forward() with crossEntropy(), backward() and gradientsOf(); names: how inputs and classes are called;
 * rate: null while it is not known.
 */
export function formulasOf(unit, scene) {
  const { rate, step } = scene;
  const note = rate === null ? PASS.waiting : PASS.rate(plain(rate), step);
  return [
    { title: PASS.forward, lines: forwardLines(unit, scene) },
    { title: PASS.backward, lines: backwardLines(unit, scene) },
    { title: PASS.update, note, lines: updateLines(unit, scene) },
  ];
}

/** The terms of a unit's pre-activation: each weight with what it is multiplied by, and the bias. */
function termsOf({ layer, unit }, { layers, parameters, pass }) {
  const { fanIn, weight, bias } = layers[layer - 1];
  const inputs = pass.a[layer - 1];
  const products = Array.from({ length: fanIn }, (_, i) => [parameters[weight + unit * fanIn + i], inputs[i]]);
  return [...products, [parameters[bias + unit]]];
}

function forwardLines(unit, scene) {
  const { layers, pass, names, label, off } = scene;
  const { layer } = unit;
  const last = layers.length;
  const lines = [line(PASS.inputs, named(pass.a[0], (i) => names.inputs[i]))];
  if (layer > 1) lines.push(line(PASS.ofLayer(layer - 1, "a"), numbered(pass.a[layer - 1], "a")));
  const z = pass.z[layer - 1][unit.unit];
  const symbol = layer > 1 ? "a" : "x";
  lines.push(line(`z = Σ wᵢ·${symbol}ᵢ + b`, sumParts(termsOf(unit, scene)), `= ${significant(z)}`));
  if (layer < last) {
    const silent = off.has(`${layer - 1}.${unit.unit}`);
    const a = pass.a[layer][unit.unit];
    lines.push(silent ? line("a", `0 (${PASS.off})`) : line("a = f(z)", `f(${significant(z)})`, `= ${significant(a)}`));
    if (layer < last - 1) lines.push(line(PASS.ofLayer(last - 1, "a"), numbered(pass.a[last - 1], "a")));
  }
  return [...lines, ...outputLines(unit, scene, names.classes[label])];
}

function outputLines({ layer }, scene, className) {
  const { layers, pass, label } = scene;
  const last = layers.length;
  const logits = pass.z[last - 1];
  const { probabilities: p, loss } = pass;
  if (logits.length === 1) {
    const [z] = logits;
    const output = { layer: last, unit: 0 };
    const zLine = layer < last ? [line(PASS.ofOutput("z = Σ wᵢ·aᵢ + b"), sumParts(termsOf(output, scene)), `= ${significant(z)}`)] : [];
    const right = label ? "−ln p" : "−ln(1 − p)";
    return [
      ...zLine,
      line("p = 1 / (1 + e⁻ᶻ)", `1 / (1 + e^${bracketed(significant(-z))})`, `= ${significant(p[0])}`),
      line(`L = ${right}`, label ? `−ln ${significant(p[0])}` : `−ln(1 − ${significant(p[0])})`, `= ${significant(loss)}`, `(${PASS.truth(label, className)})`),
    ];
  }
  const true_ = subscript(label + 1);
  return [
    line(PASS.ofOutputs("z"), numbered(logits, "z")),
    line("pₖ = e^zₖ / Σⱼ e^zⱼ", numbered(p, "p")),
    line(`L = −ln p${true_}`, `−ln ${significant(p[label])}`, `= ${significant(loss)}`, `(${PASS.trueClass(label + 1, className)})`),
  ];
}

function backwardLines(unit, scene) {
  const { layers, parameters, pass, label, off } = scene;
  const { layer } = unit;
  const last = layers.length;
  const outputDeltas = pass.deltas[last - 1];
  const single = outputDeltas.length === 1;
  const lines = [];
  if (single) {
    lines.push(line(PASS.ofOutput("δ = p − y"), `${significant(pass.probabilities[0])} − ${label}`, `= ${significant(outputDeltas[0])}`));
  } else {
    lines.push(line(PASS.ofOutputs("δₖ = pₖ − yₖ"), numbered(outputDeltas, "δ")));
  }
  if (layer === last) {
    if (!single) lines.push(line("δ", `δ${subscript(unit.unit + 1)}`, `= ${significant(outputDeltas[unit.unit])}`));
    return lines;
  }
  if (layer < last - 1) lines.push(line(PASS.ofLayer(layer + 1, "δ"), numbered(pass.deltas[layer], "δ")));
  const next = layers[layer];
  const terms = Array.from(pass.deltas[layer], (delta, k) => [parameters[next.weight + k * next.fanIn + unit.unit], delta]);
  const received = pass.received[layer - 1][unit.unit];
  lines.push(line("∂L/∂a = Σₖ wₖ·δₖ", sumParts(terms), `= ${significant(received)}`));
  const slope = pass.slopes[layer - 1][unit.unit];
  const silent = off.has(`${layer - 1}.${unit.unit}`);
  lines.push(
    silent ? line("f′(z)", `0 (${PASS.off})`) : line("f′(z)", `f′(${significant(pass.z[layer - 1][unit.unit])})`, `= ${significant(slope)}`),
  );
  lines.push(line("δ = ∂L/∂a · f′(z)", product(received, slope), `= ${significant(pass.deltas[layer - 1][unit.unit])}`));
  return lines;
}

function updateLines({ layer, unit }, { layers, parameters, pass, rate, names }) {
  const { fanIn, weight, bias } = layers[layer - 1];
  const delta = pass.deltas[layer - 1][unit];
  const step = (name, index) => {
    const [before, gradient] = [parameters[index], pass.gradients[index]];
    if (rate === null) return [];
    const parts = [significant(before, 6), `− ${plain(rate)}·${factor(gradient)}`, `= ${significant(before - rate * gradient, 6)}`];
    return [line(`${name} − η·∂L/∂${name}`, parts)];
  };
  const lines = [];
  for (let i = 0; i < Math.min(fanIn, MAX_WEIGHTS); i++) {
    const index = weight + unit * fanIn + i;
    const name = `w${subscript(i + 1)}`;
    const input = layer > 1 ? `a${subscript(i + 1)}` : names.inputs[i];
    const value = pass.a[layer - 1][i];
    lines.push(line(`∂L/∂${name} = δ·${input}`, product(delta, value), `= ${significant(pass.gradients[index])}`));
    lines.push(...step(name, index));
  }
  if (fanIn > MAX_WEIGHTS) lines.push(line(PASS.moreWeights(fanIn - MAX_WEIGHTS)));
  lines.push(line("∂L/∂b = δ", significant(delta)), ...step("b", bias + unit));
  return lines;
}
