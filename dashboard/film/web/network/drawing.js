// The network and its decision map on a canvas.

import { fit, ticksBetween } from "../canvas.js";
import { LEVELS, css, paint } from "../palette.js";
import { TEXTS, minus, number } from "../texts.js";
import { inputsOf, layersOf, margins, middles, predict, shownValues, zeroLine } from "./arithmetic.js";
import { MAX_UNITS } from "./layout.js";

const SPARE_CELLS = 32; // of a feature's map that the network does not get
export const STILL_CELLS = 100; // of a map along each axis, when the film stands still

/** Pictures of all drawn units and of the large map, from what the network makes of the plane. */
export class Atlas {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.large = document.createElement("canvas");
  }

  paint(evaluated, cells, columns, palette, held) {
    this.cells = cells;
    const shown = shownValues(evaluated);
    const tiles = columns.flatMap((column, layer) => column.tiles.map((_, unit) => [layer, unit]));
    const across = Math.ceil(Math.sqrt(tiles.length));
    const pitch = across * cells;
    const image = this.image(this.canvas, pitch, Math.ceil(tiles.length / across) * cells);
    const pixels = new Uint32Array(image.data.buffer);
    const looks = shown.map((values, layer) => this.look(values, layer, shown.length, cells, palette));
    this.places = new Map();
    tiles.forEach(([layer, unit], index) => {
      const [left, top] = [(index % across) * cells, Math.floor(index / across) * cells];
      const { scale, table } = looks[layer](unit);
      paint(pixels, pitch, left, top, shown[layer], unit * cells * cells, cells, scale, table);
      this.places.set(`${layer}.${unit}`, [left, top]);
    });
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.paintLarge(shown, looks, evaluated, cells, palette, held);
  }

  /** Which value of a unit gets the strongest colour, and which colours: all units of a layer share the first. */
  look(values, layer, layers, cells, palette) {
    const classes = layer === layers - 1 && values.length > cells * cells;
    if (classes) return (unit) => ({ scale: 1, ...palette.probabilities[unit % palette.probabilities.length] });
    const scale = scaleOf(values, cells * cells);
    return () => ({ scale, table: palette.units, soft: palette.map });
  }

  paintLarge(shown, looks, evaluated, cells, palette, held) {
    const image = this.image(this.large, cells, cells);
    const pixels = new Uint32Array(image.data.buffer);
    const count = cells * cells;
    const logits = evaluated.layers[evaluated.layers.length - 1];
    const predicted = predict(logits, count);
    if (held) {
      const { scale, soft } = looks[held.layer](held.unit);
      paint(pixels, cells, 0, 0, shown[held.layer], held.unit * count, cells, scale, soft);
    } else if (predicted.outputs === 1) {
      const centred = predicted.probability.map((p) => 2 * p - 1);
      paint(pixels, cells, 0, 0, centred, 0, cells, 1, palette.map);
    } else {
      paintClasses(pixels, predicted, cells, palette);
    }
    this.large.getContext("2d").putImageData(image, 0, 0);
    this.boundaries = held ? [] : margins(logits, count).map((margin) => zeroLine(margin, cells));
  }

  /** An image of this size, the same one while the size stays. */
  image(canvas, width, height) {
    if (canvas.width !== width || canvas.height !== height || !canvas.picture) {
      [canvas.width, canvas.height] = [width, height];
      canvas.picture = new ImageData(width, height);
    }
    return canvas.picture;
  }
}

/** The largest size of a value, or less where few values are so large: the others must not fade. */
function scaleOf(values, count) {
  let [largest, sum, known] = [0, 0, 0];
  const end = Math.min(values.length, MAX_UNITS * count);
  for (let p = 0; p < end; p++) {
    const size = values[p] < 0 ? -values[p] : values[p];
    if (!(size < Infinity)) continue;
    if (size > largest) largest = size;
    sum += size;
    known++;
  }
  return Math.min(largest, (3 * sum) / known) || 1;
}

