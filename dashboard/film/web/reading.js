// Pictures read with the keyboard: what a pointer finds at a place, the arrows find from place to place.
//
// hit: a function of a place in pixels that gives {lines} to be read there, or nothing; size: {width, height}.

const CONTINUOUS_PX = 6; // from one place to the next where each pixel says something else
const FAR = 5; // places in one, with Shift
const RING_PX = 8; // between the places that are tried for a first one
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export const isArrow = (key) => key in WAYS;

const textAt = (hit, { x, y }) => (hit(x, y)?.lines ?? []).join("\n");

/** A place of which something can be read, as near to the middle as possible; null where there is none. */
export function firstPlace(hit, { width, height }) {
  const middle = { x: width / 2, y: height / 2 };
  for (let ring = 0; ring < Math.max(width, height) / 2; ring += RING_PX) {
    for (let along = -ring; along <= ring; along += RING_PX) {
      for (const [x, y] of [[along, -ring], [along, ring], [-ring, along], [ring, along]]) {
        const place = { x: middle.x + x, y: middle.y + y };
        if (within(place, { width, height }) && textAt(hit, place)) return place;
      }
    }
  }
  return null;
}

/** The next place in an arrow's direction that reads differently; the same one where there is none. */
export function nextPlace(hit, from, { key, shiftKey }, size) {
  let place = from;
  for (let n = 0; n < (shiftKey ? FAR : 1); n++) place = neighbour(hit, place, WAYS[key], size);
  return place;
}

function neighbour(hit, from, [dx, dy], size) {
  const at = (far) => ({ x: from.x + far * dx, y: from.y + far * dy });
  const texts = [0, 1, 2].map((far) => textAt(hit, at(far)));
  const continuous = texts[0] !== texts[1] && texts[1] !== texts[2];
  let far = continuous ? CONTINUOUS_PX : 1;
  while (within(at(far), size) && ["", texts[0]].includes(textAt(hit, at(far)))) far++;
  if (!within(at(far), size)) return from;
  if (continuous) return at(far);
  const found = textAt(hit, at(far));
  let end = far; // of what lies there, to stand in its middle
  while (within(at(end + 1), size) && textAt(hit, at(end + 1)) === found) end++;
  return at((far + end) / 2);
}

const within = ({ x, y }, { width, height }) => x >= 0 && y >= 0 && x < width && y < height;
