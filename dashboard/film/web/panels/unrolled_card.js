// The card of an unrolled network: its drawing, the sequence and direction that are shown, the step that is looked
// at, and that step's equations.

import { element } from "../elements.js";
import { TEXTS, grouped, number, significant } from "../texts.js";
import { Card } from "./card.js";
import { equations, mathNodes } from "./cell_equations.js";
import { across, inBand, inputLines, predictionLines, stepInBand, viewOf } from "./unrolled.js";

export class UnrolledCard extends Card {
  constructor(stage, panel) {
    super(stage, panel);
    this.chosen = { step: Infinity, unit: 0 }; // the last step, until one is chosen
    this.first = 0; // of the steps that are drawn
    this.view = { sequence: null, backwards: false }; // the first sequence, until one is chosen
    this.sequence = element("select", { "aria-label": TEXTS.sequence });
    this.reading = element("select", { "aria-label": TEXTS.reading });
    this.reading.append(...TEXTS.readingWays.map((name, backwards) => element("option", { value: backwards, text: name })));
    this.readingLabel = element("label", { hidden: true }, `${TEXTS.reading} `, this.reading);
    const views = element("div", { class: "unrolled-views", role: "group", "aria-label": TEXTS.viewGroup });
    views.append(element("label", {}, `${TEXTS.sequence} `, this.sequence), this.readingLabel);
    this.range = element("input", { type: "range", min: 0, max: 0, step: 1, class: "unrolled-steps", "aria-label": TEXTS.stepOfSequence });
    this.unit = element("select", { "aria-label": TEXTS.unitOfCell });
    this.where = element("span", { class: "unrolled-step" });
    this.lines = element("div", { class: "unrolled-lines" });
    const head = element("div", { class: "unrolled-head" }, this.where, element("label", {}, `${TEXTS.unitOfCell} `, this.unit));
    this.details = element("section", { class: "unrolled-details", "aria-label": TEXTS.equationsOfStep }, head, this.lines);
    this.area.append(this.range);
    this.root.append(views);
    this.root.append(element("div", { class: "unrolled-body" }, this.area, this.details));
    this.listenToSteps();
  }

  get steps() {
    return this.picture?.arrays.h.shape[1] ?? 1;
  }

  /** The chosen view: of this step, and where that has none of this sequence, its first. */
  pictureAt(step) {
    const whole = super.pictureAt(step);
    if (!whole) return null;
    this.writeViews(whole.values);
    const { views } = whole.values;
    const { sequence, backwards } = this.view;
    return viewOf(whole, Math.max(0, views.findIndex((view) => view.sequence === sequence && view.backwards === backwards)));
  }

  /** The choices: the sequences that were recorded, and both directions where the network reads in both. */
  writeViews({ views, bidirectional }) {
    const numbers = views.filter(({ backwards }) => !backwards).map(({ sequence }) => sequence);
    if (!numbers.includes(this.view.sequence)) this.view.sequence = numbers[0];
    if (this.sequence.dataset.numbers !== numbers.join(" ")) {
      this.sequence.dataset.numbers = numbers.join(" ");
      this.sequence.replaceChildren(...numbers.map((number) => element("option", { value: number, text: grouped(number) })));
    }
    this.sequence.value = String(this.view.sequence);
    this.readingLabel.hidden = !bidirectional;
  }

  /** The step and unit of the pointer, or those that were chosen. */
  get looked() {
    const { step, unit } = this.hovered ?? this.chosen;
    return { step: Math.max(0, Math.min(this.steps - 1, step)), unit: Math.min(this.units - 1, unit ?? this.chosen.unit) };
  }

  get units() {
    return this.picture?.values.units.length ?? 1;
  }

  get readsWithKeys() {
    return false; // its slider goes through the steps
  }

  get more() {
    const { count } = across(this.area.clientWidth, this.picture);
    this.first = Math.max(0, Math.min(this.steps - count, this.first));
    return { chosen: this.looked, first: this.first };
  }

  /** Another view, at the same step where it has one. */
  look(other) {
    Object.assign(this.view, other);
    this.shown();
    this.describe();
    this.redraw();
  }

  /** Look at a step; the steps that are drawn move only where it is none of them. */
  choose(step, unit = this.chosen.unit) {
    this.chosen = { step: Math.max(0, Math.min(this.steps - 1, step)), unit };
    const { count } = across(this.area.clientWidth, this.picture);
    const outside = this.chosen.step < this.first || this.chosen.step >= this.first + count;
    if (outside) this.first = this.chosen.step - Math.floor(count / 2);
    this.redraw();
  }

  draw() {
    if (this.visible && this.stale && this.picture && this.area.clientWidth && this.chosen.step === Infinity) {
      this.first = this.steps;
      this.chosen.step = this.steps - 1;
    }
    super.draw();
    if (!this.picture || !this.visible) return;
    this.writeSteps();
    this.writeDetails();
  }

  restyle() {
    this.detailed = null;
    super.restyle();
  }

