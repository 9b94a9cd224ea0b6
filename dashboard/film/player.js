// The film of a small network: the player that draws it.
//
// A film is a list of frames, each with the weights after one step of the training. From the weights the player
// computes what every unit makes of the plane, so nothing but weights comes over the wire. The file reads from
// top to bottom: texts, arithmetic, fetching, drawing, and last the player that holds them together.

// --- What a person reads -------------------------------------------------------------------------------

const TEXTS = {
  player: "Film of the training",
  start: "To the first frame (Home)",
  back: "One frame back (←)",
  play: "Play the film (Space)",
  pause: "Pause the film (Space)",
  next: "One frame on (→)",
  end: "To the last frame (End)",
  speed: "Speed",
  live: "Live",
  follow: "Follow the newest frame",
  frame: "Frame",
  step: (step) => `Step ${step}`,
  epoch: (epoch, of) => (of ? `epoch ${epoch} of ${of}` : `epoch ${epoch}`),
  loss: (train, test) => (test === null ? `loss ${train} train` : `loss ${train} train, ${test} test`),
  metric: (name, value) => `${name} ${value}`,
  waiting: "Waiting for the first frame",
  none: "This run has no film.",
  lost: "The server does not answer; trying again.",
  byHand: "changed by hand",
  byHandMetric: (percent) => `accuracy on the points shown ${percent}`,
  reset: "Reset",
  features: "Features",
  layer: (number) => `Layer ${number}`,
  units: (units) => (units === 1 ? "1 unit" : `${units} units`),
  outputs: "Outputs",
  output: "Output",
  more: (count) => `+ ${count} more`,
  feature: (name) => `Feature ${name}`,
  unit: (layer, unit) => `Layer ${layer}, unit ${unit}`,
  classUnit: (name) => `Output for class ${name}`,
  edge: (from, to) => `Weight from ${from} to ${to}`,
  edgeHint: "drag up or down to change it",
  unitHint: "click for its map in large",
  off: "off",
  silent: "0 everywhere on this plane",
  switchOff: "Switch off",
  switchOn: "Switch on",
  leave: "Back",
  backToOutput: "Back to the output (Escape)",
  held: "Its map over the plane",
  bias: "bias",
  inputs: "Weights of its inputs",
  probability: (name, p) => `P(class ${name}) = ${p}`,
  train: "Training point",
  test: "Test point",
  wrong: "Wrong",
  boundary: "Decision boundary",
  negative: "negative",
  positive: "positive",
  classes: "Class",
  picture: (sizes, status) => `Network ${sizes.join("-")} and its decision map. ${status}`,
  unitsGroup: "Units of the network; arrow keys move between them, Enter shows a unit's map, Delete switches it off",
};

// --- Sizes ---------------------------------------------------------------------------------------------

const MAX_UNITS = 8; // of a layer that are drawn
const PLAYING_CELLS = 50; // of a map along each axis while the film plays, and when it stands still
const STILL_CELLS = 100;
const MAX_PRODUCTS = 8e6; // a map's multiplications while playing; a wide network gets a coarser one
const MAX_PRODUCTS_STILL = 2e8;
const FILM_S = 6; // how long a film plays at normal speed
const MAX_FRAMES_PER_S = 60;
const SLOW_S = 0.04; // from one drawn picture to the next
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
const POLL_MS = 1000;
const FIRST_REACH = 32; // of the table of an activation
const MAX_REACH = 1024; // beyond it the function is continued by a line
const WIDE_PX = 760; // from this width on, the decision map stands beside the network
const REFINE_MS = 140;
const REPORT_MS = 350;
const EDGE_SLOP_PX = 6;
const NODES = 256; // of the table of an activation, for each unit of x

// --- Arithmetic ----------------------------------------------------------------------------------------

const FEATURES = {
  x: (x) => x,
  y: (_, y) => y,
  x_squared: (x) => x * x,
  y_squared: (_, y) => y * y,
  product: (x, y) => x * y,
  sin_x: (x) => Math.sin(Math.fround(2.5 * x)),
  sin_y: (_, y) => Math.sin(Math.fround(2.5 * y)),
};

/** A network's inputs for points of the plane: one array for each feature, one after the other. */
function inputsOf(features, xs, ys) {
  const count = xs.length;
  const inputs = new Float32Array(features.length * count);
  features.forEach((feature, row) => {
    const value = FEATURES[feature.key];
    for (let p = 0; p < count; p++) inputs[row * count + p] = value(xs[p], ys[p]);
  });
  return inputs;
}

/** The middles of the cells of a map, the lowest row first. */
function middles(bounds, cells) {
  const xs = new Float32Array(cells * cells);
  const ys = new Float32Array(cells * cells);
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      xs[row * cells + column] = bounds.x_min + ((column + 0.5) / cells) * (bounds.x_max - bounds.x_min);
      ys[row * cells + column] = bounds.y_min + ((row + 0.5) / cells) * (bounds.y_max - bounds.y_min);
    }
  }
  return [xs, ys];
}

/** Where each layer's weights and biases begin in a frame's parameters. */
function layersOf(sizes) {
  const layers = [];
  let at = 0;
  for (let number = 1; number < sizes.length; number++) {
    const [fanIn, units] = [sizes[number - 1], sizes[number]];
    layers.push({ fanIn, units, weight: at, bias: at + fanIn * units });
    at += (fanIn + 1) * units;
  }
  return layers;
}

/** An activation function as a table, read between its nodes by a parabola where it bends smoothly. */
class Activation {
  constructor(values, reach) {
    const nodes = 2 * reach * NODES + 1;
    this.reach = reach;
    this.values = values.subarray(0, nodes);
    this.rise = new Float32Array(nodes);
    this.bend = new Float32Array(nodes);
    for (let i = 0; i < nodes - 1; i++) this.rise[i] = this.values[i + 1] - this.values[i];
    for (let i = 1; i < nodes - 2; i++) {
      const [before, after] = [this.rise[i] - this.rise[i - 1], this.rise[i + 1] - this.rise[i]];
      // At a kink the two differ, and a straight line is exact there.
      if (Math.abs(before - after) <= 0.25 * Math.max(Math.abs(before), Math.abs(after))) {
        this.bend[i] = (before + after) / 4;
      }
    }
    this.jumps = new Map();
    for (let at = nodes; at + 3 < values.length; at += 4) this.addJump(...values.subarray(at, at + 4));
  }

  addJump(cell, place, below, above) {
    this.jumps.set(cell, { place, below, above });
    for (const near of [cell - 1, cell, cell + 1]) this.bend[near] = 0;
  }

  /** Replace pre-activations from one index to another by the function of them; the largest |z| comes back. */
  apply(z, from, to) {
    const { values, rise, bend, reach, jumps } = this;
    const last = values.length - 1;
    let largest = 0;
    for (let p = from; p < to; p++) {
      const x = z[p];
      const u = (x + reach) * NODES;
      if (u >= 0 && u < last) {
        const i = u | 0;
        const t = u - i;
        z[p] = jumps.size && jumps.has(i) ? this.beside(jumps.get(i), i, x) : values[i] + t * (rise[i] + (t - 1) * bend[i]);
      } else if (u < 0) {
        z[p] = values[0] + u * rise[0];
      } else {
        z[p] = values[last] + (u - last) * rise[last - 1]; // NaN stays NaN
      }
      if (x > largest) largest = x;
      else if (-x > largest) largest = -x;
    }
    return largest;
  }

  /** The function in a cell in which it jumps. */
  beside(jump, cell, x) {
    const start = cell / NODES - this.reach;
    if (x <= jump.place) {
      const width = jump.place - start;
      return width > 0 ? this.values[cell] + ((x - start) / width) * (jump.below - this.values[cell]) : jump.below;
    }
    const width = start + 1 / NODES - jump.place;
    return width > 0 ? jump.above + ((x - jump.place) / width) * (this.values[cell + 1] - jump.above) : jump.above;
  }
}

/** What all units of a network make of `count` inputs: an array a layer, units after each other; logits last. */
function evaluate(layers, parameters, inputs, count, activation, off, buffers) {
  const found = [inputs];
  let largest = 0;
  layers.forEach((layer, number) => {
    const hidden = number < layers.length - 1;
    const size = layer.units * count;
    const out = buffers && buffers[number]?.length === size ? buffers[number] : new Float32Array(size);
    affine(layer, parameters, found[number], count, out);
    for (let unit = 0; hidden && unit < layer.units; unit++) {
      if (off.has(`${number}.${unit}`)) out.fill(0, unit * count, (unit + 1) * count);
      else largest = Math.max(largest, activation.apply(out, unit * count, (unit + 1) * count));
    }
    found.push(out);
  });
  return { layers: found, largest, count };
}

/** Weights times inputs plus bias; four inputs at a time, so that memory is passed over less often. */
function affine(layer, parameters, input, count, out) {
  const { fanIn, units } = layer;
  for (let unit = 0; unit < units; unit++) {
    const end = (unit + 1) * count;
    out.fill(parameters[layer.bias + unit], unit * count, end);
    let w = layer.weight + unit * fanIn;
    let i = 0;
    for (; i + 3 < fanIn; i += 4, w += 4) {
      const [w0, w1, w2, w3] = [parameters[w], parameters[w + 1], parameters[w + 2], parameters[w + 3]];
      let [a0, a1, a2, a3] = [i * count, (i + 1) * count, (i + 2) * count, (i + 3) * count];
      for (let p = unit * count; p < end; p++) {
        out[p] += w0 * input[a0++] + w1 * input[a1++] + w2 * input[a2++] + w3 * input[a3++];
      }
    }
    for (; i < fanIn; i++, w++) {
      const weight = parameters[w];
      let a = i * count;
      for (let p = unit * count; p < end; p++) out[p] += weight * input[a++];
    }
  }
}

/** From logits: the winning class of each input, and its probability; with one logit, that of class 1. */
function predict(logits, count) {
  const outputs = logits.length / count;
  const probability = new Float32Array(count);
  const winner = new Uint8Array(count);
  for (let p = 0; p < count; p++) {
    if (outputs === 1) {
      probability[p] = 1 / (1 + Math.exp(-logits[p]));
      winner[p] = logits[p] > 0 ? 1 : 0;
      continue;
    }
    let best = 0;
    for (let k = 1; k < outputs; k++) if (logits[k * count + p] > logits[best * count + p]) best = k;
    let sum = 0;
    for (let k = 0; k < outputs; k++) sum += Math.exp(logits[k * count + p] - logits[best * count + p]);
    probability[p] = 1 / sum;
    winner[p] = best;
  }
  return { probability, winner, outputs };
}

/** What each unit shows: of several outputs their probabilities, of every other unit its value. */
function shownValues({ layers, count }) {
  const logits = layers[layers.length - 1];
  const outputs = logits.length / count;
  if (outputs === 1) return layers;
  const shown = new Float32Array(logits.length);
  for (let p = 0; p < count; p++) {
    let [highest, sum] = [-Infinity, 0];
    for (let k = 0; k < outputs; k++) highest = Math.max(highest, logits[k * count + p]);
    for (let k = 0; k < outputs; k++) sum += shown[k * count + p] = Math.exp(logits[k * count + p] - highest);
    for (let k = 0; k < outputs; k++) shown[k * count + p] /= sum;
  }
  return [...layers.slice(0, -1), shown];
}

