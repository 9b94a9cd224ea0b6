// The equations of a recurrent cell as PyTorch's documentation writes them, with one unit's numbers.

import { element } from "../elements.js";
import { number } from "../texts.js";

const sigmoid = "σ";
// Of each gate: its function, and whether the reset gate acts on what comes of the state.
const GATES = {
  LSTM: { i: [sigmoid], f: [sigmoid], g: ["tanh"], o: [sigmoid] },
  GRU: { r: [sigmoid], z: [sigmoid], n: ["tanh", true] },
  RNN_TANH: { h: ["tanh"] },
  RNN_RELU: { h: ["ReLU"] },
};

/** A text with _{...} and _x as nodes with subscripts. */
export function mathNodes(text) {
  return text.split(/(_\{[^}]*\}|_[a-z0-9])/).map((part) => {
    if (!/^_[{a-z0-9]/.test(part)) return document.createTextNode(part);
    return element("sub", { text: part.replace(/^_\{?|\}$/g, "") });
  });
}

/** Lines {formula, numbers} of one unit of the last layer at a step: each gate, then the states. */
export function equations({ arrays, values }, step, unit) {
  const of = (name, at = step) => {
    const { shape, values: numbers } = arrays[name];
    return at < 0 || at >= shape[1] ? 0 : numbers[unit * shape[1] + at];
  };
  const before = (name) => (step === 0 && values.first > 1 && !values.backwards ? null : of(name, values.backwards ? step + 1 : step - 1));
  const earlier = values.backwards ? "{t+1}" : "{t−1}"; // the step that was read before
  const gates = Object.entries(GATES[values.cell]).map(([gate, [f, reset]]) => gateLine(arrays, values, of, unit, gate, f, reset, earlier));
  const states = { LSTM: lstmStates, GRU: gruStates }[values.cell]?.(of, before, earlier) ?? [];
  return [...gates, ...states];
}

function gateLine(arrays, values, of, unit, gate, f, reset, earlier) {
  const suffix = values.cell.startsWith("RNN") ? "" : gate;
  const [x, h] = [of(`x_${gate}`), of(`h_${gate}`)];
  const [xBias, hBias] = [arrays[`bias_x_${gate}`].values[unit], arrays[`bias_h_${gate}`].values[unit]];
  const names = [`W_{i${suffix || "h"}} x_t`, `b_{i${suffix || "h"}}`, `W_{h${suffix || "h"}} h_${earlier}`, `b_{h${suffix || "h"}}`];
  const ofInput = `${number(x, 3)} ${signed(xBias)}`;
  const numbers = reset
    ? `${ofInput} + ${number(of("r"), 3)} · (${number(h, 3)} ${signed(hBias)})`
    : `${ofInput} ${signed(h)} ${signed(hBias)}`;
  const sum = reset ? `${names[0]} + ${names[1]} + r_t ⊙ (${names[2]} + ${names[3]})` : names.join(" + ");
  return { name: gate, formula: `${gate}_t = ${f}(${sum})`, numbers: `${f}(${numbers})`, value: of(gate) };
}

function lstmStates(of, before, earlier) {
  const [c, o] = [of("c"), of("o")];
  return [
    {
      name: "c",
      formula: `c_t = f_t ⊙ c_${earlier} + i_t ⊙ g_t`,
      numbers: `${number(of("f"), 3)} · ${stated(before("c"))} + ${number(of("i"), 3)} · ${stated(of("g"))}`,
      value: c,
    },
    { name: "h", formula: "h_t = o_t ⊙ tanh(c_t)", numbers: `${number(o, 3)} · tanh(${number(c, 3)})`, value: of("h") },
  ];
}

function gruStates(of, before, earlier) {
  const z = number(of("z"), 3);
  return [
    {
      name: "h",
      formula: `h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_${earlier}`,
      numbers: `(1 − ${z}) · ${stated(of("n"))} + ${z} · ${stated(before("h"))}`,
      value: of("h"),
    },
  ];
}

/** A factor, in brackets where it is negative; a state that is not among the numbers has its letter's place. */
const stated = (value) => (value === null ? "…" : value < 0 ? `(${number(value, 3)})` : number(value, 3));
/** A term of a sum, with its sign before it. */
const signed = (value) => (value < 0 ? `− ${number(-value, 3)}` : `+ ${number(value, 3)}`);