function paintClasses(pixels, { probability, winner, outputs }, cells, palette) {
  for (let row = 0; row < cells; row++) {
    for (let column = 0; column < cells; column++) {
      const p = row * cells + column;
      const sure = Math.max(0, (probability[p] * outputs - 1) / (outputs - 1));
      const blend = palette.blends[winner[p] % palette.blends.length];
      pixels[(cells - 1 - row) * cells + column] = blend[(sure * (LEVELS - 1)) | 0];
    }
  }
}

const edgeWidth = (weight) => 0.4 + 5 * Math.tanh(Math.abs(weight) / 3.5);
const edgeAlpha = (weight) => 0.15 + 0.62 * Math.tanh(Math.abs(weight) / 1.6);

/** One picture of the stage. `scene` says what there is to see; nothing here changes it. */
export function drawStage(pen, scene) {
  const { layout, palette } = scene;
  pen.clearRect(0, 0, layout.width, layout.height);
  pen.textBaseline = "middle";
  drawHeads(pen, scene);
  if (scene.parameters) drawEdges(pen, scene);
  drawTiles(pen, scene);
  drawSink(pen, scene);
  drawMap(pen, scene);
  pen.globalAlpha = 1;
  pen.strokeStyle = css(palette.text);
}

function drawHeads(pen, { layout, palette, description }) {
  const { sizes, features } = description;
  pen.textAlign = "center";
  layout.columns.forEach((column, number) => {
    const last = number === sizes.length - 1;
    const title = number === 0 ? TEXTS.features : last ? TEXTS.outputs : TEXTS.layer(number);
    const roomy = layout.wide ? column.pitch > 58 || !column.pitch : column.pitch > 52 || !column.pitch;
    pen.fillStyle = css(palette.text, 0.85);
    pen.font = `600 ${layout.wide ? 12.5 : 11}px ${palette.font}`;
    const x = number === 0 && !layout.wide ? Math.max(column.x, 26) : column.x;
    const y = layout.head + (layout.wide && !layout.head ? 11 : 10);
    pen.fillText(roomy ? title : number === 0 ? "In" : String(number), x, y);
    const edited = layout.head > 0 && !last; // its buttons have the number between them
    if (number > 0 && roomy && !edited) {
      pen.font = `11px ${palette.font}`;
      pen.fillStyle = css(palette.muted);
      pen.fillText(TEXTS.units(column.units), column.x, layout.head + (layout.wide ? 27 : 24));
    }
    if (column.more) {
      const lowest = column.tiles[column.tiles.length - 1];
      pen.font = `11px ${palette.font}`;
      pen.fillStyle = css(palette.muted);
      const text = roomy ? TEXTS.more(column.more) : `+${column.more}`;
      pen.fillText(text, column.x, lowest.y + lowest.size + 11);
    }
  });
  if (!layout.wide || layout.columns[0].places) return; // buttons have the names then
  pen.textAlign = "right";
  pen.font = `13px ${palette.font}`;
  pen.fillStyle = css(palette.text, 0.9);
  layout.columns[0].tiles.forEach((tile, unit) => {
    pen.fillText(features[unit].name, tile.x - 9, tile.y + tile.size / 2);
  });
}

function drawEdges(pen, { layout, palette, parameters, off, held, hover }) {
  pen.lineCap = "round";
  const held_ = held && (held.layer > 0 ? held : null);
  for (const edge of layout.edges) {
    const weight = parameters[edge.index];
    const silent = off.has(`${edge.layer}.${edge.unit}`) || off.has(`${edge.layer - 1}.${edge.input}`);
    const into = held_ && edge.layer === held_.layer - 1 && edge.unit === held_.unit;
    const near = hover?.edge === edge;
    let alpha = edgeAlpha(weight);
    if (silent) alpha *= 0.25;
    else if (near) alpha = 1;
    else if (held_) alpha = into ? Math.min(1, alpha + 0.2) : alpha * 0.28;
    pen.beginPath();
    const bent = (edge.start.x + edge.end.x) / 2;
    pen.moveTo(edge.start.x, edge.start.y);
    pen.bezierCurveTo(bent, edge.start.y, bent, edge.end.y, edge.end.x, edge.end.y);
    pen.lineWidth = (near ? 1.5 : 0) + edgeWidth(weight) * (layout.wide ? 1 : 0.7);
    pen.strokeStyle = palette.weight(weight, alpha);
    pen.stroke();
  }
}