/** How far each cell is from another class: the surfaces of which the zero line is the boundary. */
function margins(logits, count) {
  const outputs = logits.length / count;
  if (outputs === 1) return [logits];
  return Array.from({ length: outputs }, (_, k) => {
    const margin = new Float32Array(count);
    for (let p = 0; p < count; p++) {
      let rival = -Infinity;
      for (let j = 0; j < outputs; j++) if (j !== k && logits[j * count + p] > rival) rival = logits[j * count + p];
      margin[p] = logits[k * count + p] - rival;
    }
    return margin;
  });
}

/** The line where a surface over the map is zero, as [x, y, x, y] pieces in cells, by marching squares. */
function zeroLine(surface, cells) {
  const pieces = [];
  const between = (a, b) => a / (a - b);
  for (let row = 0; row + 1 < cells; row++) {
    for (let column = 0; column + 1 < cells; column++) {
      const at = row * cells + column;
      const [a, b, c, d] = [surface[at], surface[at + 1], surface[at + cells + 1], surface[at + cells]];
      if (a > 0 === b > 0 && b > 0 === c > 0 && c > 0 === d > 0) continue;
      const [x, y] = [column + 0.5, row + 0.5];
      const crossings = [];
      if (a > 0 !== b > 0) crossings.push(x + between(a, b), y);
      if (b > 0 !== c > 0) crossings.push(x + 1, y + between(b, c));
      if (c > 0 !== d > 0) crossings.push(x + 1 - between(c, d), y + 1);
      if (d > 0 !== a > 0) crossings.push(x, y + 1 - between(d, a));
      for (let i = 0; i + 3 < crossings.length; i += 4) pieces.push(crossings.slice(i, i + 4));
    }
  }
  return pieces;
}

// --- Fetching ------------------------------------------------------------------------------------------

const HEADER_BYTES = 24;

/** A film's answer, or an error where the bytes are none: an address that is wrong is answered with a page. */
function parse(buffer) {
  const view = new DataView(buffer);
  const magic = buffer.byteLength >= HEADER_BYTES && String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== "NFLM" || view.getUint16(4, true) !== 1) throw new Error("These are no bytes of a film.");
  const [values, parameters] = [view.getUint16(6, true), view.getUint32(8, true)];
  const [count, flags] = [view.getUint32(12, true), view.getUint32(16, true)];
  const size = 8 + 8 * values + 4 * parameters;
  const frames = [];
  for (let at = HEADER_BYTES; frames.length < count; at += size) {
    frames.push({
      step: view.getFloat64(at, true),
      values: Array.from({ length: values }, (_, i) => view.getFloat64(at + 8 + 8 * i, true)),
      weights: new Float32Array(buffer.slice(at + size - 4 * parameters, at + size)),
    });
  }
  return { frames, fromStart: Boolean(flags & 1), ended: Boolean(flags & 2) };
}

/** By which the server knows that a frame is its own: all bits of the weights, XORed. */
function checkOf({ weights }) {
  return new Uint32Array(weights.buffer).reduce((sum, bits) => sum ^ bits, 0) >>> 0;
}

/** The frames of one run, as far as the server has them. */
class Film {
  constructor(base, run) {
    this.address = new URL(`${base}/film/${encodeURIComponent(run)}`, window.location.origin).href;
    this.frames = [];
    this.ended = false;
  }

  /** Ask for what is new; says whether the frames that were here are still the film's. */
  async load() {
    const last = this.frames[this.frames.length - 1];
    const query = last ? `?after=${last.step}&check=${checkOf(last)}` : "";
    const answer = await fetch(this.address + query, { cache: "no-store" });
    if (answer.status === 404) return { missing: true };
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    const { frames, fromStart, ended } = parse(await answer.arrayBuffer());
    const anew = fromStart && this.frames.length > 0;
    this.frames = fromStart ? frames : this.frames.concat(frames);
    this.ended = ended;
    return { anew, added: frames.length };
  }

  async activation(reach) {
    const answer = await fetch(`${this.address}/activation?reach=${reach}`);
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return new Activation(new Float32Array(await answer.arrayBuffer()), reach);
  }
}

// --- Numbers as text -----------------------------------------------------------------------------------

const minus = (text) => (/[1-9]/.test(text) ? text.replace("-", "−") : text.replace("-", ""));
const number = (value, digits = 2) =>
  Number.isFinite(value) && Math.abs(value) >= 1e5 ? minus(value.toExponential(1)) : minus(value.toFixed(digits));
const lossText = (value) => (value !== 0 && Math.abs(value) < 0.001 ? minus(value.toExponential(1)) : number(value, 3));
const percent = (value) => `${(100 * value).toFixed(1)}%`;
const grouped = (value) => value.toLocaleString("en-US");
const subscript = (n) => String(n).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);

// --- Colours -------------------------------------------------------------------------------------------

const LEVELS = 512;

function rgbOf(text) {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pen.fillStyle = text || "#888";
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

const mix = (from, to, t) => from.map((channel, i) => channel + (to[i] - channel) * t);
const css = (rgb, alpha = 1) => `rgba(${rgb.map(Math.round).join(",")},${alpha})`;
const packed = (rgb) => ((255 << 24) | (Math.round(rgb[2]) << 16) | (Math.round(rgb[1]) << 8) | Math.round(rgb[0])) >>> 0;

/** The theme's colours, and the tables from a value to a pixel that follow from them. */
class Palette {
  constructor(root, classes) {
    const style = getComputedStyle(root);
    const read = (name, otherwise) => rgbOf(style.getPropertyValue(`--st-${name}`).trim() || otherwise);
    this.background = read("background-color", "#fff");
    this.surface = read("secondary-background-color", "#f4f6f8");
    this.text = read("text-color", "#1f2933");
    this.border = read("border-color", "#d9dee4");
    this.font = style.fontFamily;
    this.dark = this.background[0] + this.background[1] + this.background[2] < 380;
    const lighter = (rgb) => (this.dark ? mix(rgb, [255, 255, 255], 0.22) : rgb);
    this.classes = classes.map(lighter);
    [this.negative, this.positive] = this.classes;
    this.muted = mix(this.text, this.background, 0.42);
    this.centre = this.dark ? mix(this.background, [0, 0, 0], 0.15) : mix(this.background, this.surface, 0.3);
    this.units = this.table((t) => this.shade(t, 0.95));
    this.map = this.table((t) => this.shade(t, 0.62));
    // Large maps are softer than small ones: points lie on them.
    const probability = (rgb, strongest) => this.table((t) => mix(this.centre, rgb, strongest * Math.max(0, t) ** 0.8));
    this.probabilities = this.classes.map((rgb) => ({ table: probability(rgb, 0.95), soft: probability(rgb, 0.62) }));
    this.blends = this.classes.map((rgb) =>
      Uint32Array.from({ length: LEVELS }, (_, i) => packed(mix(this.centre, rgb, 0.62 * (i / (LEVELS - 1)) ** 0.8))),
    );
  }

  /** The colour of a value in [-1, 1]: orange below zero, blue above, no colour at zero. */
  shade(t, strongest) {
    return mix(this.centre, t < 0 ? this.negative : this.positive, strongest * Math.abs(t) ** 0.8);
  }

  table(colour) {
    return Uint32Array.from({ length: LEVELS }, (_, i) => packed(colour((2 * i) / (LEVELS - 1) - 1)));
  }

  weight(value, alpha) {
    return css(value < 0 ? this.negative : this.positive, alpha);
  }
}

/** Pixels of a map from values in [-scale, scale]; a map's first row is its lowest, a picture's its highest. */
function paint(pixels, pitch, left, top, values, from, cells, scale, table) {
  const half = (LEVELS - 1) / 2;
  const per = half / scale;
  for (let row = 0; row < cells; row++) {
    let at = (top + cells - 1 - row) * pitch + left;
    for (let column = 0, p = from + row * cells; column < cells; column++, p++, at++) {
      const level = half + values[p] * per;
      pixels[at] = table[level >= 0 ? (level < LEVELS ? level | 0 : LEVELS - 1) : 0];
    }
  }
}

// --- Where everything stands ---------------------------------------------------------------------------

const WIDE_STAGE_PX = 470;
const NARROW_NETWORK_PX = 300;
const MAP_EDGE_PX = 38; // beside the decision map, for the numbers of its axis, and below it
const MAP_FOOT_PX = 28;
const MAP_HEAD_PX = 36; // above it, for its title

function stageHeight(width) {
  return width >= WIDE_PX ? WIDE_STAGE_PX : NARROW_NETWORK_PX + MAP_HEAD_PX + (width - MAP_EDGE_PX) + MAP_FOOT_PX;
}

/** The places of units, edges and decision map on a stage so wide. */
function layOut(width, description) {
  const { sizes } = description;
  const wide = width >= WIDE_PX;
  const shownSizes = sizes[sizes.length - 1] === 1 ? sizes.slice(0, -1) : sizes;
  const mapSize = wide ? Math.min(WIDE_STAGE_PX - MAP_HEAD_PX - MAP_FOOT_PX, Math.round(width * 0.36)) : width - MAP_EDGE_PX;
  const [top, bottom] = wide ? [46, WIDE_STAGE_PX - 22] : [40, NARROW_NETWORK_PX - 22];
  const map = wide
    ? { x: width - mapSize - MAP_EDGE_PX, y: Math.max(MAP_HEAD_PX, Math.round((top + bottom - mapSize) / 2)), size: mapSize }
    : { x: 0, y: NARROW_NETWORK_PX + MAP_HEAD_PX, size: mapSize };
  // Where the weights of the output run together: before the map, or on a phone at the right of the network.
  const sink = wide ? { x: map.x - 22, y: map.y + mapSize / 2 } : { x: width - 10, y: (top + bottom) / 2 };
  const columns = columnsOf(shownSizes, { left: wide ? 64 : 14, right: sink.x, top, bottom }, wide);
  return { width, height: stageHeight(width), wide, map, columns, sink, edges: edgesOf(columns, sizes, sink) };
}

function columnsOf(sizes, area, wide) {
  const shownRows = Math.max(...sizes.map((units) => Math.min(units, MAX_UNITS)));
  const row = Math.min((area.bottom - area.top) / shownRows, wide ? 76 : 42);
  const share = (area.right - area.left) / (sizes.length + 0.3);
  const size = Math.floor(Math.min(row - (wide ? 8 : 5), wide ? 60 : 36, share * 0.66));
  // The last column keeps a distance to the output, in which its weights can be told apart.
  const gap = Math.max(wide ? 44 : 24, Math.min(120, share * 0.45));
  const pitch = sizes.length > 1 ? (area.right - gap - size - area.left) / (sizes.length - 1) : 0;
  const middle = (area.top + area.bottom) / 2;
  return sizes.map((units, number) => {
    const shown = Math.min(units, MAX_UNITS);
    const x = Math.round(sizes.length > 1 ? area.left + number * pitch : (area.left + area.right) / 2 - size);
    const top = (unit) => Math.round(middle + (unit - (shown - 1) / 2) * row - size / 2);
    const tiles = Array.from({ length: shown }, (_, unit) => ({ x, y: top(unit), size }));
    return { units, tiles, x: x + size / 2, more: units - shown, pitch };
  });
}

/** Every weight that is drawn, with its curve; the index is that of the parameter within a frame. */
function edgesOf(columns, sizes, sink) {
  const layers = layersOf(sizes);
  const edges = [];
  layers.forEach((layer, number) => {
    const ends = columns[number + 1]
      ? columns[number + 1].tiles.map((tile) => ({ x: tile.x, y: tile.y + tile.size / 2 }))
      : [{ x: sink.x - 5, y: sink.y }];
    ends.forEach((end, unit) => {
      columns[number].tiles.forEach((tile, input) => {
        const start = { x: tile.x + tile.size, y: tile.y + tile.size / 2 };
        edges.push({ layer: number, unit, input, start, end, index: layer.weight + unit * layer.fanIn + input });
      });
    });
  });
  return edges;
}

/** A point of an edge's curve, t from 0 to 1; the curve leaves and arrives level. */
function onEdge({ start, end }, t) {
  const bent = (start.x + end.x) / 2;
  const s = 1 - t;
  return {
    x: s * s * s * start.x + 3 * s * t * bent + t * t * t * end.x,
    y: (s * s * s + 3 * s * s * t) * start.y + (3 * s * t * t + t * t * t) * end.y,
  };
}

/** Round numbers between two others, some `wanted` of them. */
function ticksBetween(low, high, wanted) {
  const rough = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((part) => part * power).find((size) => size >= rough);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toPrecision(6)));
}

