// What a person reads: words, and numbers as text.

export const TEXTS = {
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
  scoredAt: (step) => `both of step ${step}`,
  waiting: "Waiting for the first frame",
  none: "This run has no film.",
  lost: "The server does not answer; trying again.",
  byHand: "changed by hand",
  byHandMetric: (percent) => `accuracy on the points shown ${percent}`,
  reset: "Reset",
  features: "Features",
  addFeature: (name) => `Give the network ${name}; starts another training`,
  removeFeature: (name) => `Leave ${name} out; starts another training`,
  oneFeatureAtLeast: "The network needs at least one feature.",
  layers: "Layers",
  editGroup: "Units, activations, layers and features of the network; a change starts another training",
  addLayer: "Add a hidden layer",
  removeLayer: "Remove the last hidden layer",
  addUnit: (layer, units) => `Add a unit to layer ${layer}, which has ${units}`,
  removeUnit: (layer, units) => `Remove a unit of layer ${layer}, which has ${units}`,
  layersAtMost: (layers) => `at most ${layers} layers`,
  unitsAtMost: (units) => `at most ${units} units`,
  parametersAtMost: (parameters) => `a network of more than ${parameters} parameters is not drawn`,
  layersAtLeast: (layers) => `at least ${layers} layers`,
  oneUnitAtLeast: "at least 1 unit",
  activationOf: (layer, name) => `Activation of layer ${layer}: ${name}; another one starts another training`,
  anotherTraining: (hidden, features, activations) =>
    `Starting a training with ${[
      hidden.length ? `hidden layers ${hidden.join(", ")}` : "no hidden layer",
      ...(features ? [`features ${features.join(", ")}`] : []),
      ...(activations ? [activations.join(", ")] : []),
    ].join(" and ")}`,
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
  patch: "patch of the image",
  kernel: "kernel",
  products: "products",
  channels: ["red", "green", "blue"],
  channelSums: (sums, sum) => `${sums.map((one, n) => `${TEXTS.channels[n]} ${one}`).join(" + ")} = Σ ${sum}`,
  convolution: (sum, bias, z, value) => `Σ ${sum} + bias ${bias} = ${z}, activation: ${value}`,
  convolutionNormalised: (sum, value) => `Σ ${sum}; normalised and activated: ${value}`,
  waitingForPicture: "Its first picture is still to come",
  firstAt: (step) => `First drawn at step ${step}`,
  of: (n, count) => `${n} of ${count}`,
  rgb: (red, green, blue) => `red ${red}, green ${green}, blue ${blue} of 255`,
  gray: (value) => `${value} of 255`,
  pixel: (row, column, value) => `Row ${row}, column ${column}: ${value}`,
  clickLarge: "click to see it large",
  clickBack: "click to go back",
  samplesOf: (count, part) => `${count} samples, ${part} of the true class`,
  unitOf: (name, unit) => `${name}, unit ${unit}`,
  atStep: (step) => `At step ${step} of the sequence`,
  read: (symbol) => `Read: ${symbol}`,
  square: (row, column, mark) => `Row ${row}, column ${column}${mark ? `: ${mark}` : ""}`,
  worth: (value) => `Value ${value}`,
  bestAction: (action) => `Best action: ${action}`,
  symbolSteps: (steps) => `Steps 1 to ${steps} of each test row`,
  rowStep: (row, step) => `Test row ${row}, step ${step}`,
  predictedSymbol: (symbol, truth) => `Predicted: ${symbol}, truth: ${truth}`,
  lowest: "Lowest",
  highest: "Highest",
  fraction: "Fraction",
  between: (from, to) => `From ${from} to ${to}`,
  values: (count) => `${count} values`,
  layerUnits: (name, units) => `${name}, ${units} units`,
  unitsGroup: "Units of the network; arrow keys move between them, Enter shows a unit's map, Delete switches it off",
};

