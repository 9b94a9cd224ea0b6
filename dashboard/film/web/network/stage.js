// The network of a small MLP with its maps: drawn from a frame's weights, and changed by hand.

import { fit } from "../canvas.js";
import { element } from "../elements.js";
import { css } from "../palette.js";
import { TEXTS, number, percent, subscript } from "../texts.js";
import { evaluate, inputsOf, layersOf, middles, predict, shownValues } from "./arithmetic.js";
import { ByHand } from "./by_hand.js";
import { Atlas, STILL_CELLS, drawPoints, drawStage, spareMaps } from "./drawing.js";
import { Editor } from "./editing.js";
import { MAP_HEAD_PX, MAX_UNITS, layOut, onEdge } from "./layout.js";
import { MapReader } from "./map_reader.js";

const PLAYING_CELLS = 50; // of a map along each axis while the film plays
const MAX_PRODUCTS = 8e6; // a map's multiplications while playing; a wide network gets a coarser one
const MAX_PRODUCTS_STILL = 2e8;
const FIRST_REACH = 32; // of the tables of activations
const MAX_REACH = 1024; // beyond it the function is continued by a line
const EDGE_SLOP_PX = 6;

const NO_PASS = { busy: false, point: null, write() {}, clicked() {}, close() {} }; // where no pass is followed by hand

export class NetworkStage {
  name = "network";
  blends = true; // between two frames there is something to see

  constructor(player) {
    this.player = player;
    this.description = player.description.network;
    this.layers = layersOf(this.description.sizes);
    this.atlas = new Atlas();
    this.points = document.createElement("canvas");
    this.grids = new Map();
    this.activations = null;
    this.hand = null;
    this.held = null;
    this.hover = null;
    this.pointer = null;
    this.stale = true;
    this.editor = this.description.editing ? new Editor(this) : null;
    this.parts = this.build(player.parts);
    this.byHand = player.small ? NO_PASS : new ByHand(this, player.parts.stages);
    this.listen();
  }

  build({ stages, status, live }) {
    const parts = {
      hand: element("span", { class: "hand", hidden: true }),
      handText: element("span"),
      reset: element("button", { type: "button", class: "small", text: TEXTS.reset }),
      stage: element("div", { class: "stage" }),
      canvas: element("canvas", { class: "network", role: "img" }),
      units: element("div", { class: "units", role: "group", "aria-label": TEXTS.unitsGroup }),
      mapTitle: element("div", { class: "map-title" }),
      mapName: element("span", { class: "name" }),
      toggle: element("button", { type: "button", class: "small", hidden: true }),
      leave: element("button", { type: "button", class: "small", text: TEXTS.leave, title: TEXTS.backToOutput, hidden: true }),
      tip: element("div", { class: "tip", role: "tooltip", hidden: true }),
      weights: element("div", { class: "weights", hidden: true }),
      legend: element("div", { class: "legend" }),
    };
    parts.hand.append(parts.handText, parts.reset);
    parts.mapTitle.append(parts.mapName, parts.toggle, parts.leave);
    const edit = this.editor ? [this.editor.box] : [];
    this.mapReader = new MapReader(this);
    parts.stage.append(parts.canvas, parts.units, ...edit, parts.mapTitle, this.mapReader.box, this.mapReader.spoken, parts.tip);
    status.after(parts.hand);
    stages.append(parts.stage, parts.weights, parts.legend);
    return parts;
  }

  close() {
    this.closed = true;
    this.byHand.close();
    this.editor?.close();
    this.parts.hand.remove();
    this.aborter.abort();
  }

  get busy() {
    return this.stale || Boolean(this.widening) || this.byHand.busy;
  }

  get activationKeys() {
    return this.description.activations.map(({ key }) => key);
  }

  async prepare() {
    this.activations ??= await this.player.film.activations(this.activationKeys, FIRST_REACH);
  }

  accepts(frames) {
    const last = this.layers[this.layers.length - 1];
    return frames[0].weights.length === last.bias + last.units;
  }

