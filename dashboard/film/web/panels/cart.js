// A cart on its track with a pole on it, and below the value of each push over the steps of the episode.

import { css } from "../palette.js";
import { TEXTS, number } from "../texts.js";

const COLOURS = ["negative", "positive"]; // of a push to the left and to the right, as in the policy map
const MARGIN_PX = 8;
const AXIS_PX = 40; // at the left of the values
const AXES = [50, 100, 200]; // steps of the values' axis, so that a short episode is seen as well as a long one
const WORDS = TEXTS.cart;

const axisOf = ({ values, arrays }) => AXES.find((steps) => steps >= arrays.actions.values.length && steps < values.max_steps) ?? values.max_steps;

const degrees = (radians) => (radians * 180) / Math.PI;

/** A state of an episode, or what lies between two of them. */
export function stateAt({ arrays: { states } }, at) {
  const [count] = states.shape;
  const done = Math.min(count - 1, Math.floor(at));
  const next = Math.min(count - 1, done + 1);
  const [position, , angle] = [0, 1, 2].map((n) => {
    const [from, to] = [states.values[4 * done + n], states.values[4 * next + n]];
    return from + (to - from) * (at - done);
  });
  return { position, angle, done };
}

/** at: how many moves are done, with a fraction between two of them. */
export function drawCart(pen, { width, height, panel, palette, at = 0 }) {
  const scene = { left: MARGIN_PX, width: width - 2 * MARGIN_PX, top: 0, height: Math.round(height * 0.56) };
  const chart = { left: AXIS_PX, width: width - AXIS_PX - MARGIN_PX, top: scene.height + 16, height: height - scene.height - 16 - 36 };
  drawScene(pen, scene, panel, palette, at);
  drawValues(pen, chart, panel, palette, at);
  return (x, y) => (y > chart.top - 8 ? stepLines(panel, chart, x) : sceneLines(panel, at));
}

function drawScene(pen, { left, width, top, height }, panel, palette, at) {
  const { values, arrays } = panel;
  const { position, angle, done } = stateAt(panel, at);
  const unit = Math.min(width / (2 * values.max_position + 0.8), (height - 50) / values.pole_length);
  const [middle, ground] = [left + width / 2, top + height - 22];
  const x = middle + unit * position;
  const [cartWide, cartHigh] = [Math.max(30, unit * 0.5), Math.max(14, unit * 0.24)];
  const pivot = ground - cartHigh - 2;
  drawTrack(pen, { middle, ground, unit, values, palette });
  fan(pen, x, pivot, unit * values.pole_length, values.max_angle, palette);
  const taken = done < arrays.actions.values.length ? arrays.actions.values[done] : null;
  pen.fillStyle = css(palette.text, 0.8);
  pen.beginPath();
  pen.roundRect(x - cartWide / 2, ground - cartHigh - 2, cartWide, cartHigh, 4);
  pen.fill();
  pen.strokeStyle = css(palette.color(2));
  pen.lineWidth = Math.max(5, unit * 0.07);
  pen.lineCap = "round";
  line(pen, x, pivot, x + unit * values.pole_length * Math.sin(angle), pivot - unit * values.pole_length * Math.cos(angle));
  pen.lineCap = "butt";
  pen.fillStyle = css(palette.background);
  pen.beginPath();
  pen.arc(x, pivot, 2.5, 0, 2 * Math.PI);
  pen.fill();
  if (taken === null) return;
  values.actions.forEach((name, action) => {
    push(pen, { x, y: ground - cartHigh / 2 - 2, cartWide, way: action ? 1 : -1, taken: action === taken, colour: palette[COLOURS[action]] });
    writeValue(pen, { left, width, top, action, name, value: valueOf(panel, done, action), taken: action === taken, palette });
  });
}

const valueOf = ({ arrays: { action_values: worth } }, step, action) => worth.values[step * worth.shape[1] + action];

/** The track, with its ends where an episode ends. */
function drawTrack(pen, { middle, ground, unit, values, palette }) {
  const end = unit * values.max_position;
  pen.strokeStyle = css(palette.text, 0.55);
  pen.lineWidth = 2;
  line(pen, middle - end, ground, middle + end, ground);
  for (const edge of [middle - end, middle + end]) line(pen, edge, ground - 8, edge, ground + 6);
  pen.font = `11px ${palette.font}`;
  pen.fillStyle = css(palette.muted);
  pen.textAlign = "center";
  for (const place of [-values.max_position, 0, values.max_position]) {
    pen.fillText(number(place, place ? 1 : 0), middle + unit * place, ground + 14);
  }
}

/** Between the dashed lines the pole is up. */
function fan(pen, x, y, length, angle, palette) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.arc(x, y, length + 6, -Math.PI / 2 - angle, -Math.PI / 2 + angle);
  pen.closePath();
  pen.fillStyle = css(palette.text, 0.05);
  pen.fill();
  pen.strokeStyle = css(palette.text, 0.4);
  pen.lineWidth = 1;
  pen.setLineDash([3, 4]);
  for (const side of [-1, 1]) line(pen, x, y, x + side * (length + 6) * Math.sin(angle), y - (length + 6) * Math.cos(angle));
  pen.setLineDash([]);
}

