// The map of a game: what is on its squares, what each action is worth there, and an agent on its way.

import { css } from "../palette.js";
import { TEXTS, number } from "../texts.js";

// Which way an action leads, as (columns, rows); others lead nowhere.
export const WAYS = { up: [0, -1], right: [1, 0], down: [0, 1], left: [-1, 0] };

const NUMBERS_PX = 50; // squares of this size have room for numbers
const HEAD_PX = 20;

const placesOf = new WeakMap();

/** Where each state is: its map, row and column. */
export function places(world) {
  if (!placesOf.has(world)) {
    const { values, shape } = world.arrays.states;
    const [, rows, columns] = shape;
    const found = [];
    values.forEach((state, at) => {
      found[state] = { map: Math.floor(at / (rows * columns)), row: Math.floor(at / columns) % rows, column: at % columns };
    });
    placesOf.set(world, found);
  }
  return placesOf.get(world);
}

/** The values on one map: of the squares where something is known, from the worst best one to the best. */
export function rangeOn(world, panel, map) {
  const best = [];
  for (const { known, top } of squaresOf(world, panel, map)) if (known) best.push(top);
  return best.length ? [Math.min(...best), Math.max(...best)] : null;
}

function* squaresOf(world, panel, map) {
  const { states, decides } = world.arrays;
  const [, rows, columns] = states.shape;
  const table = panel?.arrays.action_values;
  for (let cell = 0; cell < rows * columns; cell++) {
    const at = map * rows * columns + cell;
    const state = states.values[at];
    const worth = table ? table.values.subarray(state * table.shape[1], (state + 1) * table.shape[1]) : null;
    const known = Boolean(worth && decides.values[at] && worth.some((value) => value !== worth[0]));
    yield {
      ...{ row: Math.floor(cell / columns), column: cell % columns, state, worth, known },
      ...{ decides: Boolean(decides.values[at]), wall: Boolean(world.arrays.walls.values[at]) },
      top: known ? Math.max(...worth) : NaN,
    };
  }
}

/** trail: an episode's states, and where on the way the agent is: a number of moves, which may be between two. */
export function drawGame(pen, { width, height, panel, below, palette, trail }) {
  const world = below ?? panel;
  if (!world.arrays.states) return () => null;
  const values = below ? panel : null;
  const map = trail ? places(world)[trail.states[Math.floor(trail.at)]].map : 0;
  const { actions, titles, marks, letters } = world.values;
  const [, rows, columns] = world.arrays.states.shape;
  const head = titles[map] ? HEAD_PX : 2;
  const side = Math.min((width - 4) / columns, (height - head - 4) / rows);
  const [left, top] = [(width - side * columns) / 2, head];
  if (titles[map]) write(pen, titles[map], width / 2, 9, css(palette.text, 0.85), `600 12.5px ${palette.font}`);
  const range = values && rangeOn(world, values, map);
  const squares = [...squaresOf(world, values, map)];
  const look = { actions, range, palette, policy: values?.arrays.policy.values };
  const corner = ({ row, column }) => [left + column * side, top + row * side];
  const centre = (square) => corner(square).map((edge) => edge + side / 2);
  for (const square of squares) drawValues(pen, ...corner(square), side, square, look);
  for (const square of squares) {
    if (!square.wall) continue;
    const [x, y] = corner(square);
    pen.fillStyle = css(palette.text, 0.9);
    pen.fillRect(x + side - 2, y, 4, side);
  }
  if (trail) drawWay(pen, world, map, trail, centre, side, palette);
  for (const square of squares) writeSquare(pen, ...centre(square), side, square, marks[map][square.row][square.column], look);
  if (trail) drawAgent(pen, world, map, trail, centre, side, palette);
  return (x, y) => {
    const [row, column] = [Math.floor((y - top) / side), Math.floor((x - left) / side)];
    const square = squares.find((one) => one.row === row && one.column === column);
    if (!square) return null;
    const mark = marks[map][row][column];
    const lines = [TEXTS.square(row + 1, column + 1, mark && `${mark}, ${letters[mark]}`)];
    if (!values) return { lines };
    if (!square.decides) return { lines: [...lines, TEXTS.noAction] };
    const best = values.arrays.policy.values[square.state];
    actions.forEach((action, n) => lines.push(TEXTS.actionValue(action, number(square.worth[n], 3), square.known && n === best)));
    return { lines };
  };
}

/** Each action's value, at the edge to which it leads. */
function drawValues(pen, x, y, side, { worth, known, decides }, { actions, range, palette }) {
  if (!decides) {
    pen.fillStyle = css(palette.text, 0.08);
    pen.fillRect(x, y, side, side);
  }
  if (known) {
    const strength = (value) => (range[1] > range[0] ? Math.max(0, Math.min(1, (value - range[0]) / (range[1] - range[0]))) : 1);
    actions.forEach((action, n) => {
      if (!WAYS[action]) return;
      quarter(pen, x + side / 2, y + side / 2, side, WAYS[action]);
      pen.fillStyle = css(palette.positive, 0.05 + 0.65 * strength(worth[n]));
      pen.fill();
      pen.lineWidth = 0.5;
      pen.strokeStyle = css(palette.text, 0.2);
      pen.stroke();
    });
  }
  pen.lineWidth = 1;
  pen.strokeStyle = css(palette.text, 0.35);
  pen.strokeRect(x, y, side, side);
}

