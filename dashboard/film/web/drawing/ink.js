// A drawing as an image like those of the data set: as large as they are, in their place, in their shades.

const PEN = 0.09; // of an image's side, the width of a line
const FINER = 8; // than the image's pixels is what they are averaged from

/** What the network gets of strokes, lists of [x, y] from 0 to 1: the numbers of an image, row by row. */
export function imageOf(strokes, ink, { height, width }) {
  const fitted = ink.extent === null ? strokes : fit(strokes, ink.extent);
  let covered = rasterised(fitted, height, width);
  if (ink.centre !== null) {
    const mass = centreOf(covered, height, width);
    if (mass) covered = rasterised(moved(fitted, ink.centre[0] - mass[0], ink.centre[1] - mass[1]), height, width);
  }
  return covered.map((part) => ink.ground + part * (ink.pen - ink.ground));
}

/** Strokes so large that with the pen's width their longer side is the extent, around the middle. */
function fit(strokes, extent) {
  const points = strokes.flat();
  if (!points.length) return strokes;
  const ends = [0, 1].map((axis) => [Math.min, Math.max].map((end) => end(...points.map((point) => point[axis]))));
  const longer = Math.max(...ends.map(([low, high]) => high - low));
  const scale = longer > PEN / 2 ? (extent - PEN) / longer : 1; // a dot stays a dot
  return strokes.map((stroke) => stroke.map((point) => point.map((at, axis) => 0.5 + (at - (ends[axis][0] + ends[axis][1]) / 2) * scale)));
}

const moved = (strokes, x, y) => strokes.map((stroke) => stroke.map((point) => [point[0] + x, point[1] + y]));

/** Which part of each pixel is covered by ink. */
function rasterised(strokes, height, width) {
  const [w, h] = [width * FINER, height * FINER];
  const canvas = sheet(w, h);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, w, h);
  pen.setTransform(w, 0, 0, h, 0, 0);
  trace(pen, strokes, "#000");
  const { data } = pen.getImageData(0, 0, w, h);
  const covered = new Float32Array(height * width);
  for (let y = 0, p = 3; y < h; y++) {
    for (let x = 0; x < w; x++, p += 4) covered[Math.floor(y / FINER) * width + Math.floor(x / FINER)] += data[p];
  }
  return covered.map((sum) => sum / (255 * FINER * FINER));
}

let reused = null;

function sheet(width, height) {
  reused ??= document.createElement("canvas");
  if (reused.width !== width || reused.height !== height) [reused.width, reused.height] = [width, height];
  return reused;
}

/** Strokes with the pen's width, in a square from 0 to 1. */
export function trace(pen, strokes, colour) {
  pen.lineWidth = PEN;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  pen.strokeStyle = colour;
  pen.beginPath();
  for (const stroke of strokes) {
    pen.moveTo(...stroke[0]);
    for (const point of stroke) pen.lineTo(...point);
  }
  pen.stroke();
}

function centreOf(covered, height, width) {
  let [mass, x, y] = [0, 0, 0];
  covered.forEach((part, p) => {
    mass += part;
    x += part * ((p % width) + 0.5);
    y += part * (Math.floor(p / width) + 0.5);
  });
  return mass ? [x / mass / width, y / mass / height] : null;
}