function drawTiles(pen, scene) {
  const { layout, palette, atlas, off, held, hover, parameters } = scene;
  const layers = layersOf(scene.description.sizes);
  pen.imageSmoothingEnabled = true;
  layout.columns.forEach((column, layer) => {
    column.tiles.forEach((tile, unit) => {
      const place = atlas.places?.get(`${layer}.${unit}`);
      pen.fillStyle = css(palette.centre);
      pen.fillRect(tile.x, tile.y, tile.size, tile.size);
      if (place && scene.ready) {
        pen.globalAlpha = off.has(`${layer - 1}.${unit}`) ? 0.25 : 1;
        pen.drawImage(atlas.canvas, ...place, atlas.cells, atlas.cells, tile.x, tile.y, tile.size, tile.size);
        pen.globalAlpha = 1;
      }
    });
  });
  drawSpares(pen, scene);
  maskCorners(pen, scene);
  layout.columns.forEach((column, layer) => {
    column.tiles.forEach((tile, unit) => {
      const isHeld = held?.layer === layer && held.unit === unit;
      const isNear = hover?.unit?.layer === layer && hover.unit.unit === unit;
      pen.beginPath();
      pen.roundRect(tile.x, tile.y, tile.size, tile.size, 5);
      pen.lineWidth = isHeld ? 2.5 : isNear ? 2 : 1;
      pen.strokeStyle = isHeld || isNear ? css(palette.text, 0.95) : css(palette.text, palette.dark ? 0.34 : 0.28);
      pen.stroke();
      if (off.has(`${layer - 1}.${unit}`)) drawCross(pen, tile, palette);
      else if (layer > 0 && parameters) drawBias(pen, tile, parameters[layers[layer - 1].bias + unit], palette);
      if (!layout.wide && layer === 0 && !column.places) label(pen, tile, scene.description.features[unit].name, palette);
      if (scene.pointer) drawAtPointer(pen, tile, scene.pointer, scene.valuesAtPointer[layer][unit], palette);
    });
  });
}

/** The map of each feature, as it is shown while the network does not get it. */
export function spareMaps(features, bounds, palette) {
  const count = SPARE_CELLS * SPARE_CELLS;
  const values = inputsOf(features, ...middles(bounds, SPARE_CELLS));
  return features.map((_, row) => {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = SPARE_CELLS;
    const image = new ImageData(SPARE_CELLS, SPARE_CELLS);
    const scale = scaleOf(values.subarray(row * count, (row + 1) * count), count);
    paint(new Uint32Array(image.data.buffer), SPARE_CELLS, 0, 0, values, row * count, SPARE_CELLS, scale, palette.units);
    canvas.getContext("2d").putImageData(image, 0, 0);
    return canvas;
  });
}

/** Features that can be switched on, pale. */
function drawSpares(pen, { layout, palette, spares }) {
  const { places, tiles } = layout.columns[0];
  pen.lineWidth = 1;
  pen.strokeStyle = css(palette.text);
  places?.forEach((place, row) => {
    if (tiles.includes(place)) return;
    const { x, y, size } = place;
    pen.save();
    pen.beginPath();
    pen.roundRect(x, y, size, size, 5);
    pen.globalAlpha = 0.35;
    pen.stroke();
    pen.clip();
    pen.globalAlpha = 0.28;
    pen.drawImage(spares[row], x, y, size, size);
    pen.restore();
  });
}