  /** Another frame is shown; what was changed by hand is forgotten. */
  shown() {
    if (this.hand && this.player.frame !== this.hand.frame) this.forgetHand();
    this.stale = true;
  }

  // --- By hand

  /** The parameters that are shown: the frame's, or a copy that was changed by hand. */
  get parameters() {
    const blended = this.player.playing && !this.hand ? this.between() : null;
    return this.hand?.parameters ?? blended ?? this.player.frame?.weights ?? null;
  }

  /** While the film plays, weights move evenly from one frame to the next; on a slow machine they jump. */
  between() {
    const [here, next] = [this.player.frame, this.player.film.frames[this.player.index + 1]];
    const t = this.player.position - this.player.index;
    if (!next || this.player.slow || !(t > 0)) return null;
    if (this.blend?.length !== here.weights.length) this.blend = new Float32Array(here.weights.length);
    for (let i = 0; i < this.blend.length; i++) this.blend[i] = here.weights[i] + t * (next.weights[i] - here.weights[i]);
    return this.blend;
  }

  get off() {
    return this.hand?.off ?? NONE;
  }

  change() {
    const { player } = this;
    if (player.playing || player.live) {
      player.halt();
      player.refreshBar();
    }
    this.hand ??= { frame: player.frame, parameters: player.frame.weights.slice(), off: new Set() };
    this.redraw();
    return this.hand;
  }

  /** The same frame again, coarse at first and whole once nothing has changed for a moment. */
  redraw() {
    this.stale = true;
    this.player.schedule();
    this.player.refine();
  }

  setWeight(index, value) {
    this.change().parameters[index] = value;
    this.writeWeights();
    this.writeHand();
  }

  switchUnit({ layer, unit }) {
    if (layer < 1 || layer >= this.description.sizes.length - 1) return;
    const { off } = this.change();
    const name = `${layer - 1}.${unit}`;
    if (!off.delete(name)) off.add(name);
    this.writeHeld();
    this.writeHand();
  }

  forgetHand() {
    if (!this.hand) return;
    this.hand = null;
    this.writeHeld();
    this.writeHand();
  }

  reset() {
    this.forgetHand();
    this.redraw();
  }

  writeHand() {
    this.parts.hand.hidden = !this.hand;
    if (!this.hand) return;
    const { labels } = this.pointInputs;
    const share = 1 - this.wrongPoints(this.parameters).length / Math.max(1, labels.length);
    this.parts.handText.textContent = `${TEXTS.byHand}: ${TEXTS.byHandMetric(percent(share))}`;
  }

  hold(unit) {
    this.held = unit && this.held && same(unit, this.held) ? null : unit;
    this.parts.tip.hidden = true;
    this.writeHeld();
    this.redraw();
  }

  // --- What the network makes of the plane

  grid(cells) {
    if (!this.grids.has(cells)) {
      const [xs, ys] = middles(this.description.bounds, cells);
      this.grids.set(cells, { inputs: inputsOf(this.description.features, xs, ys), buffers: [] });
    }
    return this.grids.get(cells);
  }

  evaluateGrid(parameters, cells) {
    const { inputs, buffers } = this.grid(cells);
    const found = evaluate(this.layers, parameters, inputs, cells * cells, this.activations, this.off, buffers);
    found.layers.slice(1).forEach((values, i) => (buffers[i] = values));
    this.widen(found.largest);
    return found;
  }

  /** Fetch a table that reaches further, where a pre-activation left the one that is here. */
  widen(largest) {
    if (!(largest > this.activations.reach) || this.activations.reach >= MAX_REACH) return null;
    this.widening ??= this.fetchWider(largest).finally(() => (this.widening = null));
    return this.widening;
  }

  async fetchWider(largest) {
    const { film } = this.player;
    let reach = this.activations.reach;
    while (reach < largest && reach < MAX_REACH) reach *= 2;
    const wider = await film.activations(this.activationKeys, reach).catch(() => null);
    if (!wider || this.closed) return;
    this.activations = wider;
    this.stale = true;
    this.player.schedule();
  }

