// How a network's outputs change with each pixel of the image that it has just computed: its operations backward.

import { EPSILON, eachKept, eachTap, largestOf, spreadOf } from "./forward.js";

/** Gradient of one output by the image, after network.run() of it; derivatives: of the activations, as tables. */
export function gradientOf(network, numbers, derivatives, output) {
  const { operations, values } = network;
  let layer = operations.filter(({ op }) => op === "activation").length;
  const shortcuts = new Map(); // what comes back to a value that was kept, by its number
  let gradient = new Float32Array(values.at(-1).array.length);
  gradient[output] = 1;
  for (let i = operations.length - 1; i >= 0; i--) {
    const operation = operations[i];
    const [before, after] = [values[i], values[i + 1]];
    const through = new Float32Array(before.array.length);
    if (operation.op === "activation") {
      through.set(before.array);
      derivatives.apply(--layer, through, 0, through.length);
      for (let p = 0; p < through.length; p++) through[p] *= gradient[p];
    } else if (operation.op === "add") {
      through.set(gradient);
      shortcuts.set(operation.kept, ofShortcut(operation, after, values[operation.kept], gradient));
    } else if (operation.op === "keep") {
      const back = shortcuts.get(i + 1);
      for (let p = 0; p < through.length; p++) through[p] = gradient[p] + back[p];
    } else {
      BACK[operation.op](operation, numbers, before, after, gradient, through);
    }
    gradient = through;
  }
  return gradient;
}

/** What an image's pixels count: of each the largest gradient of its channels, 1 the largest of all. */
export function strongest(gradient, { channels, height, width }) {
  const plane = height * width;
  const sizes = Float32Array.from({ length: plane }, (_, p) => {
    let largest = 0;
    for (let c = 0; c < channels; c++) largest = Math.max(largest, Math.abs(gradient[c * plane + p]));
    return largest;
  });
  const most = sizes.reduce((a, b) => Math.max(a, b), 0);
  return most ? sizes.map((size) => size / most) : sizes;
}

function ofShortcut({ stride }, after, kept, gradient) {
  const back = new Float32Array(kept.array.length);
  eachKept(stride, after, kept, (to, from) => (back[from] += gradient[to]));
  return back;
}

const BACK = {
  convolution(operation, numbers, before, after, gradient, through) {
    const { at, stride } = operation;
    eachTap(operation, before, after, (weight, to, end, from) => {
      const w = numbers[at + weight];
      for (let p = to, q = from; p < end; p++, q += stride) through[q] += w * gradient[p];
    });
  },

  batch_norm({ at, channels }, numbers, before, _, gradient, through) {
    const plane = before.height * before.width;
    for (let c = 0; c < channels; c++) {
      const scale = numbers[at + c] / Math.sqrt(numbers[at + 3 * channels + c] + EPSILON);
      for (let p = c * plane; p < (c + 1) * plane; p++) through[p] = gradient[p] * scale;
    }
  },

  layer_norm({ at, channels }, numbers, before, _, gradient, through) {
    const { mean, scale } = spreadOf(before.array);
    let [sum, along] = [0, 0];
    for (let c = 0; c < channels; c++) {
      sum += gradient[c] * numbers[at + c];
      along += gradient[c] * numbers[at + c] * (before.array[c] - mean) * scale;
    }
    for (let c = 0; c < channels; c++) {
      const normalised = (before.array[c] - mean) * scale;
      through[c] = scale * (gradient[c] * numbers[at + c] - sum / channels - (normalised * along) / channels);
    }
  },

  linear({ at, incoming, outgoing }, numbers, _, __, gradient, through) {
    for (let o = 0, w = at; o < outgoing; o++) {
      for (let i = 0; i < incoming; i++, w++) through[i] += numbers[w] * gradient[o];
    }
  },

  max_pool({ size, stride }, _, before, after, gradient, through) {
    let from = 0;
    for (let c = 0; c < after.channels; c++) {
      for (let y = 0; y < after.height; y++) {
        for (let x = 0; x < after.width; x++, from++) {
          through[largestOf(before, c, y * stride, x * stride, size)] += gradient[from];
        }
      }
    }
  },

  mean(_, __, before, after, gradient, through) {
    const plane = before.height * before.width;
    for (let c = 0; c < after.channels; c++) through.fill(gradient[c] / plane, c * plane, (c + 1) * plane);
  },
};
