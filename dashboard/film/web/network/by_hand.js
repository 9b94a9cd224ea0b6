// The section below the drawing that follows one training point through one unit and back, a formula a line.

import { element } from "../elements.js";
import { PASS, TEXTS, grouped, number } from "../texts.js";
import { inputsOf } from "./arithmetic.js";
import { backward, crossEntropy, forward, gradientsOf } from "./backward.js";
import { formulasOf } from "./formulas.js";

const POINT_SLOP = 0.06; // of the map's width, from a click to the point that it means
const RETRY_MS = 2000;

export class ByHand {
  constructor(stage, stages) {
    this.stage = stage;
    this.player = stage.player;
    this.index = 0; // of the training point
    this.derivatives = null;
    this.rates = new WeakMap(); // by frame
    this.parts = this.build(stages);
    this.listen();
  }

  build(stages) {
    const small = (text) => element("button", { type: "button", class: "small", text });
    const parts = {
      toggle: element("button", { type: "button", class: "small pass-toggle", text: PASS.open, title: PASS.opens, "aria-expanded": "false" }),
      hint: element("span", { class: "pass-hint", text: PASS.opens }),
      body: element("div", { class: "pass", role: "group", "aria-label": PASS.group, hidden: true }),
      previous: small(PASS.previousPoint),
      next: small(PASS.nextPoint),
      point: element("span", { class: "pass-point", role: "status" }),
      frame: small(PASS.nextFrame),
      epoch: small(PASS.nextEpoch),
      unit: element("div", { class: "pass-unit" }),
      groups: element("div", { class: "pass-groups" }),
      note: element("div", { class: "pass-note" }),
    };
    const points = element("div", { class: "pass-row" }, parts.previous, parts.next, parts.point);
    const times = element("div", { class: "pass-row" }, parts.frame, parts.epoch, parts.unit);
    parts.body.append(points, times, parts.groups, parts.note);
    stages.append(element("div", { class: "pass-row pass-head" }, parts.toggle, parts.hint), parts.body);
    return parts;
  }

  listen() {
    const { toggle, previous, next, frame, epoch } = this.parts;
    toggle.addEventListener("click", () => this.open(!this.isOpen));
    previous.addEventListener("click", () => this.choose(this.index - 1));
    next.addEventListener("click", () => this.choose(this.index + 1));
    frame.addEventListener("click", () => this.player.jump(this.player.index + 1)); // the last one stays
    epoch.addEventListener("click", () => this.nextEpoch() > 0 && this.player.jump(this.nextEpoch()));
  }

  close() {
    this.closed = true;
    clearTimeout(this.retrying);
  }

  get isOpen() {
    return !this.parts.body.hidden;
  }

  get busy() {
    return Boolean(this.fetching);
  }

  get points() {
    return this.stage.description.points.train;
  }

  /** The point on the plane, while somebody looks at it. */
  get point() {
    return this.isOpen ? this.points[this.index] : null;
  }

  /** The unit that is held; of no hidden or output one, the output, of several the true class's. */
  get unit() {
    const { held, description } = this.stage;
    if (held?.layer) return held;
    const layer = description.sizes.length - 1;
    return { layer, unit: description.sizes[layer] > 1 ? this.points[this.index][2] : 0 };
  }

  open(isOpen) {
    this.parts.body.hidden = !isOpen;
    this.parts.toggle.setAttribute("aria-expanded", String(isOpen));
    this.parts.hint.textContent = isOpen ? PASS.hint : PASS.opens;
    this.stage.redraw();
  }

  choose(index) {
    const { length } = this.points;
    this.index = (index + length) % length;
    this.stage.redraw();
  }

