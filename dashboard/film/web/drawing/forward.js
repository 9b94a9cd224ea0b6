// What a network for images makes of one image, from the numbers of a frame: a plan's operations one by one.

export const EPSILON = 1e-5; // of normalisations, as torch has it

/** A network that computes one image at a time, always in the same memory. */
export class Network {
  constructor({ input_shape: shape, operations }) {
    this.operations = operations;
    this.values = [valuesOf(...shape)]; // of the image, and after each operation
    const kept = [];
    for (const operation of operations) {
      const before = this.values.at(-1);
      if (operation.op === "keep") kept.push(this.values.length);
      if (operation.op === "add") operation.kept = kept.pop();
      this.values.push(SHAPES[operation.op]?.(before, operation) ?? valuesOf(before.channels, before.height, before.width));
    }
  }

  /** Logits of an image, an array of its numbers; `largest` is then the largest |z| that was activated. */
  run(numbers, image, activations) {
    this.values[0].array.set(image);
    this.largest = 0;
    let layer = 0;
    this.operations.forEach((operation, i) => {
      const [before, after] = [this.values[i], this.values[i + 1]];
      if (operation.op === "activation") {
        after.array.set(before.array);
        this.largest = Math.max(this.largest, activations.apply(layer++, after.array, 0, after.array.length));
      } else {
        COMPUTE[operation.op](operation, numbers, before, after, this.values[operation.kept]);
      }
    });
    return this.values.at(-1).array;
  }
}

function valuesOf(channels, height, width) {
  return { channels, height, width, array: new Float32Array(channels * height * width) };
}

const across = (size, kernel, stride, padding) => Math.floor((size + 2 * padding - kernel) / stride) + 1;

// What an operation gives, where that has another shape.
const SHAPES = {
  convolution: ({ height, width }, { outgoing, kernel, stride, padding }) =>
    valuesOf(outgoing, across(height, kernel, stride, padding), across(width, kernel, stride, padding)),
  max_pool: ({ channels, height, width }, { size, stride }) =>
    valuesOf(channels, across(height, size, stride, 0), across(width, size, stride, 0)),
  mean: ({ channels }) => valuesOf(channels, 1, 1),
  linear: (_, { outgoing }) => valuesOf(outgoing, 1, 1),
};

/** For each weight of a convolution: the rows and columns of the output that it adds to, and from where. */
export function eachTap({ incoming, outgoing, kernel, stride, padding }, before, after, visit) {
  const span = (size, out, tap) => [
    Math.max(0, Math.ceil((padding - tap) / stride)),
    Math.min(out, Math.floor((size - 1 + padding - tap) / stride) + 1),
  ];
  let weight = 0;
  for (let o = 0; o < outgoing; o++) {
    for (let i = 0; i < incoming; i++) {
      for (let ky = 0; ky < kernel; ky++) {
        const [top, bottom] = span(before.height, after.height, ky);
        for (let kx = 0; kx < kernel; kx++, weight++) {
          const [left, right] = span(before.width, after.width, kx);
          for (let y = top; y < bottom; y++) {
            const to = (o * after.height + y) * after.width;
            const from = (i * before.height + y * stride + ky - padding) * before.width + kx - padding;
            visit(weight, to + left, to + right, from + left * stride);
          }
        }
      }
    }
  }
}

const COMPUTE = {
  convolution(operation, numbers, before, after) {
    if (operation.stride === 1) convolveWhole(operation, numbers, before, after);
    else convolveTaps(operation, numbers, before, after);
  },

  batch_norm({ at, channels }, numbers, before, after) {
    const plane = before.height * before.width;
    for (let c = 0; c < channels; c++) {
      const [weight, bias, mean, variance] = [0, 1, 2, 3].map((n) => numbers[at + n * channels + c]);
      const scale = weight / Math.sqrt(variance + EPSILON);
      for (let p = c * plane; p < (c + 1) * plane; p++) after.array[p] = (before.array[p] - mean) * scale + bias;
    }
  },

  layer_norm({ at, channels }, numbers, before, after) {
    const { mean, scale } = spreadOf(before.array);
    for (let c = 0; c < channels; c++) {
      after.array[c] = (before.array[c] - mean) * scale * numbers[at + c] + numbers[at + channels + c];
    }
  },

  linear({ at, incoming, outgoing }, numbers, before, after) {
    const biases = at + incoming * outgoing;
    for (let o = 0, w = at; o < outgoing; o++) {
      let sum = numbers[biases + o];
      for (let i = 0; i < incoming; i++, w++) sum += numbers[w] * before.array[i];
      after.array[o] = sum;
    }
  },

  max_pool({ size, stride }, _, before, after) {
    let to = 0;
    for (let c = 0; c < after.channels; c++) {
      for (let y = 0; y < after.height; y++) {
        for (let x = 0; x < after.width; x++, to++) {
          after.array[to] = before.array[largestOf(before, c, y * stride, x * stride, size)];
        }
      }
    }
  },

  mean(_, __, before, after) {
    const plane = before.height * before.width;
    for (let c = 0; c < after.channels; c++) {
      let sum = 0;
      for (let p = c * plane; p < (c + 1) * plane; p++) sum += before.array[p];
      after.array[c] = sum / plane;
    }
  },

  keep(_, __, before, after) {
    after.array.set(before.array);
  },

  add({ stride }, _, before, after, kept) {
    after.array.set(before.array);
    eachKept(stride, after, kept, (to, from) => (after.array[to] += kept.array[from]));
  },
};