// --- Drawing -------------------------------------------------------------------------------------------

/** A canvas as sharp as the screen, at most twice. */
function fit(canvas, width, height) {
  const ratio = Math.min(2, window.devicePixelRatio || 1);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  return pen;
}

/** Pictures of all drawn units and of the large map, from what the network makes of the plane. */
class Atlas {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.large = document.createElement("canvas");
  }

  paint(evaluated, cells, columns, palette, held) {
    this.cells = cells;
    const shown = shownValues(evaluated);
    const tiles = columns.flatMap((column, layer) => column.tiles.map((_, unit) => [layer, unit]));
    const across = Math.ceil(Math.sqrt(tiles.length));
    const pitch = across * cells;
    const image = this.image(this.canvas, pitch, Math.ceil(tiles.length / across) * cells);
    const pixels = new Uint32Array(image.data.buffer);
    const looks = shown.map((values, layer) => this.look(values, layer, shown.length, cells, palette));
    this.places = new Map();
    tiles.forEach(([layer, unit], index) => {
      const [left, top] = [(index % across) * cells, Math.floor(index / across) * cells];
      const { scale, table } = looks[layer](unit);
      paint(pixels, pitch, left, top, shown[layer], unit * cells * cells, cells, scale, table);
      this.places.set(`${layer}.${unit}`, [left, top]);
    });
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.paintLarge(shown, looks, evaluated, cells, palette, held);
  }

  /** Which value of a unit gets the strongest colour, and which colours: all units of a layer share the first. */
  look(values, layer, layers, cells, palette) {
    const classes = layer === layers - 1 && values.length > cells * cells;
    if (classes) return (unit) => ({ scale: 1, ...palette.probabilities[unit % palette.probabilities.length] });
    const scale = scaleOf(values, cells * cells);
    return () => ({ scale, table: palette.units, soft: palette.map });
  }

  paintLarge(shown, looks, evaluated, cells, palette, held) {
    const image = this.image(this.large, cells, cells);
    const pixels = new Uint32Array(image.data.buffer);
    const count = cells * cells;
    const logits = evaluated.layers[evaluated.layers.length - 1];
    const predicted = predict(logits, count);
    if (held) {
      const { scale, soft } = looks[held.layer](held.unit);
      paint(pixels, cells, 0, 0, shown[held.layer], held.unit * count, cells, scale, soft);
    } else if (predicted.outputs === 1) {
      const centred = predicted.probability.map((p) => 2 * p - 1);
      paint(pixels, cells, 0, 0, centred, 0, cells, 1, palette.map);
    } else {
      paintClasses(pixels, predicted, cells, palette);
    }
    this.large.getContext("2d").putImageData(image, 0, 0);
    this.boundaries = held ? [] : margins(logits, count).map((margin) => zeroLine(margin, cells));
  }

  /** An image of this size, the same one while the size stays. */
  image(canvas, width, height) {
    if (canvas.width !== width || canvas.height !== height || !canvas.picture) {
      [canvas.width, canvas.height] = [width, height];
      canvas.picture = new ImageData(width, height);
    }
    return canvas.picture;
  }
}

/** The largest size of a value, or less where few values are so large: the others must not fade. */
function scaleOf(values, count) {
  let [largest, sum, known] = [0, 0, 0];
  const end = Math.min(values.length, MAX_UNITS * count);
  for (let p = 0; p < end; p++) {
    const size = values[p] < 0 ? -values[p] : values[p];
    if (!(size < Infinity)) continue;
    if (size > largest) largest = size;
    sum += size;
    known++;
  }
  return Math.min(largest, (3 * sum) / known) || 1;
}

function paintClasses(pixels, { probability, winner, outputs }, cells, palette) {
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const p = row * cells + column;
      const sure = Math.max(0, (probability[p] * outputs - 1) / (outputs - 1));
      const blend = palette.blends[winner[p] % palette.blends.length];
      pixels[(cells - 1 - row) * cells + column] = blend[(sure * (LEVELS - 1)) | 0];
    }
  }
}

const edgeWidth = (weight) => 0.4 + 5 * Math.tanh(Math.abs(weight) / 3.5);
const edgeAlpha = (weight) => 0.15 + 0.62 * Math.tanh(Math.abs(weight) / 1.6);

/** One picture of the stage. `scene` says what there is to see; nothing here changes it. */
function drawStage(pen, scene) {
  const { layout, palette } = scene;
  pen.clearRect(0, 0, layout.width, layout.height);
  pen.textBaseline = "middle";
  drawHeads(pen, scene);
  if (scene.parameters) drawEdges(pen, scene);
  drawTiles(pen, scene);
  drawSink(pen, scene);
  drawMap(pen, scene);
  pen.globalAlpha = 1;
  pen.strokeStyle = css(palette.text);
}

function drawHeads(pen, { layout, palette, description }) {
  const { sizes, features } = description;
  pen.textAlign = "center";
  layout.columns.forEach((column, number) => {
    const last = number === sizes.length - 1;
    const title = number === 0 ? TEXTS.features : last ? TEXTS.outputs : TEXTS.layer(number);
    const roomy = layout.wide ? column.pitch > 58 || !column.pitch : column.pitch > 52 || !column.pitch;
    pen.fillStyle = css(palette.text, 0.85);
    pen.font = `600 ${layout.wide ? 12.5 : 11}px ${palette.font}`;
    const x = number === 0 && !layout.wide ? Math.max(column.x, 26) : column.x;
    pen.fillText(roomy ? title : number === 0 ? "In" : String(number), x, layout.wide ? 11 : 10);
    if (number > 0 && roomy) {
      pen.font = `11px ${palette.font}`;
      pen.fillStyle = css(palette.muted);
      pen.fillText(TEXTS.units(column.units), column.x, layout.wide ? 27 : 24);
    }
    if (column.more) {
      const lowest = column.tiles[column.tiles.length - 1];
      pen.font = `11px ${palette.font}`;
      pen.fillStyle = css(palette.muted);
      const text = roomy ? TEXTS.more(column.more) : `+${column.more}`;
      pen.fillText(text, column.x, lowest.y + lowest.size + 11);
    }
  });
  if (!layout.wide) return;
  pen.textAlign = "right";
  pen.font = `13px ${palette.font}`;
  pen.fillStyle = css(palette.text, 0.9);
  layout.columns[0].tiles.forEach((tile, unit) => {
    pen.fillText(features[unit].name, tile.x - 9, tile.y + tile.size / 2);
  });
}

function drawEdges(pen, { layout, palette, parameters, off, held, hover }) {
  pen.lineCap = "round";
  const held_ = held && (held.layer > 0 ? held : null);
  for (const edge of layout.edges) {
    const weight = parameters[edge.index];
    const silent = off.has(`${edge.layer}.${edge.unit}`) || off.has(`${edge.layer - 1}.${edge.input}`);
    const into = held_ && edge.layer === held_.layer - 1 && edge.unit === held_.unit;
    const near = hover?.edge === edge;
    let alpha = edgeAlpha(weight);
    if (silent) alpha *= 0.25;
    else if (near) alpha = 1;
    else if (held_) alpha = into ? Math.min(1, alpha + 0.2) : alpha * 0.28;
    pen.beginPath();
    const bent = (edge.start.x + edge.end.x) / 2;
    pen.moveTo(edge.start.x, edge.start.y);
    pen.bezierCurveTo(bent, edge.start.y, bent, edge.end.y, edge.end.x, edge.end.y);
    pen.lineWidth = (near ? 1.5 : 0) + edgeWidth(weight) * (layout.wide ? 1 : 0.7);
    pen.strokeStyle = palette.weight(weight, alpha);
    pen.stroke();
  }
}

function drawTiles(pen, scene) {
  const { layout, palette, atlas, off, held, hover, parameters } = scene;
  const layers = layersOf(scene.description.sizes);
  pen.imageSmoothingEnabled = true;
  layout.columns.forEach((column, layer) => {
    column.tiles.forEach((tile, unit) => {
      const place = atlas.places?.get(`${layer}.${unit}`);
      pen.fillStyle = css(palette.centre);
      pen.fillRect(tile.x, tile.y, tile.size, tile.size);
      if (place && scene.ready) {
        pen.globalAlpha = off.has(`${layer - 1}.${unit}`) ? 0.25 : 1;
        pen.drawImage(atlas.canvas, ...place, atlas.cells, atlas.cells, tile.x, tile.y, tile.size, tile.size);
        pen.globalAlpha = 1;
      }
    });
  });
  maskCorners(pen, scene);
  layout.columns.forEach((column, layer) => {
    column.tiles.forEach((tile, unit) => {
      const isHeld = held?.layer === layer && held.unit === unit;
      const isNear = hover?.unit?.layer === layer && hover.unit.unit === unit;
      pen.beginPath();
      pen.roundRect(tile.x, tile.y, tile.size, tile.size, 5);
      pen.lineWidth = isHeld ? 2.5 : isNear ? 2 : 1;
      pen.strokeStyle = isHeld || isNear ? css(palette.text, 0.95) : css(palette.text, palette.dark ? 0.34 : 0.28);
      pen.stroke();
      if (off.has(`${layer - 1}.${unit}`)) drawCross(pen, tile, palette);
      else if (layer > 0 && parameters) drawBias(pen, tile, parameters[layers[layer - 1].bias + unit], palette);
      if (!layout.wide && layer === 0) label(pen, tile, scene.description.features[unit].name, palette);
      if (scene.pointer) drawAtPointer(pen, tile, scene.pointer, scene.valuesAtPointer[layer][unit], palette);
    });
  });
}