// The section that follows one point through one unit and back.
export const PASS = {
  open: "By hand",
  opens: "One point's forward and backward pass through one unit, a formula a line",
  hint: "Click a training point on the map, and a unit in the drawing.",
  group: "Backpropagation by hand",
  previousPoint: "Previous point",
  nextPoint: "Next point",
  point: (n, count, x, y, name) => `Training point ${n} of ${count} (ringed): (${x}, ${y}), class ${name}`,
  nextFrame: "Next frame",
  nextEpoch: "Next epoch",
  toStep: (step) => `To step ${step}`,
  toEpoch: (epoch, step) => `To the end of epoch ${epoch}, step ${step}`,
  ofUnit: (name, step) => `${name} at step ${step}`,
  f: ({ name, typed }) => (typed ? `f(x) = ${name}` : `f = ${name}`),
  forward: "Forward",
  backward: "Backward",
  update: "Gradients and one step of SGD",
  inputs: "Inputs",
  ofLayer: (layer, what) => `Layer ${layer}: ${what}`,
  ofOutput: (what) => `Output: ${what}`,
  ofOutputs: (what) => `Outputs: ${what}`,
  truth: (y, name) => `y = ${y} for class ${name}`,
  trueClass: (k, name) => `class ${name}: y${subscript(k)} = 1, other y = 0`,
  off: "switched off",
  more: (count) => `(${count} more)`,
  moreWeights: (count) => `+ ${count} more weights`,
  rate: (rate, step) => `Learning rate of the step after step ${step}: η = ${rate}`,
  waiting: "Waiting for the learning rate",
  real: ({ optimizer, batch_size: batch, also }) =>
    `The run's own steps differ from these: they are ${optimizer}'s, on the mean gradient of a batch of ${batch}${also.length ? `, with ${also.join(", ")}` : ""}.`,
};

// The section in which an image is drawn and classified.
export const DRAW = {
  open: "Draw an image",
  opens: "Draw with mouse or finger, and see what the network of each step says",
  hint: "Scrub the film: from which step on does the network see what was drawn?",
  group: "An image of yours, classified by the network of the shown step",
  loading: "Fetching the network",
  pad: "Field to draw in; test images below can be chosen without drawing",
  clear: "Clear",
  here: "Draw here",
  yours: "Your drawing",
  seen: (width, height, fitted) =>
    `What the network gets: ${width} × ${height} pixels${fitted ? ", a drawing centred and sized as the data’s images are" : ""}`,
  saliency: "Saliency: the brighter a pixel, the more it moves the score of the prediction",
  images: "Or a test image",
  testImage: (name) => `Test image: ${name}`,
  colour: "This network reads colour images, which cannot be drawn here: choose a test image.",
  nothing: "Nothing drawn yet",
  predicted: (name, p, step, right) =>
    `Predicted at step ${step}: ${name}, ${p}${right === null ? "" : right ? " (right)" : " (wrong)"}`,
};

export const minus = (text) => (/[1-9]/.test(text) ? text.replace("-", "−") : text.replace("-", ""));
export const number = (value, digits = 2) =>
  Number.isFinite(value) && Math.abs(value) >= 1e5 ? minus(value.toExponential(1)) : minus(value.toFixed(digits));
export const lossText = (value) => (value !== 0 && Math.abs(value) < 0.001 ? minus(value.toExponential(1)) : number(value, 3));
export const percent = (value) => `${(100 * value).toFixed(1)}%`;
/** A number in one of Python's formats: ".1%", ".3f". */
export const formatted = (value, format) => {
  const [, digits, kind] = /\.(\d+)([%f])/.exec(format);
  return kind === "%" ? minus(`${(100 * value).toFixed(digits)}%`) : minus(value.toFixed(digits));
};
/** A number with so many digits that count, for reckoning: 0.05312, −1.204, 3.10e−7. */
export const significant = (value, digits = 4) => {
  if (value === 0 || !Number.isFinite(value)) return minus(String(value));
  const size = Math.abs(value);
  const text = size >= 1e-3 && size < 10 ** digits ? value.toPrecision(digits) : value.toExponential(digits - 2);
  return text.replaceAll("-", "−");
};
export const grouped = (value) => value.toLocaleString("en-US");
export const subscript = (n) => String(n).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
