// Where units, weights and the decision map stand.

import { layersOf } from "./arithmetic.js";

const WIDE_PX = 760; // from this width on, the decision map stands beside the network
export const MAX_UNITS = 8; // of a layer that are drawn
const WIDE_STAGE_PX = 470;
const NARROW_NETWORK_PX = 326;
const SMALL_NETWORK_PX = 200;
const SMALL_MAP_PX = 236;
const MAP_EDGE_PX = 38; // beside the decision map, for the numbers of its axis, and below it
const MAP_FOOT_PX = 28;
export const MAP_HEAD_PX = 36; // above it, for its title
const EDIT_PX = 30; // above the network, for what changes it
const NAMES_PX = { wide: 84, narrow: 66 }; // beside the features, for the buttons with their names
const MENU_PX = 26; // below them, for the menu of a layer's activation
const STEP_PX = 24; // the height of a button for a layer's units
export const STEP_TOP_PX = 18; // of these buttons, below the row that changes the whole
const SIDE_BY_SIDE_PX = 78; // from this distance of layers on, the two buttons of each stand beside each other
const ROOMY_PX = 112; // and the word "units" between them
const NAMED_PX = 56; // and from this one on the menu of an activation has its name, as far as it fits

/**
 * The places of units, edges and decision map on a stage so wide; small: of one among several.
 *
 * Where features can be chosen, the first column has a place for each possible one, and tiles for the chosen ones.
 */
export function layOut(width, description, small = false) {
  const { sizes } = description;
  const wide = width >= WIDE_PX && !small;
  const head = description.editing ? EDIT_PX : 0;
  const bottomPx = head + (wide ? WIDE_STAGE_PX : small ? SMALL_NETWORK_PX : NARROW_NETWORK_PX); // of the network
  const below = Math.min(width - MAP_EDGE_PX, small ? SMALL_MAP_PX : Infinity); // the map's size below the network
  const height = wide ? bottomPx : bottomPx + MAP_HEAD_PX + below + MAP_FOOT_PX;
  const shownSizes = sizes[sizes.length - 1] === 1 ? sizes.slice(0, -1) : sizes;
  const mapSize = wide ? Math.min(WIDE_STAGE_PX - MAP_HEAD_PX - MAP_FOOT_PX, Math.round(width * 0.36)) : below;
  const [top, bottom] = [head + (wide ? 46 : 40), bottomPx - 22];
  const map = wide
    ? { x: width - mapSize - MAP_EDGE_PX, y: Math.max(MAP_HEAD_PX, Math.round((top + bottom - mapSize) / 2)), size: mapSize }
    : { x: small ? Math.round((width - MAP_EDGE_PX - mapSize) / 2) : 0, y: bottomPx + MAP_HEAD_PX, size: mapSize };
  // Where the weights of the output run together: before the map, or on a phone at the right of the network.
  const sink = wide ? { x: map.x - 22, y: map.y + mapSize / 2 } : { x: width - 10, y: (top + bottom) / 2 };
  const slots = slotsOf(description);
  const left = slots ? (wide ? NAMES_PX.wide : NAMES_PX.narrow) : wide ? 64 : 14;
  const menus = description.editing?.activations.length ? MENU_PX : 0;
  const area = { left, right: sink.x, top: top + (head ? 4 : 0) + menus, bottom };
  let columns = columnsOf(shownSizes, area, wide, slots);
  const { pitch } = columns[0];
  const stacked = head > 0 && pitch > 0 && pitch < SIDE_BY_SIDE_PX;
  if (stacked) columns = columnsOf(shownSizes, { ...area, top: area.top + STEP_PX }, wide, slots);
  const edges = edgesOf(columns, sizes, sink);
  const menuTop = head + STEP_TOP_PX + (stacked ? 2 : 1) * STEP_PX;
  const roomy = { roomyEdit: pitch >= ROOMY_PX, roomyMenu: pitch >= NAMED_PX };
  return { width, height, wide, map, columns, sink, edges, head, stacked, menuTop, ...roomy };
}

/** Where features can be chosen: for each possible one, which input of the network it is, -1 for none of them. */
function slotsOf({ editing, features }) {
  if (!editing?.features.length) return null;
  return editing.features.map(({ key }) => features.findIndex((feature) => feature.key === key));
}

function columnsOf(sizes, area, wide, slots) {
  const rowsOf = sizes.map((units, number) => (number === 0 && slots ? slots.length : Math.min(units, MAX_UNITS)));
  const shownRows = Math.max(...rowsOf);
  const row = Math.min((area.bottom - area.top) / shownRows, wide ? 76 : 42);
  const share = (area.right - area.left) / (sizes.length + 0.3);
  const size = Math.floor(Math.min(row - (wide ? 8 : 5), wide ? 60 : 36, share * 0.66));
  // The last column keeps a distance to the output, in which its weights can be told apart.
  const gap = Math.max(wide ? 44 : 24, Math.min(120, share * 0.45));
  const pitch = sizes.length > 1 ? (area.right - gap - size - area.left) / (sizes.length - 1) : 0;
  const middle = (area.top + area.bottom) / 2;
  return sizes.map((units, number) => {
    const rows = rowsOf[number];
    const x = Math.round(sizes.length > 1 ? area.left + number * pitch : (area.left + area.right) / 2 - size);
    const step = number === 0 && slots ? Math.max(row, STEP_PX) : row; // each name is a button
    const top = (place) => Math.round(middle + (place - (rows - 1) / 2) * step - size / 2);
    const places = Array.from({ length: rows }, (_, place) => ({ x, y: top(place), size }));
    const chosen = number === 0 && slots ? slots : null;
    const tiles = chosen ? places.filter((_, place) => chosen[place] >= 0) : places;
    return { units, tiles, x: x + size / 2, more: units - tiles.length, pitch, places: chosen && places };
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
export function onEdge({ start, end }, t) {
  const bent = (start.x + end.x) / 2;
  const s = 1 - t;
  return {
    x: s * s * s * start.x + 3 * s * t * bent + t * t * t * end.x,
    y: (s * s * s + 3 * s * s * t) * start.y + (3 * s * t * t + t * t * t) * end.y,
  };
}