  /** A click on the map, u and v from 0 to 1, chooses the training point that it is meant for. */
  clicked({ u, v }) {
    if (!this.isOpen) return;
    const { bounds } = this.stage.description;
    const away = ([x, y]) =>
      Math.hypot((x - bounds.x_min) / (bounds.x_max - bounds.x_min) - u, (y - bounds.y_min) / (bounds.y_max - bounds.y_min) - v);
    const distances = this.points.map(away);
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest] <= POINT_SLOP) this.choose(nearest);
  }

  /** The index of the next frame that ends an epoch; -1 where none is there. */
  nextEpoch() {
    const { film, frame, description } = this.player;
    const per = description.steps_per_epoch;
    return per ? film.frames.findIndex(({ step }) => step > frame.step && step % per === 0) : -1;
  }

  // --- What it needs from the server

  /** Fetch what is missing, one thing at a time; it is written once it is here. */
  async fetch() {
    if (this.fetching || this.closed) return;
    const { film, description, frame } = this.player;
    const { activations, activationKeys } = this.stage;
    this.fetching = true;
    try {
      if (this.derivatives?.reach !== activations.reach) this.derivatives = await film.activations(activationKeys, activations.reach, 1);
      if (!this.rates.has(frame)) {
        const frames = film.frames.filter((one) => !this.rates.has(one));
        const planned = Math.max(description.planned_steps, frames[frames.length - 1].step, 1);
        const found = await film.rates(frames.map(({ step }) => step), planned);
        frames.forEach((one, i) => this.rates.set(one, found[i]));
      }
    } catch {
      this.retrying = setTimeout(() => this.write(), RETRY_MS);
      this.parts.unit.textContent = TEXTS.lost;
      return;
    } finally {
      this.fetching = false;
    }
    this.write();
  }

  // --- What is written

  /** The numbers of this frame, or of what was made of it by hand; for tests as well. */
  pass() {
    const { stage } = this;
    const parameters = stage.hand?.parameters ?? this.player.frame.weights;
    const { description, layers, activations, off } = stage;
    const [x, y, label] = this.points[this.index];
    const inputs = inputsOf(description.features, Float32Array.of(x), Float32Array.of(y));
    const { z, a, largest } = forward(layers, parameters, inputs, activations, off);
    const outcome = crossEntropy(z[z.length - 1], label);
    const { received, slopes, deltas } = backward(layers, parameters, z, outcome.delta, this.derivatives, off);
    const gradients = gradientsOf(layers, a, deltas);
    return { parameters, label, largest, pass: { z, a, ...outcome, received, slopes, deltas, gradients } };
  }

  write() {
    const { player, stage } = this;
    if (!this.isOpen || this.closed || !player.frame || !stage.activations) return;
    if (player.playing && this.written === player.frame) return;
    if (this.derivatives?.reach !== stage.activations.reach || !this.rates.has(player.frame)) this.fetch();
    if (!this.derivatives) return;
    this.written = player.frame;
    const { description, layers, off } = stage;
    const { largest, ...numbers } = this.pass();
    stage.widen(largest);
    const rate = this.rates.get(player.frame) ?? null;
    const step = grouped(player.frame.step);
    const groups = formulasOf(this.unit, {
      ...{ ...numbers, layers, off, rate, step },
      names: { inputs: description.features.map(({ name }) => name), classes: description.classes },
    });
    const [there, back, update] = groups.map(groupElement);
    this.parts.groups.replaceChildren(element("div", { class: "pass-column" }, there, back), update);
    this.writeControls(step);
  }

  writeControls(step) {
    const { point, unit, frame, epoch, note } = this.parts;
    const { description } = this.stage;
    const [x, y, label] = this.points[this.index];
    const text = PASS.point(this.index + 1, this.points.length, number(x), number(y), description.classes[label]);
    if (point.textContent !== text) point.textContent = text;
    const { layer } = this.unit;
    const hidden = layer < description.sizes.length - 1;
    unit.textContent = [PASS.ofUnit(this.stage.nameOf(this.unit), step), ...(hidden ? [PASS.f(description.activations[layer - 1])] : [])].join(", ");
    note.textContent = PASS.real(description.learning);
    const { frames } = this.player.film;
    const following = frames[this.player.index + 1];
    // They keep the focus at the end, which what is disabled loses.
    frame.setAttribute("aria-disabled", String(!following));
    frame.title = following ? PASS.toStep(grouped(following.step)) : "";
    const ends = frames[this.nextEpoch()];
    epoch.setAttribute("aria-disabled", String(!ends));
    epoch.title = ends ? PASS.toEpoch(grouped(ends.step / this.player.description.steps_per_epoch), grouped(ends.step)) : "";
  }
}

function groupElement({ title, note, lines }) {
  const written = lines.map(({ name, parts }) => {
    const values = parts.flatMap((part) => [element("span", { class: "pass-part", text: part }), " "]);
    return element("div", { class: "pass-line" }, element("span", { class: "pass-name", text: name }), element("span", {}, ...values));
  });
  const head = element("div", { class: "pass-title", role: "heading", "aria-level": 4, text: title });
  const said = note ? [element("div", { class: "pass-hint", text: note })] : [];
  return element("div", { class: "pass-group" }, head, ...said, ...written);
}
