// What a network of the film computes, from its weights: units, predictions, boundaries.

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
export function inputsOf(features, xs, ys) {
  const count = xs.length;
  const inputs = new Float32Array(features.length * count);
  features.forEach((feature, row) => {
    const value = FEATURES[feature.key];
    for (let p = 0; p < count; p++) inputs[row * count + p] = value(xs[p], ys[p]);
  });
  return inputs;
}

/** The middles of the cells of a map, the lowest row first. */
export function middles(bounds, cells) {
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
export function layersOf(sizes) {
  const layers = [];
  let at = 0;
  for (let number = 1; number < sizes.length; number++) {
    const [fanIn, units] = [sizes[number - 1], sizes[number]];
    layers.push({ fanIn, units, weight: at, bias: at + fanIn * units });
    at += (fanIn + 1) * units;
  }
  return layers;
}

/** What all units of a network make of `count` inputs: an array a layer, units after each other; logits last. */
export function evaluate(layers, parameters, inputs, count, activations, off, buffers) {
  const found = [inputs];
  let largest = 0;
  layers.forEach((layer, number) => {
    const hidden = number < layers.length - 1;
    const size = layer.units * count;
    const out = buffers && buffers[number]?.length === size ? buffers[number] : new Float32Array(size);
    affine(layer, parameters, found[number], count, out);
    for (let unit = 0; hidden && unit < layer.units; unit++) {
      if (off.has(`${number}.${unit}`)) out.fill(0, unit * count, (unit + 1) * count);
      else largest = Math.max(largest, activations.apply(number, out, unit * count, (unit + 1) * count));
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
export function predict(logits, count) {
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
export function shownValues({ layers, count }) {
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
export function margins(logits, count) {
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
export function zeroLine(surface, cells) {
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