/** Tiles get round corners: what lies outside them is painted over, which is cheaper than clipping each. */
function maskCorners(pen, { layout, palette }) {
  pen.beginPath();
  for (const column of layout.columns) {
    for (const { x, y, size } of column.tiles) {
      pen.rect(x - 0.5, y - 0.5, size + 1, size + 1);
      pen.roundRect(x, y, size, size, 5);
    }
  }
  pen.fillStyle = css(palette.background);
  pen.fill("evenodd");
}

function drawBias(pen, tile, bias, palette) {
  pen.beginPath();
  pen.arc(tile.x + 1, tile.y + tile.size - 1, Math.max(3, tile.size * 0.1), 0, 2 * Math.PI);
  pen.fillStyle = css(palette.shade(Math.sign(bias) * Math.tanh(Math.abs(bias)), 1));
  pen.fill();
  pen.lineWidth = 1;
  pen.strokeStyle = css(palette.text, 0.55);
  pen.stroke();
}

function drawCross(pen, tile, palette) {
  const inset = tile.size * 0.28;
  pen.beginPath();
  pen.moveTo(tile.x + inset, tile.y + inset);
  pen.lineTo(tile.x + tile.size - inset, tile.y + tile.size - inset);
  pen.moveTo(tile.x + tile.size - inset, tile.y + inset);
  pen.lineTo(tile.x + inset, tile.y + tile.size - inset);
  pen.lineWidth = 2;
  pen.strokeStyle = css(palette.text, 0.75);
  pen.stroke();
}

/** A unit's name on a phone, where there is no room beside it. */
function label(pen, tile, text, palette) {
  pen.font = `600 10px ${palette.font}`;
  pen.textAlign = "center";
  pen.lineWidth = 3;
  pen.strokeStyle = css(palette.background, 0.85);
  pen.strokeText(text, tile.x + tile.size / 2, tile.y + tile.size / 2);
  pen.fillStyle = css(palette.text);
  pen.fillText(text, tile.x + tile.size / 2, tile.y + tile.size / 2);
}

/** Where the pointer is on the plane, in a unit's map, and what the unit gives there. */
function drawAtPointer(pen, tile, pointer, value, palette) {
  const [x, y] = [tile.x + pointer.u * tile.size, tile.y + (1 - pointer.v) * tile.size];
  pen.beginPath();
  pen.arc(x, y, 2.5, 0, 2 * Math.PI);
  pen.lineWidth = 1.5;
  pen.strokeStyle = css(palette.text);
  pen.stroke();
  if (tile.size < 34) return;
  const text = number(value, Math.abs(value) < 10 ? 2 : 1);
  pen.font = `600 10px ${palette.font}`;
  pen.textAlign = "center";
  const width = pen.measureText(text).width + 6;
  const high = pointer.v < 0.35; // the number moves out of the way of the mark
  const top = high ? tile.y + 2 : tile.y + tile.size - 15;
  pen.fillStyle = css(palette.background, 0.82);
  pen.beginPath();
  pen.roundRect(tile.x + tile.size / 2 - width / 2, top, width, 13, 4);
  pen.fill();
  pen.fillStyle = css(palette.text);
  pen.fillText(text, tile.x + tile.size / 2, top + 7);
}

/** Where the output's weights come together, with the output's bias. */
function drawSink(pen, { layout, palette, description, parameters }) {
  const { sizes } = description;
  const { sink, map } = layout;
  const single = sizes[sizes.length - 1] === 1;
  const bias = parameters && single ? parameters[parameters.length - 1] : 0;
  pen.lineCap = "round";
  if (!single) {
    layout.columns[layout.columns.length - 1].tiles.forEach((tile, k) => {
      const bent = (tile.x + tile.size + sink.x) / 2;
      pen.beginPath();
      pen.moveTo(tile.x + tile.size + 1, tile.y + tile.size / 2);
      pen.bezierCurveTo(bent, tile.y + tile.size / 2, bent, sink.y, sink.x - 5, sink.y);
      pen.lineWidth = 2.5;
      pen.strokeStyle = css(palette.classes[k % palette.classes.length], 0.8);
      pen.stroke();
    });
  }
  if (layout.wide) {
    pen.beginPath();
    pen.moveTo(sink.x, sink.y);
    pen.lineTo(map.x - 3, sink.y);
    pen.lineWidth = 2.5;
    pen.strokeStyle = css(palette.text, 0.55);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(map.x - 9, sink.y - 5);
    pen.lineTo(map.x - 3, sink.y);
    pen.lineTo(map.x - 9, sink.y + 5);
    pen.stroke();
  }
  pen.beginPath();
  pen.arc(sink.x, sink.y, 7, 0, 2 * Math.PI);
  pen.fillStyle = css(single ? palette.shade(Math.sign(bias) * Math.tanh(Math.abs(bias)), 1) : palette.surface);
  pen.fill();
  pen.lineWidth = 1.5;
  pen.strokeStyle = css(palette.text, 0.7);
  pen.stroke();
}

function drawMap(pen, scene) {
  const { layout, palette, atlas, description, held } = scene;
  const { map } = layout;
  pen.fillStyle = css(palette.centre);
  pen.fillRect(map.x, map.y, map.size, map.size);
  if (scene.ready) {
    pen.imageSmoothingQuality = atlas.cells < STILL_CELLS ? "low" : "high";
    pen.drawImage(atlas.large, map.x, map.y, map.size, map.size);
    drawBoundaries(pen, scene);
  }
  pen.drawImage(scene.points, map.x - POINT_EDGE, map.y - POINT_EDGE, map.size + 2 * POINT_EDGE, map.size + 2 * POINT_EDGE);
  if (!held && scene.ready) drawWrong(pen, scene);
  if (scene.pointer) drawCrosshair(pen, scene);
  pen.lineWidth = 1;
  pen.strokeStyle = css(palette.text, 0.35);
  pen.strokeRect(map.x, map.y, map.size, map.size);
  drawAxes(pen, map, description.bounds, palette);
}

function drawBoundaries(pen, { layout, palette, atlas }) {
  const { map } = layout;
  const cell = map.size / atlas.cells;
  pen.save();
  pen.beginPath();
  pen.rect(map.x, map.y, map.size, map.size);
  pen.clip();
  pen.beginPath();
  for (const pieces of atlas.boundaries) {
    for (const [x1, y1, x2, y2] of pieces) {
      pen.moveTo(map.x + x1 * cell, map.y + map.size - y1 * cell);
      pen.lineTo(map.x + x2 * cell, map.y + map.size - y2 * cell);
    }
  }
  pen.lineWidth = 1.75;
  pen.lineCap = "round";
  pen.strokeStyle = css(palette.text, 0.72);
  pen.stroke();
  pen.restore();
}

const POINT_EDGE = 8; // by how much the picture of the points is larger than the map

/** The points of both splits, as a picture that stays while the film plays. */
function drawPoints(canvas, { layout, palette, description }) {
  const size = layout.map.size + 2 * POINT_EDGE;
  const pen = fit(canvas, size, size);
  pen.clearRect(0, 0, size, size);
  const { train, test } = description.points;
  const crowd = Math.min(1, Math.sqrt(360 / (train.length + test.length)));
  const radius = Math.max(2.1, Math.min(3.8, layout.map.size / 105) * crowd);
  pen.lineWidth = 0.5 + 0.2 * radius;
  pen.strokeStyle = css(palette.dark ? [10, 13, 18] : [255, 255, 255], 0.95);
  for (const split of ["train", "test"]) {
    for (const [px, py, label_] of description.points[split]) {
      const { x, y } = onMap(px, py, description.bounds, layout.map.size);
      pen.beginPath();
      if (split === "train") pen.arc(x + POINT_EDGE, y + POINT_EDGE, radius, 0, 2 * Math.PI);
      else diamond(pen, x + POINT_EDGE, y + POINT_EDGE, radius * 1.45);
      pen.fillStyle = css(palette.classes[label_ % palette.classes.length]);
      pen.fill();
      pen.stroke();
    }
  }
}

function diamond(pen, x, y, radius) {
  pen.moveTo(x, y - radius);
  pen.lineTo(x + radius, y);
  pen.lineTo(x, y + radius);
  pen.lineTo(x - radius, y);
  pen.closePath();
}

function onMap(x, y, bounds, size) {
  return {
    x: ((x - bounds.x_min) / (bounds.x_max - bounds.x_min)) * size,
    y: (1 - (y - bounds.y_min) / (bounds.y_max - bounds.y_min)) * size,
  };
}

/** A ring around each point that the network takes for another class. */
function drawWrong(pen, { layout, palette, description, wrong }) {
  const { map } = layout;
  const radius = Math.max(4.2, Math.min(6, map.size / 70));
  pen.beginPath();
  for (const [px, py] of wrong) {
    const { x, y } = onMap(px, py, description.bounds, map.size);
    pen.moveTo(map.x + x + radius, map.y + y);
    pen.arc(map.x + x, map.y + y, radius, 0, 2 * Math.PI);
  }
  pen.lineWidth = 1.4;
  pen.strokeStyle = css(palette.text, 0.9);
  pen.stroke();
}

function drawCrosshair(pen, { layout, palette, pointer }) {
  const { map } = layout;
  const [x, y] = [map.x + pointer.u * map.size, map.y + (1 - pointer.v) * map.size];
  pen.beginPath();
  pen.moveTo(map.x, y);
  pen.lineTo(map.x + map.size, y);
  pen.moveTo(x, map.y);
  pen.lineTo(x, map.y + map.size);
  pen.lineWidth = 1;
  pen.strokeStyle = css(palette.text, 0.35);
  pen.stroke();
}

function drawAxes(pen, map, bounds, palette) {
  pen.font = `11px ${palette.font}`;
  pen.fillStyle = css(palette.muted);
  pen.strokeStyle = css(palette.text, 0.35);
  pen.lineWidth = 1;
  pen.beginPath();
  pen.textAlign = "center";
  for (const tick of ticksBetween(bounds.x_min, bounds.x_max, 6)) {
    const { x } = onMap(tick, 0, bounds, map.size);
    pen.moveTo(map.x + x, map.y + map.size);
    pen.lineTo(map.x + x, map.y + map.size + 4);
    pen.fillText(minus(String(tick)), map.x + x, map.y + map.size + 13);
  }
  pen.textAlign = "left";
  for (const tick of ticksBetween(bounds.y_min, bounds.y_max, 6)) {
    const { y } = onMap(0, tick, bounds, map.size);
    pen.moveTo(map.x + map.size, map.y + y);
    pen.lineTo(map.x + map.size + 4, map.y + y);
    pen.fillText(minus(String(tick)), map.x + map.size + 7, map.y + y);
  }
  pen.stroke();
}

// --- The loss curves behind the time line --------------------------------------------------------------