/** Tiles get round corners: what lies outside them is painted over, which is cheaper than clipping each. */
function maskCorners(pen, { layout, palette }) {
  pen.beginPath();
  for (const column of layout.columns) {
    for (const { x, y, size } of column.tiles) {
      pen.rect(x - 0.5, y - 0.5, size + 1, size + 1);
      pen.roundRect(x, y, size, size, 5);
    }
  }
  pen.fillStyle = css(palette.background);
  pen.fill("evenodd");
}

function drawBias(pen, tile, bias, palette) {
  pen.beginPath();
  pen.arc(tile.x + 1, tile.y + tile.size - 1, Math.max(3, tile.size * 0.1), 0, 2 * Math.PI);
  pen.fillStyle = css(palette.shade(Math.sign(bias) * Math.tanh(Math.abs(bias)), 1));
  pen.fill();
  pen.lineWidth = 1;
  pen.strokeStyle = css(palette.text, 0.55);
  pen.stroke();
}

function drawCross(pen, tile, palette) {
  const inset = tile.size * 0.28;
  pen.beginPath();
  pen.moveTo(tile.x + inset, tile.y + inset);
  pen.lineTo(tile.x + tile.size - inset, tile.y + tile.size - inset);
  pen.moveTo(tile.x + tile.size - inset, tile.y + inset);
  pen.lineTo(tile.x + inset, tile.y + tile.size - inset);
  pen.lineWidth = 2;
  pen.strokeStyle = css(palette.text, 0.75);
  pen.stroke();
}

/** A unit's name on a phone, where there is no room beside it. */
function label(pen, tile, text, palette) {
  pen.font = `600 10px ${palette.font}`;
  pen.textAlign = "center";
  pen.lineWidth = 3;
  pen.strokeStyle = css(palette.background, 0.85);
  pen.strokeText(text, tile.x + tile.size / 2, tile.y + tile.size / 2);
  pen.fillStyle = css(palette.text);
  pen.fillText(text, tile.x + tile.size / 2, tile.y + tile.size / 2);
}

/** Where the pointer is on the plane, in a unit's map, and what the unit gives there. */
function drawAtPointer(pen, tile, pointer, value, palette) {
  const [x, y] = [tile.x + pointer.u * tile.size, tile.y + (1 - pointer.v) * tile.size];
  pen.beginPath();
  pen.arc(x, y, 2.5, 0, 2 * Math.PI);
  pen.lineWidth = 1.5;
  pen.strokeStyle = css(palette.text);
  pen.stroke();
  if (tile.size < 34) return;
  const text = number(value, Math.abs(value) < 10 ? 2 : 1);
  pen.font = `600 10px ${palette.font}`;
  pen.textAlign = "center";
  const width = pen.measureText(text).width + 6;
  const high = pointer.v < 0.35; // the number moves out of the way of the mark
  const top = high ? tile.y + 2 : tile.y + tile.size - 15;
  pen.fillStyle = css(palette.background, 0.82);
  pen.beginPath();
  pen.roundRect(tile.x + tile.size / 2 - width / 2, top, width, 13, 4);
  pen.fill();
  pen.fillStyle = css(palette.text);
  pen.fillText(text, tile.x + tile.size / 2, top + 7);
}