  cellsNow() {
    const products = this.layers.reduce((sum, layer) => sum + layer.fanIn * layer.units, 0);
    const quick = !this.player.playing && products * STILL_CELLS ** 2 < MAX_PRODUCTS;
    const [most, budget] = this.player.still || quick ? [STILL_CELLS, MAX_PRODUCTS_STILL] : [PLAYING_CELLS, MAX_PRODUCTS];
    return Math.max(12, Math.min(most, Math.floor(Math.sqrt(budget / products))));
  }

  compute() {
    const { parameters, layout, held } = this;
    const { palette } = this.player;
    const cells = this.cellsNow();
    this.evaluated = this.evaluateGrid(parameters, cells);
    this.atlas.paint(this.evaluated, cells, layout.columns, palette, held);
    this.wrong = this.wrongPoints(parameters);
    if (this.pointer) this.readPointer();
    this.byHand.write();
    this.stale = false;
    this.ready = true;
  }

  wrongPoints(parameters) {
    const { inputs, labels, every } = this.pointInputs;
    const found = evaluate(this.layers, parameters, inputs, labels.length, this.activations, this.off);
    const { winner } = predict(found.layers[found.layers.length - 1], labels.length);
    return every.filter((_, p) => winner[p] !== labels[p]);
  }

  readPointer() {
    const { bounds, features } = this.description;
    const { u, v } = this.pointer;
    const x = Float32Array.of(bounds.x_min + u * (bounds.x_max - bounds.x_min));
    const y = Float32Array.of(bounds.y_min + v * (bounds.y_max - bounds.y_min));
    const found = evaluate(this.layers, this.parameters, inputsOf(features, x, y), 1, this.activations, this.off);
    this.pointer = { ...this.pointer, x: x[0], y: y[0] };
    this.logitsAtPointer = found.layers[found.layers.length - 1];
    this.valuesAtPointer = shownValues(found);
  }

  /** The decision map of a frame, on cells of the plane, the lowest row first; for tests. */
  async mapsOf(index, cells = STILL_CELLS) {
    const frame = this.player.film.frames[index];
    const { inputs } = this.grid(cells);
    for (;;) {
      const { layers, largest } = evaluate(this.layers, frame.weights, inputs, cells * cells, this.activations, NONE);
      const wider = this.widen(largest);
      if (wider) {
        await wider;
        continue;
      }
      const { probability, winner } = predict(layers[layers.length - 1], cells * cells);
      const hidden = layers.slice(1, -1).map((values) => Array.from(values));
      return { cells, step: frame.step, probability: Array.from(probability), winner: Array.from(winner), hidden };
    }
  }

  // --- Drawing

  draw() {
    if (!this.layout) return;
    const known = Boolean(this.activations && this.parameters);
    if (this.player.playing && !this.player.slow) this.stale = true;
    if (known && this.stale) this.compute();
    const pen = fit(this.parts.canvas, this.layout.width, this.layout.height);
    drawStage(pen, {
      ...{ layout: this.layout, palette: this.player.palette, description: this.description, atlas: this.atlas },
      ...{ parameters: known ? this.parameters : null, off: this.off, held: this.held, hover: this.hover },
      ...{ pointer: known ? this.pointer : null, valuesAtPointer: this.valuesAtPointer, wrong: this.wrong },
      ...{ chosen: this.byHand.point, spares: this.spares },
      ...{ points: this.points, ready: known && this.ready },
    });
  }

  restyle() {
    this.description = this.player.description.network;
    const { train, test } = this.description.points;
    const every = [...train, ...test];
    const xs = Float32Array.from(every, ([x]) => x);
    const ys = Float32Array.from(every, ([, y]) => y);
    const labels = every.map(([, , label_]) => label_);
    this.pointInputs = { inputs: inputsOf(this.description.features, xs, ys), labels, every };
    this.writeLegend();
    this.spares = spareMaps(this.description.editing?.features ?? [], this.description.bounds, this.player.palette);
    this.editor?.update();
  }

