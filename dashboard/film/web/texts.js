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
export const grouped = (value) => value.toLocaleString("en-US");
export const subscript = (n) => String(n).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