/** Where the output's weights come together, with the output's bias. */
function drawSink(pen, { layout, palette, description, parameters }) {
  const { sizes } = description;
  const { sink, map } = layout;
  const single = sizes[sizes.length - 1] === 1;
  const bias = parameters && single ? parameters[parameters.length - 1] : 0;
  pen.lineCap = "round";
  if (!single) {
    layout.columns[layout.columns.length - 1].tiles.forEach((tile, k) => {
      const bent = (tile.x + tile.size + sink.x) / 2;
      pen.beginPath();
      pen.moveTo(tile.x + tile.size + 1, tile.y + tile.size / 2);
      pen.bezierCurveTo(bent, tile.y + tile.size / 2, bent, sink.y, sink.x - 5, sink.y);
      pen.lineWidth = 2.5;
      pen.strokeStyle = css(palette.classes[k % palette.classes.length], 0.8);
      pen.stroke();
    });
  }
  if (layout.wide) {
    pen.beginPath();
    pen.moveTo(sink.x, sink.y);
    pen.lineTo(map.x - 3, sink.y);
    pen.lineWidth = 2.5;
    pen.strokeStyle = css(palette.text, 0.55);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(map.x - 9, sink.y - 5);
    pen.lineTo(map.x - 3, sink.y);
    pen.lineTo(map.x - 9, sink.y + 5);
    pen.stroke();
  }
  pen.beginPath();
  pen.arc(sink.x, sink.y, 7, 0, 2 * Math.PI);
  pen.fillStyle = css(single ? palette.shade(Math.sign(bias) * Math.tanh(Math.abs(bias)), 1) : palette.surface);
  pen.fill();
  pen.lineWidth = 1.5;
  pen.strokeStyle = css(palette.text, 0.7);
  pen.stroke();
}

function drawMap(pen, scene) {
  const { layout, palette, atlas, description, held } = scene;
  const { map } = layout;
  pen.fillStyle = css(palette.centre);
  pen.fillRect(map.x, map.y, map.size, map.size);
  if (scene.ready) {
    pen.imageSmoothingQuality = atlas.cells < STILL_CELLS ? "low" : "high";
    pen.drawImage(atlas.large, map.x, map.y, map.size, map.size);
    drawBoundaries(pen, scene);
  }
  pen.drawImage(scene.points, map.x - POINT_EDGE, map.y - POINT_EDGE, map.size + 2 * POINT_EDGE, map.size + 2 * POINT_EDGE);
  if (!held && scene.ready) drawWrong(pen, scene);
  if (scene.chosen) drawChosen(pen, scene);
  if (scene.pointer) drawCrosshair(pen, scene);
  pen.lineWidth = 1;
  pen.strokeStyle = css(palette.text, 0.35);
  pen.strokeRect(map.x, map.y, map.size, map.size);
  drawAxes(pen, map, description.bounds, palette);
}

function drawBoundaries(pen, { layout, palette, atlas }) {
  const { map } = layout;
  const cell = map.size / atlas.cells;
  pen.save();
  pen.beginPath();
  pen.rect(map.x, map.y, map.size, map.size);
  pen.clip();
  pen.beginPath();
  for (const pieces of atlas.boundaries) {
    for (const [x1, y1, x2, y2] of pieces) {
      pen.moveTo(map.x + x1 * cell, map.y + map.size - y1 * cell);
      pen.lineTo(map.x + x2 * cell, map.y + map.size - y2 * cell);
    }
  }
  pen.lineWidth = 1.75;
  pen.lineCap = "round";
  pen.strokeStyle = css(palette.text, 0.72);
  pen.stroke();
  pen.restore();
}

const POINT_EDGE = 8; // by how much the picture of the points is larger than the map

/** The points of both splits, as a picture that stays while the film plays. */
export function drawPoints(canvas, { layout, palette, description }) {
  const size = layout.map.size + 2 * POINT_EDGE;
  const pen = fit(canvas, size, size);
  pen.clearRect(0, 0, size, size);
  const { train, test } = description.points;
  const crowd = Math.min(1, Math.sqrt(360 / (train.length + test.length)));
  const radius = Math.max(2.1, Math.min(3.8, layout.map.size / 105) * crowd);
  pen.lineWidth = 0.5 + 0.2 * radius;
  pen.strokeStyle = css(palette.dark ? [10, 13, 18] : [255, 255, 255], 0.95);
  for (const split of ["train", "test"]) {
    for (const [px, py, label_] of description.points[split]) {
      const { x, y } = onMap(px, py, description.bounds, layout.map.size);
      pen.beginPath();
      if (split === "train") pen.arc(x + POINT_EDGE, y + POINT_EDGE, radius, 0, 2 * Math.PI);
      else diamond(pen, x + POINT_EDGE, y + POINT_EDGE, radius * 1.45);
      pen.fillStyle = css(palette.classes[label_ % palette.classes.length]);
      pen.fill();
      pen.stroke();
    }
  }
}