const biasOf = ({ at, incoming, outgoing, kernel, bias }, numbers, o) =>
  bias ? numbers[at + outgoing * incoming * kernel * kernel + o] : 0;

/** Any convolution, weight by weight. */
function convolveTaps(operation, numbers, before, after) {
  const { at, stride } = operation;
  const [input, out] = [before.array, after.array];
  const plane = after.height * after.width;
  for (let o = 0; o < after.channels; o++) out.fill(biasOf(operation, numbers, o), o * plane, (o + 1) * plane);
  eachTap(operation, before, after, (weight, to, end, from) => {
    const w = numbers[at + weight];
    for (let p = to, q = from; p < end; p++, q += stride) out[p] += w * input[q];
  });
}

/** One without strides several times as fast: whole maps at once, with the padding around them as zeros. */
function convolveWhole(operation, numbers, before, after) {
  const { at, incoming, outgoing, kernel, padding } = operation;
  const { height, width } = before;
  const [rows, pitch] = [height + 2 * padding, width + 2 * padding];
  const length = (after.height - 1) * pitch + after.width; // sums between two rows are none
  operation.sheet ??= { input: new Float32Array(incoming * rows * pitch), sum: new Float32Array(length) };
  const { input, sum } = operation.sheet;
  for (let i = 0; i < incoming; i++) {
    for (let y = 0; y < height; y++) {
      const row = (i * height + y) * width;
      input.set(before.array.subarray(row, row + width), (i * rows + y + padding) * pitch + padding);
    }
  }
  for (let o = 0; o < outgoing; o++) {
    sum.fill(biasOf(operation, numbers, o));
    for (let i = 0; i < incoming; i++) {
      let w = at + (o * incoming + i) * kernel * kernel;
      if (kernel === 3) add3(sum, input, i * rows * pitch, pitch, numbers.subarray(w, w + 9));
      else for (let ky = 0; ky < kernel; ky++, w += kernel) addRow(sum, input, (i * rows + ky) * pitch, numbers, w, kernel);
    }
    for (let y = 0; y < after.height; y++) {
      const row = y * pitch;
      after.array.set(sum.subarray(row, row + after.width), (o * after.height + y) * after.width);
    }
  }
}

/** To each sum the nine products of a kernel of 3 x 3, in one go. */
function add3(sum, input, from, pitch, [a, b, c, d, e, f, g, h, i]) {
  const { length } = sum;
  for (let p = 0, q = from, r = from + pitch, s = from + 2 * pitch; p < length; p++, q++, r++, s++) {
    sum[p] +=
      a * input[q] + b * input[q + 1] + c * input[q + 2] +
      (d * input[r] + e * input[r + 1] + f * input[r + 2]) +
      (g * input[s] + h * input[s + 1] + i * input[s + 2]);
  }
}

/** To each sum the products of one row of a kernel, in one go where it has five weights. */
function addRow(sum, input, from, numbers, w, kernel) {
  const { length } = sum;
  if (kernel === 5) {
    const [a, b, c, d, e] = numbers.subarray(w, w + 5);
    for (let p = 0, q = from; p < length; p++, q++) {
      sum[p] += a * input[q] + b * input[q + 1] + c * input[q + 2] + d * input[q + 3] + e * input[q + 4];
    }
    return;
  }
  for (let x = 0; x < kernel; x++) {
    const weight = numbers[w + x];
    for (let p = 0, q = from + x; p < length; p++, q++) sum[p] += weight * input[q];
  }
}

/** Where the largest value of a window is, the first of several. */
export function largestOf({ height, width, array }, channel, top, left, size) {
  let best = (channel * height + top) * width + left;
  for (let y = top; y < top + size; y++) {
    for (let x = left; x < left + size; x++) {
      const p = (channel * height + y) * width + x;
      if (array[p] > array[best]) best = p;
    }
  }
  return best;
}

/** Each place of what a shortcut adds to, and of what it adds: every stride-th position of the first channels. */
export function eachKept(stride, after, kept, visit) {
  for (let c = 0; c < kept.channels; c++) {
    for (let y = 0; y < after.height; y++) {
      for (let x = 0; x < after.width; x++) {
        visit((c * after.height + y) * after.width + x, (c * kept.height + y * stride) * kept.width + x * stride);
      }
    }
  }
}

/** The mean of all values, and one over their standard deviation. */
export function spreadOf(array) {
  let [sum, squares] = [0, 0];
  for (const value of array) sum += value;
  const mean = sum / array.length;
  for (const value of array) squares += (value - mean) ** 2;
  return { mean, scale: 1 / Math.sqrt(squares / array.length + EPSILON) };
}

/** Of logits the probability of each class; a single logit is that of the second of two. */
export function probabilitiesOf(logits) {
  if (logits.length === 1) {
    const second = 1 / (1 + Math.exp(-logits[0]));
    return [1 - second, second];
  }
  const highest = Math.max(...logits);
  const odds = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = odds.reduce((a, b) => a + b, 0);
  return odds.map((one) => one / sum);
}