/** An arrow on the side to which a push leads: full for the one that is taken. */
function push(pen, { x, y, cartWide, way, taken, colour }) {
  const from = x + way * (cartWide / 2 + 5);
  const [long, thick] = taken ? [26, 6] : [16, 4];
  const tip = from + way * long;
  pen.beginPath();
  pen.moveTo(from, y - thick / 2);
  pen.lineTo(tip - way * 9, y - thick / 2);
  pen.lineTo(tip - way * 9, y - thick - 1);
  pen.lineTo(tip, y);
  pen.lineTo(tip - way * 9, y + thick + 1);
  pen.lineTo(tip - way * 9, y + thick / 2);
  pen.lineTo(from, y + thick / 2);
  pen.closePath();
  pen.lineWidth = 1;
  pen.strokeStyle = css(colour, taken ? 1 : 0.55);
  pen.fillStyle = css(colour, taken ? 1 : 0.1);
  pen.fill();
  pen.stroke();
}

function writeValue(pen, { left, width, top, action, name, value, taken, palette }) {
  pen.textAlign = action ? "right" : "left";
  const x = action ? left + width : left;
  pen.font = `${taken ? "700" : "400"} 13px ${palette.font}`;
  pen.fillStyle = css(taken ? palette.text : palette.muted);
  pen.fillText(WORDS.value(name, number(value)), x, top + 10);
}

function drawValues(pen, { left, width, top, height }, panel, palette, at) {
  const { arrays } = panel;
  const axis = axisOf(panel);
  const [steps, actions] = arrays.action_values.shape;
  const all = arrays.action_values.values;
  const [low, high] = all.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]);
  const room = (high - low) * 0.06 || 1;
  const place = {
    x: (step) => left + (width * step) / axis,
    y: (value) => top + height - (height * (value - low + room)) / (high - low + 2 * room),
  };
  pen.fillStyle = css(palette.text, 0.04);
  pen.fillRect(left, top, width, height);
  pen.font = `11px ${palette.font}`;
  pen.fillStyle = css(palette.muted);
  pen.textAlign = "right";
  const digits = high - low < 10 ? 1 : 0;
  pen.fillText(number(high, digits), left - 5, place.y(high));
  if (place.y(low) - place.y(high) > 14) pen.fillText(number(low, digits), left - 5, place.y(low));
  pen.textAlign = "center";
  for (const step of [0, axis / 2, axis]) pen.fillText(String(step), Math.min(place.x(step), left + width - 8), top + height + 10);
  pen.fillText(WORDS.axis, left + width / 2, top + height + 26);
  for (let action = 0; action < actions; action++) {
    pen.beginPath();
    for (let step = 0; step < steps; step++) pen.lineTo(place.x(step), place.y(all[step * actions + action]));
    pen.lineWidth = 1.6;
    pen.strokeStyle = css(palette[COLOURS[action]], 0.9);
    pen.stroke();
  }
  pen.fillStyle = css(palette.text, 0.85);
  pen.fillRect(place.x(Math.min(steps, at)) - 0.75, top, 1.5, height);
  pen.strokeStyle = css(palette.text, 0.4); // where the episode was over
  pen.setLineDash([2, 3]);
  pen.lineWidth = 1;
  line(pen, place.x(steps), top, place.x(steps), top + height);
  pen.setLineDash([]);
}

function line(pen, x, y, toX, toY) {
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(toX, toY);
  pen.stroke();
}

function sceneLines(panel, at) {
  const { position, angle } = stateAt(panel, at);
  return { lines: [WORDS.angle(number(Math.abs(degrees(angle)), 1), angle), WORDS.position(number(position))] };
}

/** Of the step in the chart that is nearest. */
function stepLines(panel, { left, width }, x) {
  const { arrays, values } = panel;
  const step = Math.floor(((x - left) / width) * axisOf(panel));
  if (step < 0 || step >= arrays.actions.values.length) return null;
  const lines = values.actions.map((name, action) => {
    const taken = arrays.actions.values[step] === action;
    return TEXTS.actionValue(name, number(valueOf(panel, step, action), 3), taken);
  });
  return { lines: [WORDS.step(step + 1), ...lines, ...sceneLines(panel, step).lines] };
}

/** What happens in a move, in words. */
export function moved(panel, step) {
  const angle = panel.arrays.states.values[4 * step + 2];
  return WORDS.pushes(panel.values.actions[panel.arrays.actions.values[step]], WORDS.angle(number(Math.abs(degrees(angle)), 1), angle));
}

/** Why the episode was over. */
export function ending({ arrays: { states }, values }) {
  if (!values.ended) return WORDS.kept;
  return Math.abs(states.values[4 * (states.shape[0] - 1)]) > values.max_position ? WORDS.left : WORDS.falls;
}