/** Where a step stands on the time line: from the first step to the last, or to the planned one of a live run. */
function timeScale(film, description) {
  const first = film.frames[0]?.step ?? 0;
  const newest = film.frames[film.frames.length - 1]?.step ?? 1;
  const last = film.ended ? newest : Math.max(newest, description.planned_steps || 0);
  const span = Math.max(1e-9, last - first);
  return {
    fraction: (step) => (step - first) / span,
    step: (fraction) => first + fraction * span,
  };
}

/** Where a loss stands: logarithmic where the losses spread over more than a factor of 20. */
function lossScale(frames) {
  const losses = frames.flatMap(({ values }) => values.slice(0, 2)).filter(Number.isFinite);
  if (!losses.length) return () => null;
  const [low, high] = [losses.reduce((a, b) => Math.min(a, b)), losses.reduce((a, b) => Math.max(a, b))];
  const log = low > 0 && high / low > 20;
  const along = log ? Math.log : (value) => value;
  const [from, to] = [along(log ? low : Math.min(0, low)), along(high)];
  return (value) => (Number.isFinite(value) ? (along(value) - from) / (to - from || 1) : null);
}

const CURVE_INSET_PX = 8; // of the curves within the time line

function drawCurves(canvas, width, height, film, description, palette) {
  const pen = fit(canvas, width, height);
  pen.clearRect(0, 0, width, height);
  const [time, loss] = [timeScale(film, description), lossScale(film.frames)];
  const inside = width - 2 * CURVE_INSET_PX;
  const along = (step) => CURVE_INSET_PX + time.fraction(step) * inside;
  const place = (frame, which) => {
    const up = loss(frame.values[which]);
    return up === null ? null : [along(frame.step), height - CURVE_INSET_PX - up * (height - 2 * CURVE_INSET_PX)];
  };
  for (const [which, colour] of [
    [1, palette.negative],
    [0, palette.positive],
  ]) {
    const places = film.frames.map((frame) => place(frame, which)).filter(Boolean);
    if (!places.length) continue;
    pen.beginPath();
    places.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.lineWidth = 1.75;
    pen.lineJoin = "round";
    pen.strokeStyle = css(colour);
    pen.stroke();
    if (which === 0) {
      pen.lineTo(places[places.length - 1][0], height);
      pen.lineTo(places[0][0], height);
      pen.closePath();
      pen.fillStyle = css(colour, 0.1);
      pen.fill();
    }
  }
  return { along, place, stepAt: (x) => time.step((x - CURVE_INSET_PX) / inside) };
}