  writeSteps() {
    const { units, first } = this.picture.values;
    const names = units.join(" ");
    if (this.unit.dataset.names !== names) {
      this.unit.dataset.names = names;
      this.unit.replaceChildren(...units.map((unit, n) => element("option", { value: n, text: unit + 1 })));
    }
    const { step, unit } = this.chosen;
    this.unit.value = String(Math.min(unit, this.units - 1));
    if (Number(this.range.max) !== this.steps - 1) this.range.max = this.steps - 1;
    this.range.value = step;
    const spoken = [TEXTS.ofSequenceOf(first + step, first + this.steps - 1), ...inputLines(this.picture, step), ...predictionLines(this.picture, step), ...this.gradientLines(step)];
    this.range.setAttribute("aria-valuetext", spoken.join("; "));
  }

  gradientLines(step) {
    const { gradient, gradient_c: ofCells, loss_gradient: whole } = this.picture.arrays;
    const at = gradient.values[(this.picture.values.layers - 1) * this.steps + step];
    const lines = [`‖∂L/∂h_t‖ = ${significant(whole.values[step])}`];
    const { backwards } = this.picture.values;
    if (Number.isFinite(at)) lines.push(TEXTS.fromNext(significant(at), backwards));
    if (ofCells && Number.isFinite(ofCells.values[step])) lines.push(TEXTS.fromNextCell(significant(ofCells.values[step]), backwards));
    return lines;
  }

  /** What is read and predicted at the step, its equations with one unit's numbers, and its gradient. */
  writeDetails() {
    const { picture } = this;
    const { step, unit } = this.looked;
    const same = this.detailed?.picture === picture && this.detailed.step === step && this.detailed.unit === unit;
    if (same) return;
    this.detailed = { picture, step, unit };
    const { first, units } = picture.values;
    this.where.textContent = `${TEXTS.ofSequenceOf(first + step, first + this.steps - 1)}${this.hovered?.unit == null ? "" : `, ${TEXTS.unitNumber(units[unit] + 1)}`}`;
    const plain = (text) => element("div", { class: "unrolled-plain" }, ...mathNodes(text));
    const rows = equations(picture, step, unit).map(({ formula, numbers, value }) =>
      element(
        "div",
        { class: "unrolled-equation" },
        element("div", { class: "unrolled-formula" }, ...mathNodes(formula)),
        element("div", { class: "unrolled-numbers" }, `= ${numbers} = `, element("b", { text: number(value, 3) })),
      ),
    );
    this.lines.replaceChildren(
      ...inputLines(picture, step).map(plain),
      ...rows,
      ...predictionLines(picture, step).map(plain),
      ...this.gradientLines(step).map(plain),
    );
  }

  describe() {
    if (!this.picture) return;
    super.describe();
    const label = this.canvas.getAttribute("aria-label");
    this.canvas.setAttribute("aria-label", `${label} ${TEXTS.stepsOfSequence(this.steps)}`);
  }

  // --- Pointer and keys

  listenToSteps() {
    const on = (target, type, act, more = {}) => target.addEventListener(type, act, { signal: this.aborter.signal, ...more });
    on(this.range, "input", () => this.choose(Number(this.range.value)));
    on(this.sequence, "change", () => this.look({ sequence: Number(this.sequence.value) }));
    on(this.reading, "change", () => this.look({ backwards: this.reading.value === "1" }));
    on(this.unit, "change", () => this.choose(this.chosen.step, Number(this.unit.value)));
    on(this.canvas, "pointerdown", (event) => this.pull(event));
    on(this.canvas, "pointerup", () => (this.pulling = false));
    on(this.canvas, "pointercancel", () => (this.pulling = false));
    on(this.canvas, "wheel", (event) => this.wheel(event), { passive: false });
  }

  pull(event) {
    if (!this.picture || !inBand(this.area.clientHeight, event.offsetY)) return;
    this.pulling = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.choose(stepInBand(this.picture, this.area.clientWidth, event.offsetX));
  }

  pointed(event) {
    super.pointed(event);
    if (!this.picture) return;
    if (this.pulling) this.choose(stepInBand(this.picture, this.area.clientWidth, this.pointer.x));
    else this.hovered = this.hit?.(this.pointer.x, this.pointer.y)?.at ?? null;
  }

  pointedAway() {
    this.hovered = null;
    super.pointedAway();
  }

  clicked() {
    const found = this.pointer && this.hit?.(this.pointer.x, this.pointer.y)?.at;
    if (found) this.choose(found.step, found.unit ?? this.chosen.unit);
  }

  /** Sideways over the drawing. */
  wheel(event) {
    const by = event.shiftKey ? event.deltaY : event.deltaX;
    if (!this.picture || Math.abs(by) < Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
    event.preventDefault();
    this.scrolled = (this.scrolled ?? 0) + by / 60;
    this.first += Math.trunc(this.scrolled);
    this.scrolled -= Math.trunc(this.scrolled);
    this.redraw();
  }
}