  resize(width) {
    this.layout = layOut(width, this.description, this.player.small);
    this.parts.stage.style.height = `${this.layout.height}px`;
    drawPoints(this.points, { layout: this.layout, palette: this.player.palette, description: this.description });
    this.placeUnits();
    this.placeMapTitle();
    this.editor?.place();
    this.writeHeld();
    this.stale = true;
  }

  /** The picture in words, once it stands still. */
  describe(status) {
    this.parts.canvas.setAttribute("aria-label", TEXTS.picture(this.description.sizes, status));
  }

  writeLegend() {
    const { legend } = this.parts;
    const mark = (kind, text) => element("span", { class: "entry" }, element("i", { class: `mark ${kind}` }), text);
    const scale = element("span", { class: "entry" }, TEXTS.negative, element("i", { class: "scale" }), TEXTS.positive);
    const classes = this.description.classes.map((name, k) => {
      const swatch = element("i", { class: "mark swatch" });
      swatch.style.background = css(this.player.palette.classes[k % this.player.palette.classes.length]);
      return element("span", { class: "entry" }, swatch, `${TEXTS.classes} ${name}`);
    });
    legend.replaceChildren(
      ...[scale, ...classes, mark("train", TEXTS.train), mark("test", TEXTS.test)],
      ...[mark("wrong", TEXTS.wrong), mark("boundary", TEXTS.boundary)],
    );
  }

  nameOf({ layer, unit }) {
    const { sizes, features, classes } = this.description;
    if (layer === 0) return TEXTS.feature(features[unit].name);
    if (layer < sizes.length - 1) return TEXTS.unit(layer, unit + 1);
    return sizes[layer] > 1 ? TEXTS.classUnit(classes[unit]) : TEXTS.output;
  }

  /** How a unit's input is called within its formula. */
  symbolOf(layer, unit) {
    return layer === 0 ? this.description.features[unit].name : `a${subscript(unit + 1)}`;
  }

  /** z = 0.53·x − 1.20·y + 0.10, the weightier terms where there are many. */
  formulaOf({ layer, unit }) {
    const { fanIn, weight, bias } = this.layers[layer - 1];
    const terms = Array.from({ length: fanIn }, (_, input) => ({
      value: this.parameters[weight + unit * fanIn + input],
      symbol: this.symbolOf(layer - 1, input),
    }));
    const shown = terms.length > MAX_UNITS ? new Set([...terms].sort(byWeight).slice(0, 6)) : null;
    const written = terms.filter((term) => !shown || shown.has(term));
    const left = terms.length - written.length;
    const text = [...written.map(({ value, symbol }) => [value, `·${symbol}`]), [this.parameters[bias + unit], ""]]
      .map(([value, rest], i) => `${value < 0 ? (i ? " − " : "−") : i ? " + " : ""}${number(Math.abs(value))}${rest}`)
      .join("");
    return `z = ${text}${left ? ` + ${left} smaller terms` : ""}`;
  }

  /** Whether a hidden unit gives nothing anywhere, as a dead ReLU does. */
  isSilent({ layer, unit }) {
    if (layer === 0 || layer >= this.description.sizes.length - 1 || !this.evaluated) return false;
    const { layers, count } = this.evaluated;
    return layers[layer].subarray(unit * count, (unit + 1) * count).every((value) => value === 0);
  }

  valueName(layer) {
    if (layer === 0) return "value";
    return layer < this.description.sizes.length - 1 ? "a" : "P";
  }