/** The square's mark, its best action, and the numbers where there is room. */
function writeSquare(pen, cx, cy, side, { state, worth, known, decides }, mark, { actions, palette, policy }) {
  if (known) {
    const best = actions[policy[state]];
    if (WAYS[best]) arrow(pen, cx, cy, side * (side >= NUMBERS_PX ? 0.1 : 0.2), WAYS[best], palette);
    else write(pen, best, cx, cy, css(palette.text), `700 ${Math.min(11, side * 0.24)}px ${palette.font}`);
    if (side >= NUMBERS_PX) {
      actions.forEach((action, n) => {
        const way = WAYS[action];
        if (!way) return;
        const font = `${n === policy[state] ? "700 " : ""}${side >= 66 ? 11 : 9.5}px ${palette.font}`;
        write(pen, brief(worth[n]), cx + way[0] * side * 0.31, cy + way[1] * side * 0.37, css(palette.text, 0.95), font);
      });
    }
  }
  const away = decides ? side / 2 - 9 : 0;
  if (mark) letter(pen, mark, cx - away, cy - away, palette, side);
}

function arrow(pen, cx, cy, size, [dx, dy], palette) {
  pen.beginPath();
  pen.moveTo(cx + size * dx, cy + size * dy);
  pen.lineTo(cx - size * (0.7 * dx + dy), cy - size * (0.7 * dy - dx));
  pen.lineTo(cx - size * (0.7 * dx - dy), cy - size * (0.7 * dy + dx));
  pen.closePath();
  pen.fillStyle = css(palette.text, 0.85);
  pen.fill();
}

/** The quarter of a square at the edge to which an action leads. */
function quarter(pen, cx, cy, side, [dx, dy]) {
  const half = side / 2;
  pen.beginPath();
  pen.moveTo(cx, cy);
  pen.lineTo(cx + half * (dx - dy), cy + half * (dy + dx));
  pen.lineTo(cx + half * (dx + dy), cy + half * (dy - dx));
  pen.closePath();
}

/** What is written on a square, on a spot of the background, so that it is read over any value. */
function letter(pen, mark, x, y, palette, side) {
  const size = Math.max(11, Math.min(15, side * 0.3));
  pen.beginPath();
  pen.arc(x, y, size * 0.62, 0, 2 * Math.PI);
  pen.fillStyle = css(palette.background, 0.85);
  pen.fill();
  write(pen, mark, x, y + 0.5, css(palette.text), `700 ${size}px ${palette.font}`);
}

function write(pen, text, x, y, colour, font) {
  pen.font = font;
  pen.textAlign = "center";
  pen.fillStyle = colour;
  pen.fillText(text, x, y);
}

function brief(value) {
  const size = Math.abs(value);
  return number(value, size >= 10 ? 0 : size >= 1 ? 1 : 2);
}

/** The way on this map, strong where the agent has been. */
function drawWay(pen, world, map, { states, at }, centre, side, palette) {
  const where = places(world);
  const line = (from, to, strength, dash) => {
    pen.beginPath();
    for (let n = from; n < to; n++) {
      const [one, next] = [where[states[n]], where[states[n + 1]]];
      if (one.map !== map || next.map !== map || one === next) continue;
      pen.moveTo(...centre(one));
      pen.lineTo(...centre(next));
    }
    pen.setLineDash(dash);
    pen.lineWidth = Math.max(2, side * 0.07);
    pen.lineCap = "round";
    pen.strokeStyle = css(palette.negative, strength);
    pen.stroke();
    pen.setLineDash([]);
    pen.lineCap = "butt";
  };
  line(Math.floor(at), states.length - 1, 0.45, [2, Math.max(5, side * 0.14)]);
  line(0, Math.floor(at), 0.9, []);
}

function drawAgent(pen, world, map, { states, at }, centre, side, palette) {
  const [where, done] = [places(world), Math.floor(at)];
  const [here, next] = [where[states[done]], where[states[Math.min(done + 1, states.length - 1)]]];
  let [x, y] = centre(here);
  if (next.map === map) {
    const [toX, toY] = centre(next);
    [x, y] = [x + (toX - x) * (at - done), y + (toY - y) * (at - done)];
  }
  pen.beginPath();
  pen.arc(x, y, Math.max(5, Math.min(13, side * 0.2)), 0, 2 * Math.PI);
  pen.fillStyle = css(palette.negative);
  pen.fill();
  pen.lineWidth = 2.5;
  pen.strokeStyle = css(palette.background);
  pen.stroke();
}