function diamond(pen, x, y, radius) {
  pen.moveTo(x, y - radius);
  pen.lineTo(x + radius, y);
  pen.lineTo(x, y + radius);
  pen.lineTo(x - radius, y);
  pen.closePath();
}

function onMap(x, y, bounds, size) {
  return {
    x: ((x - bounds.x_min) / (bounds.x_max - bounds.x_min)) * size,
    y: (1 - (y - bounds.y_min) / (bounds.y_max - bounds.y_min)) * size,
  };
}

/** A ring around each point that the network takes for another class. */
function drawWrong(pen, { layout, palette, description, wrong }) {
  const { map } = layout;
  const radius = Math.max(4.2, Math.min(6, map.size / 70));
  pen.beginPath();
  for (const [px, py] of wrong) {
    const { x, y } = onMap(px, py, description.bounds, map.size);
    pen.moveTo(map.x + x + radius, map.y + y);
    pen.arc(map.x + x, map.y + y, radius, 0, 2 * Math.PI);
  }
  pen.lineWidth = 1.4;
  pen.strokeStyle = css(palette.text, 0.9);
  pen.stroke();
}

/** A ring around the point that is followed by hand, with an edge that shows on every colour. */
function drawChosen(pen, { layout, palette, description, chosen }) {
  const { map } = layout;
  const { x, y } = onMap(chosen[0], chosen[1], description.bounds, map.size);
  for (const [width, colour] of [
    [6, palette.dark ? [10, 13, 18] : [255, 255, 255]],
    [2.5, palette.text],
  ]) {
    pen.beginPath();
    pen.arc(map.x + x, map.y + y, 10, 0, 2 * Math.PI);
    pen.lineWidth = width;
    pen.strokeStyle = css(colour, 0.95);
    pen.stroke();
  }
}

function drawCrosshair(pen, { layout, palette, pointer }) {
  const { map } = layout;
  const [x, y] = [map.x + pointer.u * map.size, map.y + (1 - pointer.v) * map.size];
  pen.beginPath();
  pen.moveTo(map.x, y);
  pen.lineTo(map.x + map.size, y);
  pen.moveTo(x, map.y);
  pen.lineTo(x, map.y + map.size);
  pen.lineWidth = 1;
  pen.strokeStyle = css(palette.text, 0.35);
  pen.stroke();
}

function drawAxes(pen, map, bounds, palette) {
  pen.font = `11px ${palette.font}`;
  pen.fillStyle = css(palette.muted);
  pen.strokeStyle = css(palette.text, 0.35);
  pen.lineWidth = 1;
  pen.beginPath();
  pen.textAlign = "center";
  for (const tick of ticksBetween(bounds.x_min, bounds.x_max, 6)) {
    const { x } = onMap(tick, 0, bounds, map.size);
    pen.moveTo(map.x + x, map.y + map.size);
    pen.lineTo(map.x + x, map.y + map.size + 4);
    pen.fillText(minus(String(tick)), map.x + x, map.y + map.size + 13);
  }
  pen.textAlign = "left";
  for (const tick of ticksBetween(bounds.y_min, bounds.y_max, 6)) {
    const { y } = onMap(0, tick, bounds, map.size);
    pen.moveTo(map.x + map.size, map.y + y);
    pen.lineTo(map.x + map.size + 4, map.y + y);
    pen.fillText(minus(String(tick)), map.x + map.size + 7, map.y + y);
  }
  pen.stroke();
}