  linesOf(unit) {
    const { sizes, activations } = this.description;
    const lines = [this.nameOf(unit)];
    const here = this.pointer ? this.valuesAtPointer?.[unit.layer]?.[unit.unit] : undefined;
    if (unit.layer > 0 && this.parameters) {
      lines.push(this.formulaOf(unit));
      if (unit.layer < sizes.length - 1) {
        if (this.off.has(`${unit.layer - 1}.${unit.unit}`)) lines.push(`a = 0 (${TEXTS.off})`);
        else lines.push(activatedBy(activations[unit.layer - 1]));
      } else if (sizes[unit.layer] > 1) {
        lines.push("P = softmax(z)");
      }
    }
    if (this.isSilent(unit)) lines.push(TEXTS.silent);
    if (here !== undefined) lines.push(`${this.valueName(unit.layer)} = ${number(here, 3)}`);
    return lines;
  }

  // --- Units: buttons over the tiles, the large map's title, sliders of a held unit's weights

  placeUnits() {
    const { units } = this.parts;
    const had = this.focused;
    units.replaceChildren();
    this.buttons = [];
    if (this.player.small) return; // one of several is looked at and not changed
    this.layout.columns.forEach((column, layer) => {
      column.tiles.forEach((tile, unit) => {
        const button = element("button", { type: "button", class: "unit", tabindex: -1, "aria-pressed": "false" });
        button.setAttribute("aria-label", this.nameOf({ layer, unit }));
        Object.assign(button.style, { left: `${tile.x}px`, top: `${tile.y}px`, width: `${tile.size}px`, height: `${tile.size}px` });
        button.place = { layer, unit };
        units.append(button);
        this.buttons.push(button);
      });
    });
    this.rove(this.buttons.find((b) => had && same(b.place, had)) ?? this.buttons[0], false);
  }

  /** One unit can be reached by Tab; the arrows move on from there. */
  rove(button, focus = true) {
    for (const other of this.buttons) other.tabIndex = other === button ? 0 : -1;
    this.focused = button?.place;
    if (focus) button.focus();
  }

  moveFocus(place, key) {
    const { columns } = this.layout;
    let { layer, unit } = place;
    if (key === "ArrowLeft" || key === "ArrowRight") {
      layer = Math.max(0, Math.min(columns.length - 1, layer + (key === "ArrowRight" ? 1 : -1)));
      unit = Math.round(((unit + 0.5) / columns[place.layer].tiles.length) * columns[layer].tiles.length - 0.5);
    } else {
      unit += key === "ArrowDown" ? 1 : -1;
    }
    unit = Math.max(0, Math.min(columns[layer].tiles.length - 1, unit));
    this.rove(this.buttons.find((button) => same(button.place, { layer, unit })));
  }

  placeMapTitle() {
    const { map } = this.layout;
    Object.assign(this.parts.mapTitle.style, { left: `${map.x}px`, top: `${map.y - MAP_HEAD_PX}px`, width: `${map.size}px` });
    this.mapReader.place(map);
  }

  writeHeld() {
    const { mapName, toggle, leave } = this.parts;
    const { held } = this;
    mapName.textContent = held ? this.nameOf(held) : TEXTS.output;
    this.mapReader.name(mapName.textContent);
    leave.hidden = !held;
    const hidden = held && held.layer > 0 && held.layer < this.description.sizes.length - 1;
    toggle.hidden = !hidden;
    if (hidden) toggle.textContent = this.off.has(`${held.layer - 1}.${held.unit}`) ? TEXTS.switchOn : TEXTS.switchOff;
    for (const button of this.buttons ?? []) button.setAttribute("aria-pressed", String(Boolean(held && same(button.place, held))));
    this.buildWeights();
  }

