// One point's way through a network and back, as backpropagation computes it; in float64.

/** Pre-activations z of each layer, and what each passes on: the inputs, activations, and at last the logits. */
export function forward(layers, parameters, inputs, activations, off) {
  const [z, a] = [[], [inputs]];
  let largest = 0;
  layers.forEach((layer, number) => {
    const sums = Float64Array.from({ length: layer.units }, (_, unit) => sumOf(layer, parameters, unit, a[number]));
    const passed = sums.slice();
    const hidden = number < layers.length - 1;
    if (hidden) largest = Math.max(largest, activations.apply(number, passed, 0, layer.units));
    for (let unit = 0; hidden && unit < layer.units; unit++) if (off.has(`${number}.${unit}`)) passed[unit] = 0;
    z.push(sums);
    a.push(passed);
  });
  return { z, a, largest };
}

function sumOf({ fanIn, weight, bias }, parameters, unit, inputs) {
  let sum = parameters[bias + unit];
  for (let i = 0; i < fanIn; i++) sum += parameters[weight + unit * fanIn + i] * inputs[i];
  return sum;
}

/** Probabilities, cross-entropy and its gradient by the logits; one logit is that of class 1 of two. */
export function crossEntropy(logits, label) {
  if (logits.length === 1) {
    const [z] = logits;
    const p = 1 / (1 + Math.exp(-z));
    const loss = Math.max(z, 0) - z * label + Math.log1p(Math.exp(-Math.abs(z)));
    return { probabilities: [p], loss, delta: [label ? -1 / (1 + Math.exp(z)) : p] };
  }
  const highest = Math.max(...logits);
  const powers = Array.from(logits, (z) => Math.exp(z - highest));
  const sum = powers.reduce((a, b) => a + b);
  const others = powers.reduce((a, b, k) => (k === label ? a : a + b), 0); // 1 - p without its rounding
  const probabilities = powers.map((power) => power / sum);
  const delta = probabilities.map((p, k) => (k === label ? -others / sum : p));
  return { probabilities, loss: Math.log(sum) + highest - logits[label], delta };
}

/**
 * The gradient of the loss by what each layer passes on (received) and by its pre-activations (deltas), and the
 * slopes f'(z) between the two.
 */
export function backward(layers, parameters, z, outputDelta, derivatives, off) {
  const last = layers.length - 1;
  const [received, slopes, deltas] = [[], [], []];
  deltas[last] = Float64Array.from(outputDelta);
  for (let number = last - 1; number >= 0; number--) {
    const { units } = layers[number];
    const next = layers[number + 1];
    received[number] = new Float64Array(units);
    for (let k = 0; k < next.units; k++) {
      const from = next.weight + k * next.fanIn;
      for (let unit = 0; unit < units; unit++) received[number][unit] += parameters[from + unit] * deltas[number + 1][k];
    }
    slopes[number] = z[number].slice();
    derivatives.apply(number, slopes[number], 0, units);
    for (let unit = 0; unit < units; unit++) if (off.has(`${number}.${unit}`)) slopes[number][unit] = 0;
    deltas[number] = received[number].map((value, unit) => value * slopes[number][unit]);
  }
  return { received, slopes, deltas };
}

/** The gradient of the loss by each weight and bias, in the order of a frame's parameters. */
export function gradientsOf(layers, a, deltas) {
  const last = layers[layers.length - 1];
  const gradients = new Float64Array(last.bias + last.units);
  layers.forEach(({ fanIn, units, weight, bias }, number) => {
    for (let unit = 0; unit < units; unit++) {
      const delta = deltas[number][unit];
      for (let i = 0; i < fanIn; i++) gradients[weight + unit * fanIn + i] = delta * a[number][i];
      gradients[bias + unit] = delta;
    }
  });
  return gradients;
}