// --- Elements ------------------------------------------------------------------------------------------

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (value !== false && value !== null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const ICONS = {
  start: "M6 5v14M19 5.5v13L9 12z",
  back: "M17.5 5.5v13L8 12z",
  play: "M7 4.5v15L19.5 12z",
  pause: "M7 5h3.6v14H7zM13.4 5H17v14h-3.6z",
  next: "M6.5 5.5v13L16 12z",
  end: "M18 5v14M5 5.5v13L15 12z",
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

function iconButton(name, title) {
  return element("button", { type: "button", class: `icon ${name}`, title, "aria-label": title }, icon(name));
}

function renameButton(button, name, title) {
  if (button.title === title) return;
  button.title = title;
  button.setAttribute("aria-label", title);
  button.replaceChildren(icon(name));
}

/** Everything that a person touches, by name; the player fills it with life. */
function build(root) {
  const parts = {
    start: iconButton("start", TEXTS.start),
    back: iconButton("back", TEXTS.back),
    play: iconButton("play", TEXTS.play),
    next: iconButton("next", TEXTS.next),
    end: iconButton("end", TEXTS.end),
    curves: element("canvas", { class: "curves", "aria-hidden": "true" }),
    veil: element("div", { class: "veil" }),
    head: element("div", { class: "head" }),
    dots: [0, 1].map((which) => element("div", { class: `dot ${which ? "test" : "train"}` })),
    range: element("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": TEXTS.frame }),
    speed: element("select", { "aria-label": TEXTS.speed, title: TEXTS.speed }),
    live: element("button", { type: "button", class: "live", title: TEXTS.follow, "aria-pressed": "false", hidden: true }),
    status: element("span", { class: "text", role: "status", "aria-live": "off" }),
    hand: element("span", { class: "hand", hidden: true }),
    handText: element("span"),
    reset: element("button", { type: "button", class: "small", text: TEXTS.reset }),
    stage: element("div", { class: "stage" }),
    canvas: element("canvas", { class: "network", role: "img" }),
    units: element("div", { class: "units", role: "group", "aria-label": TEXTS.unitsGroup }),
    mapTitle: element("div", { class: "map-title" }),
    mapName: element("span", { class: "name" }),
    toggle: element("button", { type: "button", class: "small", hidden: true }),
    leave: element("button", { type: "button", class: "small", text: TEXTS.leave, title: TEXTS.backToOutput, hidden: true }),
    tip: element("div", { class: "tip", role: "tooltip", hidden: true }),
    notice: element("div", { class: "notice", role: "status", hidden: true }),
    weights: element("div", { class: "weights", hidden: true }),
    legend: element("div", { class: "legend" }),
  };
  for (const speed of SPEEDS) {
    parts.speed.append(element("option", { value: speed, text: `${speed}×`, selected: speed === 1 }));
  }
  parts.live.append(element("span", { class: "pulse", "aria-hidden": "true" }), TEXTS.live);
  parts.hand.append(parts.handText, parts.reset);
  parts.mapTitle.append(parts.mapName, parts.toggle, parts.leave);
  parts.scrub = element("div", { class: "scrub" }, parts.curves, parts.veil, parts.head, ...parts.dots, parts.range);
  parts.stage.append(parts.canvas, parts.units, parts.mapTitle, parts.notice, parts.tip);
  const { start, back, play, next, end, speed } = parts;
  const buttons = element("div", { class: "buttons" }, start, back, play, next, end);
  const bar = element("div", { class: "bar" }, buttons, parts.scrub, speed);
  const status = element("div", { class: "status" }, parts.status, parts.hand, parts.live);
  parts.body = element(
    "section",
    { class: "body", "aria-label": TEXTS.player },
    ...[bar, status, parts.stage, parts.weights, parts.legend],
  );
  root.replaceChildren(parts.body);
  return parts;
}

// --- The player ----------------------------------------------------------------------------------------

class Player {
  constructor(root, description, report) {
    this.root = root;
    this.parts = build(root);
    this.report = report;
    this.atlas = new Atlas();
    this.points = document.createElement("canvas");
    this.grids = new Map();
    this.speed = 1;
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.drawn = 0;
    this.listen();
    this.open(description);
    // What tests and benchmarks look at.
    const player = this;
    root.film = {
      get frames() {
        return player.film.frames;
      },
      get index() {
        return player.index;
      },
      get drawn() {
        return player.drawn;
      },
      get playing() {
        return player.playing;
      },
      /** Whether the picture is the final one of a frame, and nothing is about to change it. */
      get settled() {
        return player.still && !player.stale && !player.playing && !player.refining && !player.ticking && !player.widening;
      },
      get layout() {
        return player.layout;
      },
      maps: (index, cells) => player.mapsOf(index, cells),
    };
  }

  /** Show another run, from its beginning. */
  open(description) {
    clearTimeout(this.polling);
    this.description = description;
    this.layers = layersOf(description.sizes);
    this.film = new Film(description.base, description.run);
    this.activation = null;
    this.grids.clear();
    this.index = -1;
    this.position = 0;
    this.playing = false;
    this.live = !description.ended;
    this.hand = null;
    this.held = null;
    this.hover = null;
    this.pointer = null;
    this.arrivals = 0;
    this.missing = false;
    this.lastReport = description.step ?? null;
    this.pendingStep = description.step ?? null; // until its frame is here
    this.restyle();
    this.notice(TEXTS.waiting);
    this.poll();
  }

  /** What changed on the page: another run, the theme, a step to show, or nothing that matters. */
  update(description) {
    if (description.run !== this.description.run) return this.open(description);
    const step = description.step ?? null;
    const asked = step !== null && step !== this.lastReport && step !== (this.description.step ?? null);
    const resumed = this.description.ended && !description.ended;
    this.description = description;
    this.restyle();
    if (asked && this.film.frames.length) {
      this.pause(false);
      this.show(this.nearest(step));
    }
    if (resumed) [this.film.ended, this.live] = [false, true];
    this.refreshBar();
    if (!this.film.ended) this.poll();
  }

  close() {
    this.closed = true;
    clearTimeout(this.polling);
    clearTimeout(this.reporting);
    clearTimeout(this.refining);
    cancelAnimationFrame(this.ticking);
    this.stopListening();
  }

  // --- Frames from the server

  async poll() {
    clearTimeout(this.polling);
    const { film } = this;
    if (!this.root.isConnected) return this.close(); // the page has replaced it without saying so
    if (this.closed || this.loading) return;
    if (document.hidden && film.frames.length) return; // resumes when the page is seen again
    this.loading = film;
    let wait = POLL_MS;
    try {
      if (!this.activation) this.activation = await film.activation(FIRST_REACH);
      const answer = await film.load();
      if (film === this.film) this.arrived(answer);
      this.failures = 0;
    } catch (error) {
      this.failures = (this.failures ?? 0) + 1;
      wait = Math.min(15, 2 ** this.failures) * POLL_MS;
      if (film === this.film && this.failures > 1) this.notice(TEXTS.lost);
    } finally {
      this.loading = null;
    }
    if (this.closed) return;
    if (film !== this.film) this.poll();
    else if (!film.ended && !this.missing) this.polling = setTimeout(() => this.poll(), wait);
  }

  arrived({ missing, anew, added }) {
    const { frames } = this.film;
    const last = this.layers[this.layers.length - 1];
    this.missing = missing || (frames.length > 0 && frames[0].weights.length !== last.bias + last.units);
    if (this.missing) {
      this.film.frames = [];
      return this.notice(TEXTS.none);
    }
    if (anew && this.index >= frames.length) this.index = -1;
    if (!frames.length) {
      this.notice(this.film.ended ? TEXTS.none : TEXTS.waiting);
      return this.refreshBar();
    }
    this.notice(null);
    if (this.index < 0) this.first();
    else if (added || anew) this.grown();
    if (this.film.ended && !this.playing) this.live = false;
    this.drawTimeline();
    this.refreshBar();
  }

  /** Which frame is shown first: that of the address, the first where the film plays by itself, the newest. */
  first() {
    const { frames } = this.film;
    if (this.pendingStep !== null) {
      const newest = frames[frames.length - 1].step;
      if (newest >= this.pendingStep || this.film.ended) {
        this.live = false;
        this.show(this.nearest(this.pendingStep));
        this.pendingStep = null;
        return;
      }
      this.live = false; // until the step that was asked for has come
      return this.show(frames.length - 1);
    }
    if (this.description.autoplay && !this.calm) {
      this.show(0);
      this.play();
    } else {
      this.show(frames.length - 1);
    }
  }

  grown() {
    const { frames } = this.film;
    const newest = frames[frames.length - 1].step;
    if (this.pendingStep !== null && (newest >= this.pendingStep || this.film.ended)) {
      this.show(this.nearest(this.pendingStep));
      this.pendingStep = null;
    } else if (this.pendingStep !== null || (this.live && this.calm)) {
      this.show(frames.length - 1);
    } else if (this.live && !this.playing) {
      // What came with one answer is played until the next one, so that a live run moves evenly.
      this.arrivals = Math.max(1, frames.length - 1 - this.index) / (POLL_MS / 1000);
      this.play();
    }
  }

  nearest(step) {
    let best = 0;
    this.film.frames.forEach((frame, i) => {
      if (Math.abs(frame.step - step) < Math.abs(this.film.frames[best].step - step)) best = i;
    });
    return best;
  }

  // --- Time

  show(index) {
    const { frames } = this.film;
    if (!frames.length) return;
    const bounded = Math.max(0, Math.min(frames.length - 1, index));
    if (bounded !== this.index || this.hand) this.forgetHand();
    this.index = bounded;
    if (!this.playing) this.position = bounded;
    this.stale = true;
    this.parts.range.value = bounded;
    this.placeHead();
    this.writeStatus();
    this.schedule();
    if (!this.playing) this.refine();
  }

  play() {
    const { frames } = this.film;
    if (!frames.length) return;
    const atEnd = this.index >= frames.length - 1;
    if (atEnd && !this.live && !this.film.ended) return this.follow();
    if (atEnd && this.film.ended) this.show(0);
    this.position = this.index;
    this.playing = true;
    this.clock = null;
    this.parts.status.setAttribute("aria-live", "off");
    this.refreshBar();
    this.schedule();
  }

  /** Stand still; `commit`: say to the page which step is shown. */
  pause(commit = true) {
    this.playing = false;
    this.live = false;
    this.parts.status.setAttribute("aria-live", "polite");
    this.refreshBar();
    this.refine();
    if (commit) this.commit();
  }

  /** Frames a second at normal speed, so that the whole film lasts some seconds; of a live run, as it will be. */
  rate() {
    const { frames, ended } = this.film;
    const newest = frames[frames.length - 1].step;
    const planned = this.description.planned_steps || newest;
    const whole = ended || !newest ? frames.length : frames.length * Math.max(1, Math.min(20, planned / newest));
    return Math.max(Math.min(MAX_FRAMES_PER_S, Math.max(4, whole / FILM_S)) * this.speed, this.live ? this.arrivals : 0);
  }

  advance(now) {
    const { frames } = this.film;
    const passed = this.clock === null ? 0 : Math.min(0.25, (now - this.clock) / 1000);
    if (passed) this.gap = 0.9 * (this.gap ?? passed) + 0.1 * passed;
    this.slow = this.gap > SLOW_S;
    this.clock = now;
    this.position = Math.min(frames.length - 1, this.position + passed * this.rate());
    const index = Math.floor(this.position + 1e-6);
    if (index !== this.index) this.show(index);
    if (!this.slow) this.stale = true;
    if (index < frames.length - 1) return;
    if (this.film.ended) {
      this.pause(false);
    } else {
      this.playing = false; // caught up: from here on it follows the newest frame
      this.live = true;
      this.refreshBar();
      this.refine();
    }
  }

  toggle() {
    if (this.playing || this.live) this.pause();
    else this.play();
  }

  /** A jump by hand, to a frame. */
  jump(index) {
    if (!this.film.frames.length) return;
    this.playing = false;
    this.live = false;
    this.pendingStep = null;
    this.show(index);
    this.refreshBar();
    this.refine();
    this.commit();
  }

  follow() {
    this.live = !this.live;
    this.pendingStep = null;
    if (this.live) {
      this.playing = false;
      this.show(this.film.frames.length - 1);
    }
    this.refreshBar();
  }

  commit() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => {
      const frame = this.film.frames[this.index];
      if (!frame || this.playing || this.live || frame.step === this.lastReport) return;
      this.lastReport = frame.step;
      this.report(frame.step);
    }, REPORT_MS);
  }

  // --- By hand

  /** The parameters that are shown: the frame's, or a copy that was changed by hand. */
  get parameters() {
    const blended = this.playing && !this.hand ? this.between() : null;
    return this.hand?.parameters ?? blended ?? this.film.frames[this.index]?.weights ?? null;
  }

  /** While the film plays, weights move evenly from one frame to the next; on a slow machine they jump. */
  between() {
    const [here, next] = [this.film.frames[this.index], this.film.frames[this.index + 1]];
    const t = this.position - this.index;
    if (!next || this.slow || !(t > 0)) return null;
    if (this.blend?.length !== here.weights.length) this.blend = new Float32Array(here.weights.length);
    for (let i = 0; i < this.blend.length; i++) this.blend[i] = here.weights[i] + t * (next.weights[i] - here.weights[i]);
    return this.blend;
  }

  get off() {
    return this.hand?.off ?? NONE;
  }

  change() {
    if (this.playing || this.live) {
      this.playing = false;
      this.live = false;
      this.refreshBar();
    }
    this.hand ??= { parameters: this.film.frames[this.index].weights.slice(), off: new Set() };
    this.stale = true;
    this.schedule();
    this.refine();
    return this.hand;
  }

  setWeight(index, value) {
    this.change().parameters[index] = value;
    this.writeWeights();
    this.writeStatus();
  }

  switchUnit({ layer, unit }) {
    if (layer < 1 || layer >= this.description.sizes.length - 1) return;
    const { off } = this.change();
    const name = `${layer - 1}.${unit}`;
    if (!off.delete(name)) off.add(name);
    this.writeHeld();
    this.writeStatus();
  }

  forgetHand() {
    if (!this.hand) return;
    this.hand = null;
    this.writeHeld();
  }

  reset() {
    this.forgetHand();
    this.stale = true;
    this.writeStatus();
    this.schedule();
    this.refine();
  }

  hold(unit) {
    this.held = unit && this.held && same(unit, this.held) ? null : unit;
    this.parts.tip.hidden = true;
    this.writeHeld();
    this.stale = true;
    this.schedule();
    this.refine();
  }

  // --- What the network makes of the plane

  grid(cells) {
    if (!this.grids.has(cells)) {
      const [xs, ys] = middles(this.description.bounds, cells);
      this.grids.set(cells, { inputs: inputsOf(this.description.features, xs, ys), buffers: [] });
    }
    return this.grids.get(cells);
  }

  evaluateGrid(parameters, cells) {
    const { inputs, buffers } = this.grid(cells);
    const found = evaluate(this.layers, parameters, inputs, cells * cells, this.activation, this.off, buffers);
    found.layers.slice(1).forEach((values, i) => (buffers[i] = values));
    this.widen(found.largest);
    return found;
  }

  /** Fetch a table that reaches further, where a pre-activation left the one that is here. */
  widen(largest) {
    if (!(largest > this.activation.reach) || this.activation.reach >= MAX_REACH) return null;
    this.widening ??= this.fetchWider(largest).finally(() => (this.widening = null));
    return this.widening;
  }

  async fetchWider(largest) {
    const { film } = this;
    let reach = this.activation.reach;
    while (reach < largest && reach < MAX_REACH) reach *= 2;
    const wider = await film.activation(reach).catch(() => null);
    if (!wider || film !== this.film) return;
    this.activation = wider;
    this.stale = true;
    this.schedule();
  }

  cellsNow() {
    const products = this.layers.reduce((sum, layer) => sum + layer.fanIn * layer.units, 0);
    const quick = !this.playing && products * STILL_CELLS ** 2 < MAX_PRODUCTS;
    const [most, budget] = this.still || quick ? [STILL_CELLS, MAX_PRODUCTS_STILL] : [PLAYING_CELLS, MAX_PRODUCTS];
    return Math.max(12, Math.min(most, Math.floor(Math.sqrt(budget / products))));
  }

  compute() {
    const { parameters, layout, palette, held } = this;
    const cells = this.cellsNow();
    this.evaluated = this.evaluateGrid(parameters, cells);
    this.atlas.paint(this.evaluated, cells, layout.columns, palette, held);
    this.wrong = this.wrongPoints(parameters);
    if (this.pointer) this.readPointer();
    this.stale = false;
    this.ready = true;
  }

  wrongPoints(parameters) {
    const { inputs, labels, every } = this.pointInputs;
    const found = evaluate(this.layers, parameters, inputs, labels.length, this.activation, this.off);
    const { winner } = predict(found.layers[found.layers.length - 1], labels.length);
    return every.filter((_, p) => winner[p] !== labels[p]);
  }

  readPointer() {
    const { bounds, features } = this.description;
    const { u, v } = this.pointer;
    const x = Float32Array.of(bounds.x_min + u * (bounds.x_max - bounds.x_min));
    const y = Float32Array.of(bounds.y_min + v * (bounds.y_max - bounds.y_min));
    const found = evaluate(this.layers, this.parameters, inputsOf(features, x, y), 1, this.activation, this.off);
    this.pointer = { ...this.pointer, x: x[0], y: y[0] };
    this.logitsAtPointer = found.layers[found.layers.length - 1];
    this.valuesAtPointer = shownValues(found);
  }

  /** The decision map of a frame, on cells of the plane, the lowest row first; for tests. */
  async mapsOf(index, cells = STILL_CELLS) {
    const frame = this.film.frames[index];
    const { inputs } = this.grid(cells);
    for (;;) {
      const { layers, largest } = evaluate(this.layers, frame.weights, inputs, cells * cells, this.activation, NONE);
      const wider = this.widen(largest);
      if (wider) {
        await wider;
        continue;
      }
      const { probability, winner } = predict(layers[layers.length - 1], cells * cells);
      const hidden = layers.slice(1, -1).map((values) => Array.from(values));
      return { cells, step: frame.step, probability: Array.from(probability), winner: Array.from(winner), hidden };
    }
  }

  // --- Drawing, once a screen's frame at most

  schedule() {
    if (this.ticking || this.closed) return;
    this.ticking = requestAnimationFrame((now) => {
      this.ticking = null;
      this.tick(now);
    });
  }

  tick(now) {
    if (document.hidden || this.outOfSight) {
      this.clock = null; // resumes without a jump
      return;
    }
    if (this.playing) this.advance(now);
    if (this.playing) {
      this.still = false;
      this.schedule();
    }
    if (this.playing && !this.stale) return;
    this.draw();
  }

  draw() {
    if (!this.layout) return;
    const known = Boolean(this.activation && this.parameters);
    if (known && this.stale) this.compute();
    this.drawn++;
    const pen = fit(this.parts.canvas, this.layout.width, this.layout.height);
    drawStage(pen, {
      ...{ layout: this.layout, palette: this.palette, description: this.description, atlas: this.atlas },
      ...{ parameters: known ? this.parameters : null, off: this.off, held: this.held, hover: this.hover },
      ...{ pointer: known ? this.pointer : null, valuesAtPointer: this.valuesAtPointer, wrong: this.wrong },
      ...{ points: this.points, ready: known && this.ready },
    });
  }

  /** Maps with more cells, once nothing has changed for a moment. */
  refine() {
    clearTimeout(this.refining);
    this.still = false;
    this.refining = setTimeout(() => {
      this.refining = null;
      if (this.playing || this.dragging) return;
      this.still = true;
      this.stale = true;
      this.schedule();
      this.describe();
    }, REFINE_MS);
  }

  /** Theme, width and points anew. */
  restyle() {
    this.palette = new Palette(this.root, this.description.colors);
    const style = this.root.style;
    style.setProperty("--film-positive", css(this.palette.positive));
    style.setProperty("--film-negative", css(this.palette.negative));
    style.setProperty("--film-centre", css(this.palette.centre));
    const { train, test } = this.description.points;
    const every = [...train, ...test];
    const xs = Float32Array.from(every, ([x]) => x);
    const ys = Float32Array.from(every, ([, y]) => y);
    const labels = every.map(([, , label_]) => label_);
    this.pointInputs = { inputs: inputsOf(this.description.features, xs, ys), labels, every };
    this.writeLegend();
    this.resize(true);
  }

  resize(anew = false) {
    const width = Math.floor(this.parts.stage.clientWidth);
    if (!width || (!anew && width === this.layout?.width)) return;
    this.layout = layOut(width, this.description);
    this.parts.stage.style.height = `${this.layout.height}px`;
    drawPoints(this.points, this);
    this.placeUnits();
    this.placeMapTitle();
    this.drawTimeline();
    this.writeHeld();
    this.stale = true;
    this.schedule();
    this.refine();
  }

  drawTimeline() {
    const { clientWidth, clientHeight } = this.parts.scrub;
    if (!clientWidth || !this.layout) return;
    this.timeline = drawCurves(this.parts.curves, clientWidth, clientHeight, this.film, this.description, this.palette);
    this.placeHead();
  }

  placeHead() {
    const frame = this.film.frames[this.index];
    const { head, veil, dots } = this.parts;
    head.hidden = !frame;
    if (!frame || !this.timeline) return;
    const x = this.timeline.along(frame.step);
    head.style.transform = `translateX(${x}px)`;
    veil.style.transform = `translateX(${x}px)`;
    dots.forEach((dot, which) => {
      const place = this.timeline.place(frame, which);
      dot.hidden = !place;
      if (place) dot.style.transform = `translate(${place[0]}px, ${place[1]}px)`;
    });
  }

  // --- Texts

  refreshBar() {
    const { play, live, range, speed, start, back, next, end } = this.parts;
    const { frames } = this.film;
    range.max = Math.max(0, frames.length - 1);
    range.value = Math.max(0, this.index);
    const running = this.playing || this.live;
    renameButton(play, running ? "pause" : "play", running ? TEXTS.pause : TEXTS.play);
    for (const control of [start, back, play, next, end, range, speed]) control.disabled = !frames.length;
    live.hidden = this.film.ended || this.description.ended;
    live.setAttribute("aria-pressed", String(this.live));
  }

  statusText() {
    const frame = this.film.frames[this.index];
    if (!frame) return "";
    const { steps_per_epoch: perEpoch, planned_steps: planned, metric } = this.description;
    const [trainLoss, testLoss, trainMetric, testMetric] = frame.values;
    const parts = [TEXTS.step(grouped(frame.step))];
    if (perEpoch) {
      const of = planned ? grouped(Math.ceil(planned / perEpoch)) : null;
      parts.push(TEXTS.epoch(grouped(Math.floor(frame.step / perEpoch)), of));
    }
    if (Number.isFinite(trainLoss)) {
      parts.push(TEXTS.loss(lossText(trainLoss), Number.isFinite(testLoss) ? lossText(testLoss) : null));
    }
    const value = Number.isFinite(testMetric) ? testMetric : trainMetric;
    if (Number.isFinite(value)) parts.push(TEXTS.metric(metric.toLowerCase(), percent(value)));
    return parts.join(" · ");
  }

  writeStatus() {
    const text = this.statusText();
    if (this.parts.status.textContent !== text) this.parts.status.textContent = text;
    this.parts.range.setAttribute("aria-valuetext", text);
    this.parts.hand.hidden = !this.hand;
    if (!this.hand) return;
    const { labels } = this.pointInputs;
    const share = 1 - this.wrongPoints(this.parameters).length / Math.max(1, labels.length);
    this.parts.handText.textContent = `${TEXTS.byHand}: ${TEXTS.byHandMetric(percent(share))}`;
  }

  /** The picture in words, once it stands still. */
  describe() {
    this.parts.canvas.setAttribute("aria-label", TEXTS.picture(this.description.sizes, this.statusText()));
  }

  notice(text) {
    this.parts.notice.hidden = !text;
    this.parts.notice.textContent = text ?? "";
  }

  writeLegend() {
    const { legend } = this.parts;
    const mark = (kind, text) => element("span", { class: "entry" }, element("i", { class: `mark ${kind}` }), text);
    const scale = element("span", { class: "entry" }, TEXTS.negative, element("i", { class: "scale" }), TEXTS.positive);
    const classes = this.description.classes.map((name, k) => {
      const swatch = element("i", { class: "mark swatch" });
      swatch.style.background = css(this.palette.classes[k % this.palette.classes.length]);
      return element("span", { class: "entry" }, swatch, `${TEXTS.classes} ${name}`);
    });
    legend.replaceChildren(
      ...[scale, ...classes, mark("train", TEXTS.train), mark("test", TEXTS.test)],
      ...[mark("wrong", TEXTS.wrong), mark("boundary", TEXTS.boundary)],
    );
  }

  nameOf({ layer, unit }) {
    const { sizes, features, classes } = this.description;
    if (layer === 0) return TEXTS.feature(features[unit].name);
    if (layer < sizes.length - 1) return TEXTS.unit(layer, unit + 1);
    return sizes[layer] > 1 ? TEXTS.classUnit(classes[unit]) : TEXTS.output;
  }

  /** How a unit's input is called within its formula. */
  symbolOf(layer, unit) {
    return layer === 0 ? this.description.features[unit].name : `a${subscript(unit + 1)}`;
  }

  /** z = 0.53·x − 1.20·y + 0.10, the weightier terms where there are many. */
  formulaOf({ layer, unit }) {
    const { fanIn, weight, bias } = this.layers[layer - 1];
    const terms = Array.from({ length: fanIn }, (_, input) => ({
      value: this.parameters[weight + unit * fanIn + input],
      symbol: this.symbolOf(layer - 1, input),
    }));
    const shown = terms.length > MAX_UNITS ? new Set([...terms].sort(byWeight).slice(0, 6)) : null;
    const written = terms.filter((term) => !shown || shown.has(term));
    const left = terms.length - written.length;
    const text = [...written.map(({ value, symbol }) => [value, `·${symbol}`]), [this.parameters[bias + unit], ""]]
      .map(([value, rest], i) => `${value < 0 ? (i ? " − " : "−") : i ? " + " : ""}${number(Math.abs(value))}${rest}`)
      .join("");
    return `z = ${text}${left ? ` + ${left} smaller terms` : ""}`;
  }

  /** Whether a hidden unit gives nothing anywhere, as a dead ReLU does. */
  isSilent({ layer, unit }) {
    if (layer === 0 || layer >= this.description.sizes.length - 1 || !this.evaluated) return false;
    const { layers, count } = this.evaluated;
    return layers[layer].subarray(unit * count, (unit + 1) * count).every((value) => value === 0);
  }

  valueName(layer) {
    if (layer === 0) return "value";
    return layer < this.description.sizes.length - 1 ? "a" : "P";
  }

  linesOf(unit) {
    const { sizes, activation } = this.description;
    const lines = [this.nameOf(unit)];
    const here = this.pointer ? this.valuesAtPointer?.[unit.layer]?.[unit.unit] : undefined;
    if (unit.layer > 0 && this.parameters) {
      lines.push(this.formulaOf(unit));
      if (unit.layer < sizes.length - 1) {
        if (this.off.has(`${unit.layer - 1}.${unit.unit}`)) lines.push(`a = 0 (${TEXTS.off})`);
        else lines.push(activation.typed ? `a = f(z), f(x) = ${activation.name}` : `a = ${activation.name}(z)`);
      } else if (sizes[unit.layer] > 1) {
        lines.push("P = softmax(z)");
      }
    }
    if (this.isSilent(unit)) lines.push(TEXTS.silent);
    if (here !== undefined) lines.push(`${this.valueName(unit.layer)} = ${number(here, 3)}`);
    return lines;
  }

  // --- Units: buttons over the tiles, the large map's title, sliders of a held unit's weights

  placeUnits() {
    const { units } = this.parts;
    const had = this.focused;
    units.replaceChildren();
    this.buttons = [];
    this.layout.columns.forEach((column, layer) => {
      column.tiles.forEach((tile, unit) => {
        const button = element("button", { type: "button", class: "unit", tabindex: -1, "aria-pressed": "false" });
        button.setAttribute("aria-label", this.nameOf({ layer, unit }));
        Object.assign(button.style, { left: `${tile.x}px`, top: `${tile.y}px`, width: `${tile.size}px`, height: `${tile.size}px` });
        button.place = { layer, unit };
        units.append(button);
        this.buttons.push(button);
      });
    });
    this.rove(this.buttons.find((b) => had && same(b.place, had)) ?? this.buttons[0], false);
  }

  /** One unit can be reached by Tab; the arrows move on from there. */
  rove(button, focus = true) {
    for (const other of this.buttons) other.tabIndex = other === button ? 0 : -1;
    this.focused = button?.place;
    if (focus) button.focus();
  }

  moveFocus(place, key) {
    const { columns } = this.layout;
    let { layer, unit } = place;
    if (key === "ArrowLeft" || key === "ArrowRight") {
      layer = Math.max(0, Math.min(columns.length - 1, layer + (key === "ArrowRight" ? 1 : -1)));
      unit = Math.round(((unit + 0.5) / columns[place.layer].tiles.length) * columns[layer].tiles.length - 0.5);
    } else {
      unit += key === "ArrowDown" ? 1 : -1;
    }
    unit = Math.max(0, Math.min(columns[layer].tiles.length - 1, unit));
    this.rove(this.buttons.find((button) => same(button.place, { layer, unit })));
  }

  placeMapTitle() {
    const { map } = this.layout;
    Object.assign(this.parts.mapTitle.style, { left: `${map.x}px`, top: `${map.y - MAP_HEAD_PX}px`, width: `${map.size}px` });
  }

  writeHeld() {
    const { mapName, toggle, leave } = this.parts;
    const { held } = this;
    mapName.textContent = held ? this.nameOf(held) : TEXTS.output;
    leave.hidden = !held;
    const hidden = held && held.layer > 0 && held.layer < this.description.sizes.length - 1;
    toggle.hidden = !hidden;
    if (hidden) toggle.textContent = this.off.has(`${held.layer - 1}.${held.unit}`) ? TEXTS.switchOn : TEXTS.switchOff;
    for (const button of this.buttons ?? []) button.setAttribute("aria-pressed", String(Boolean(held && same(button.place, held))));
    this.buildWeights();
  }

  /** Sliders for the weights of the held unit; what the mouse does on an edge, the keyboard does here. */
  buildWeights() {
    const { weights } = this.parts;
    const { held } = this;
    weights.hidden = !held || held.layer === 0 || !this.parameters;
    this.sliders = [];
    if (weights.hidden) return weights.replaceChildren();
    const { fanIn, weight, bias } = this.layers[held.layer - 1];
    const shown = Array.from({ length: Math.min(fanIn, MAX_UNITS) }, (_, i) => [weight + held.unit * fanIn + i, this.symbolOf(held.layer - 1, i)]);
    const rows = [...shown, [bias + held.unit, TEXTS.bias]].map(([index, name]) => {
      const reach = Math.max(3, 2 * Math.abs(this.parameters[index]));
      const range = element("input", { type: "range", min: -reach, max: reach, step: 0.01, "aria-label": name });
      const value = element("output", {});
      range.addEventListener("input", () => this.setWeight(index, Number(range.value)));
      this.sliders.push({ index, range, value });
      return element("label", {}, element("span", { class: "symbol", text: name }), range, value);
    });
    this.formula = element("div", { class: "formula" });
    weights.replaceChildren(this.formula, element("div", { class: "rows" }, ...rows));
    this.writeWeights();
  }

  writeWeights() {
    if (!this.sliders?.length || !this.parameters) return;
    this.formula.textContent = this.linesOf(this.held).slice(1).join(",  ");
    for (const { index, range, value } of this.sliders) {
      if (Math.abs(Number(range.value) - this.parameters[index]) > 0.005) range.value = this.parameters[index];
      value.textContent = number(this.parameters[index]);
    }
  }

  // --- Pointer and keys

  listen() {
    const { parts } = this;
    const aborter = new AbortController();
    const on = (target, type, act, options = {}) => target.addEventListener(type, act, { signal: aborter.signal, ...options });
    on(parts.start, "click", () => this.jump(0));
    on(parts.back, "click", () => this.jump(this.index - 1));
    on(parts.play, "click", () => this.toggle());
    on(parts.next, "click", () => this.jump(this.index + 1));
    on(parts.end, "click", () => this.jump(this.film.frames.length - 1));
    on(parts.speed, "change", () => (this.speed = Number(parts.speed.value)));
    on(parts.live, "click", () => this.follow());
    on(parts.reset, "click", () => this.reset());
    on(parts.leave, "click", () => this.hold(null));
    on(parts.toggle, "click", () => this.switchUnit(this.held));
    on(parts.range, "input", () => this.jump(Number(parts.range.value)));
    on(parts.units, "click", (event) => event.target.place && (this.rove(event.target), this.hold(event.target.place)));
    on(parts.units, "focusin", (event) => event.target.place && (this.focused = event.target.place));
    on(parts.body, "keydown", (event) => this.key(event));
    on(parts.stage, "pointermove", (event) => this.pointed(event));
    on(parts.stage, "pointerleave", () => this.pointedAway());
    on(parts.stage, "pointerdown", (event) => this.grab(event));
    on(parts.stage, "pointerup", () => this.drop());
    on(parts.stage, "pointercancel", () => this.drop());
    this.listenToScrub(on);
    on(document, "visibilitychange", () => this.seenAgain());
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(parts.stage);
    const sight = new IntersectionObserver(([entry]) => {
      this.outOfSight = !entry.isIntersecting;
      this.seenAgain();
    });
    sight.observe(parts.stage);
    this.stopListening = () => (aborter.abort(), sizes.disconnect(), sight.disconnect());
  }

  /** The time line is pulled anywhere; the range behind it is what the keyboard and screen readers use. */
  listenToScrub(on) {
    const { scrub, range } = this.parts;
    const to = (event) => {
      if (!this.timeline || !this.film.frames.length) return;
      const index = this.nearest(this.timeline.stepAt(event.clientX - scrub.getBoundingClientRect().left));
      if (index !== this.index || this.playing || this.live) this.jump(index);
    };
    on(scrub, "pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      range.focus({ preventScroll: true });
      scrub.setPointerCapture(event.pointerId);
      this.dragging = true;
      to(event);
    });
    on(scrub, "pointermove", (event) => this.dragging && scrub.hasPointerCapture(event.pointerId) && to(event));
    for (const type of ["pointerup", "pointercancel"]) {
      on(scrub, type, () => {
        this.dragging = false;
        this.refine();
      });
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    const onSlider = target.tagName === "SELECT" || (target.tagName === "INPUT" && target !== this.parts.range);
    if (onSlider && event.key !== "Escape") return;
    const place = target.place;
    const act = {
      " ": () => (target.tagName === "BUTTON" ? target.click() : this.toggle()),
      ArrowLeft: () => (place ? this.moveFocus(place, event.key) : this.jump(this.index - 1)),
      ArrowRight: () => (place ? this.moveFocus(place, event.key) : this.jump(this.index + 1)),
      ArrowUp: () => (place ? this.moveFocus(place, event.key) : this.jump(this.index + 1)),
      ArrowDown: () => (place ? this.moveFocus(place, event.key) : this.jump(this.index - 1)),
      Home: () => this.jump(0),
      End: () => this.jump(this.film.frames.length - 1),
      Delete: () => (place ?? this.held) && this.switchUnit(place ?? this.held),
      0: () => (place ?? this.held) && this.switchUnit(place ?? this.held),
      Escape: () => this.held && this.hold(null),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  seenAgain() {
    if (document.hidden) return;
    this.clock = null;
    this.schedule();
    if (!this.film.ended && !this.missing) this.poll();
  }

  /** What lies under the pointer: the map, a unit, or an edge. */
  hit({ x, y }) {
    const { map, columns } = this.layout;
    if (x >= map.x && x <= map.x + map.size && y >= map.y && y <= map.y + map.size) {
      return { map: { u: (x - map.x) / map.size, v: 1 - (y - map.y) / map.size } };
    }
    for (let layer = 0; layer < columns.length; layer++) {
      const unit = columns[layer].tiles.findIndex((t) => x >= t.x && x <= t.x + t.size && y >= t.y && y <= t.y + t.size);
      if (unit >= 0) return { unit: { layer, unit } };
    }
    const edge = this.edgeAt(x, y);
    return edge ? { edge } : {};
  }

  edgeAt(x, y) {
    let [best, nearest] = [null, EDGE_SLOP_PX];
    for (const edge of this.layout.edges) {
      if (x < edge.start.x || x > edge.end.x) continue;
      let [low, high] = [0, 1]; // the curve runs from left to right, so its place at x is found by halving
      for (let i = 0; i < 12; i++) {
        const t = (low + high) / 2;
        if (onEdge(edge, t).x < x) low = t;
        else high = t;
      }
      const t = (low + high) / 2;
      const [here, next] = [onEdge(edge, t), onEdge(edge, Math.min(1, t + 0.02))];
      const slope = (next.y - here.y) / Math.max(0.01, next.x - here.x);
      const distance = Math.abs(here.y - y) / Math.hypot(1, slope);
      if (distance < nearest) [best, nearest] = [edge, distance];
    }
    return best;
  }

  pointed(event) {
    const box = this.parts.stage.getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    if (this.grabbed) return this.pull(event, at);
    if (!this.parameters || !this.activation) return;
    const found = this.hit(at);
    this.pointer = found.map ?? null;
    if (this.pointer) this.readPointer();
    this.hover = found;
    this.parts.stage.style.cursor = found.edge && event.pointerType !== "touch" ? "ns-resize" : found.map ? "crosshair" : "";
    this.tell(at, this.tipLines(found));
    this.schedule();
  }

  pointedAway() {
    if (this.grabbed) return;
    this.pointer = null;
    this.hover = null;
    this.parts.tip.hidden = true;
    this.schedule();
  }

  tipLines(found) {
    if (found.map) return this.linesAtPointer();
    if (found.unit) return [...this.linesOf(found.unit), TEXTS.unitHint];
    if (!found.edge) return [];
    const { layer, unit, input, index } = found.edge;
    const names = [this.nameOf({ layer, unit: input }), this.nameOf({ layer: layer + 1, unit })];
    return [TEXTS.edge(...names), `w = ${number(this.parameters[index], 3)}`, TEXTS.edgeHint];
  }

  linesAtPointer() {
    const { x, y } = this.pointer;
    const { classes } = this.description;
    const place = `(${number(x)}, ${number(y)})`;
    if (this.held) {
      const value = this.valuesAtPointer[this.held.layer][this.held.unit];
      return [`${this.nameOf(this.held)} = ${number(value, 3)}`, place];
    }
    const { probability, winner, outputs } = predict(this.logitsAtPointer, 1);
    const named = outputs === 1 ? 1 : winner[0];
    return [TEXTS.probability(classes[named], number(probability[0], 3)), place];
  }

  /** Say these lines beside the pointer, inside the stage. */
  tell(at, lines) {
    const { tip } = this.parts;
    tip.hidden = !lines.length;
    if (!lines.length) return;
    tip.replaceChildren(...lines.map((text, i) => element("div", { class: i ? "" : "first", text })));
    const right = at.x > this.layout.width * 0.6;
    tip.style.left = right ? "" : `${at.x + 16}px`;
    tip.style.right = right ? `${this.layout.width - at.x + 16}px` : "";
    const below = at.y < this.layout.height * 0.6;
    tip.style.top = below ? `${at.y + 14}px` : "";
    tip.style.bottom = below ? "" : `${this.layout.height - at.y + 14}px`;
  }

  grab(event) {
    if (event.button !== 0 || event.pointerType === "touch" || !this.hover?.edge || event.target.place) return;
    event.preventDefault();
    const { edge } = this.hover;
    this.parts.stage.setPointerCapture(event.pointerId);
    this.grabbed = { edge, from: event.clientY, weight: this.parameters[edge.index] };
  }

  pull(event, at) {
    const { edge, from, weight } = this.grabbed;
    this.setWeight(edge.index, weight + (from - event.clientY) * 0.02);
    this.tell(at, this.tipLines({ edge }));
  }

  drop() {
    this.grabbed = null;
  }
}

const NONE = new Set();
const same = (a, b) => a.layer === b.layer && a.unit === b.unit;
const byWeight = (a, b) => Math.abs(b.value) - Math.abs(a.value);

// --- What Streamlit calls ------------------------------------------------------------------------------

const players = new WeakMap(); // it calls again for each change of the data or the theme, on the same element

async function styled(parent, address) {
  if (parent.querySelector("link.film-style")) return;
  const link = element("link", { rel: "stylesheet", class: "film-style", href: address });
  const loaded = new Promise((resolve) => link.addEventListener("load", resolve, { once: true }));
  parent.prepend(link);
  await loaded;
}

export default async function mount({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".film");
  await styled(parentElement, new URL(data.style, window.location.origin).href);
  const player = players.get(root);
  if (player) player.update(data);
  else players.set(root, new Player(root, data, (step) => setTriggerValue("step", step)));
  return () => {
    players.get(root)?.close();
    players.delete(root);
  };
}