  /** Sliders for the weights of the held unit; what the mouse does on an edge, the keyboard does here. */
  buildWeights() {
    const { weights } = this.parts;
    const { held } = this;
    weights.hidden = !held || held.layer === 0 || !this.parameters;
    this.sliders = [];
    if (weights.hidden) return weights.replaceChildren();
    const { fanIn, weight, bias } = this.layers[held.layer - 1];
    const shown = Array.from({ length: Math.min(fanIn, MAX_UNITS) }, (_, i) => [weight + held.unit * fanIn + i, this.symbolOf(held.layer - 1, i)]);
    const rows = [...shown, [bias + held.unit, TEXTS.bias]].map(([index, name]) => {
      const reach = Math.max(3, 2 * Math.abs(this.parameters[index]));
      const range = element("input", { type: "range", min: -reach, max: reach, step: 0.01, "aria-label": name });
      const value = element("output", {});
      range.addEventListener("input", () => this.setWeight(index, Number(range.value)));
      this.sliders.push({ index, range, value });
      return element("label", {}, element("span", { class: "symbol", text: name }), range, value);
    });
    this.formula = element("div", { class: "formula" });
    weights.replaceChildren(this.formula, element("div", { class: "rows" }, ...rows));
    this.writeWeights();
  }

  writeWeights() {
    if (!this.sliders?.length || !this.parameters) return;
    this.formula.textContent = this.linesOf(this.held).slice(1).join(",  ");
    for (const { index, range, value } of this.sliders) {
      if (Math.abs(Number(range.value) - this.parameters[index]) > 0.005) range.value = this.parameters[index];
      value.textContent = number(this.parameters[index]);
    }
  }

  // --- Pointer and keys

  listen() {
    const { parts } = this;
    this.aborter = new AbortController();
    const on = (target, type, act) => target.addEventListener(type, act, { signal: this.aborter.signal });
    on(parts.reset, "click", () => this.reset());
    on(parts.leave, "click", () => this.hold(null));
    on(parts.toggle, "click", () => this.switchUnit(this.held));
    on(parts.units, "click", (event) => event.target.place && (this.rove(event.target), this.hold(event.target.place)));
    on(parts.units, "focusin", (event) => event.target.place && (this.focused = event.target.place));
    on(parts.stage, "pointermove", (event) => this.pointed(event));
    on(parts.stage, "pointerleave", () => this.pointedAway());
    on(parts.stage, "pointerdown", (event) => this.grab(event));
    on(parts.stage, "click", (event) => this.clicked(event));
    on(parts.stage, "pointerup", () => this.drop());
    on(parts.stage, "pointercancel", () => this.drop());
  }

  actFor(key, { place }) {
    const unit = place ?? this.held;
    if (place && key.startsWith("Arrow")) return () => this.moveFocus(place, key);
    if (unit && (key === "Delete" || key === "0")) return () => this.switchUnit(unit);
    return this.held && key === "Escape" ? () => this.hold(null) : null;
  }

  /** What lies under the pointer: the map, a unit, or an edge. */
  hit({ x, y }) {
    const { map, columns } = this.layout;
    if (x >= map.x && x <= map.x + map.size && y >= map.y && y <= map.y + map.size) {
      return { map: { u: (x - map.x) / map.size, v: 1 - (y - map.y) / map.size } };
    }
    for (let layer = 0; layer < columns.length; layer++) {
      const unit = columns[layer].tiles.findIndex((t) => x >= t.x && x <= t.x + t.size && y >= t.y && y <= t.y + t.size);
      if (unit >= 0) return { unit: { layer, unit } };
    }
    const edge = this.edgeAt(x, y);
    return edge ? { edge } : {};
  }

  edgeAt(x, y) {
    let [best, nearest] = [null, EDGE_SLOP_PX];
    for (const edge of this.layout.edges) {
      if (x < edge.start.x || x > edge.end.x) continue;
      let [low, high] = [0, 1]; // the curve runs from left to right, so its place at x is found by halving
      for (let i = 0; i < 12; i++) {
        const t = (low + high) / 2;
        if (onEdge(edge, t).x < x) low = t;
        else high = t;
      }
      const t = (low + high) / 2;
      const [here, next] = [onEdge(edge, t), onEdge(edge, Math.min(1, t + 0.02))];
      const slope = (next.y - here.y) / Math.max(0.01, next.x - here.x);
      const distance = Math.abs(here.y - y) / Math.hypot(1, slope);
      if (distance < nearest) [best, nearest] = [edge, distance];
    }
    return best;
  }

  pointed(event) {
    const box = this.parts.stage.getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    if (this.grabbed) return this.pull(event, at);
    this.pointAt(at);
    const { edge, map } = this.hover ?? {};
    this.parts.stage.style.cursor = edge && event.pointerType !== "touch" && !this.player.small ? "ns-resize" : map ? "crosshair" : "";
  }

  /** Look at a place of the stage; returns its lines in the tip. */
  pointAt(at) {
    if (!this.parameters || !this.activations) return [];
    const found = this.hit(at);
    this.pointer = found.map ?? null;
    if (this.pointer) this.readPointer();
    this.hover = found;
    const lines = this.tipLines(found);
    this.tell(at, lines);
    this.player.schedule();
    return lines;
  }

  clicked(event) {
    const box = this.parts.stage.getBoundingClientRect();
    const { map } = this.hit({ x: event.clientX - box.left, y: event.clientY - box.top });
    if (map) this.byHand.clicked(map);
  }

  pointedAway() {
    if (this.grabbed) return;
    this.pointer = null;
    this.hover = null;
    this.parts.tip.hidden = true;
    this.player.schedule();
  }

  tipLines(found) {
    if (found.map) return this.linesAtPointer();
    const hint = (text) => (this.player.small ? [] : [text]);
    if (found.unit) return [...this.linesOf(found.unit), ...hint(TEXTS.unitHint)];
    if (!found.edge) return [];
    const { layer, unit, input, index } = found.edge;
    const names = [this.nameOf({ layer, unit: input }), this.nameOf({ layer: layer + 1, unit })];
    return [TEXTS.edge(...names), `w = ${number(this.parameters[index], 3)}`, ...hint(TEXTS.edgeHint)];
  }

  linesAtPointer() {
    const { x, y } = this.pointer;
    const { classes } = this.description;
    const place = `(${number(x)}, ${number(y)})`;
    if (this.held) {
      const value = this.valuesAtPointer[this.held.layer][this.held.unit];
      return [`${this.nameOf(this.held)} = ${number(value, 3)}`, place];
    }
    const { probability, winner, outputs } = predict(this.logitsAtPointer, 1);
    const named = outputs === 1 ? 1 : winner[0];
    return [TEXTS.probability(classes[named], number(probability[0], 3)), place];
  }

  /** Say these lines beside the pointer, inside the stage. */
  tell(at, lines) {
    const { tip } = this.parts;
    tip.hidden = !lines.length;
    if (!lines.length) return;
    tip.replaceChildren(...lines.map((text, i) => element("div", { class: i ? "" : "first", text })));
    const right = at.x > this.layout.width * 0.6;
    tip.style.left = right ? "" : `${at.x + 16}px`;
    tip.style.right = right ? `${this.layout.width - at.x + 16}px` : "";
    const below = at.y < this.layout.height * 0.6;
    tip.style.top = below ? `${at.y + 14}px` : "";
    tip.style.bottom = below ? "" : `${this.layout.height - at.y + 14}px`;
  }

  grab(event) {
    if (this.player.small || event.button !== 0 || event.pointerType === "touch" || !this.hover?.edge || event.target.place) return;
    event.preventDefault();
    const { edge } = this.hover;
    this.parts.stage.setPointerCapture(event.pointerId);
    this.grabbed = { edge, from: event.clientY, weight: this.parameters[edge.index] };
  }

  pull(event, at) {
    const { edge, from, weight } = this.grabbed;
    this.setWeight(edge.index, weight + (from - event.clientY) * 0.02);
    this.tell(at, this.tipLines({ edge }));
  }

  drop() {
    this.grabbed = null;
  }
}

const NONE = new Set();
const activatedBy = ({ name, typed }) => (typed ? `a = f(z), f(x) = ${name}` : `a = ${name}(z)`);
const same = (a, b) => a.layer === b.layer && a.unit === b.unit;
const byWeight = (a, b) => Math.abs(b.value) - Math.abs(a.value);
