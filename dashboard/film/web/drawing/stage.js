// The section above the panels in which a person draws an image, and sees what the network of each step says.

import { fit } from "../canvas.js";
import { element } from "../elements.js";
import { Film } from "../frames.js";
import { css } from "../palette.js";
import { DRAW, TEXTS, grouped, percent } from "../texts.js";
import { gradientOf, strongest } from "./backward.js";
import { Network, probabilitiesOf } from "./forward.js";
import { imageOf, trace } from "./ink.js";
import { KeyboardPen } from "./keyboard.js";

const FIRST_REACH = 32; // of the tables of the activations
const MAX_REACH = 1024; // beyond it the function is continued by a line
const RETRY_MS = 2000;
const WHITE = 255;
const QUICK_MS = 4; // a network that computes an image so fast has its saliency while one draws, too

// What a person drew last: another training is shown the same.
const drawn = { isOpen: false, strokes: [] };

export class DrawingStage {
  name = "drawing";
  blends = false;

  constructor(player) {
    this.player = player;
    this.film = new Film(player.description.base, player.description.run);
    this.frames = new Map(); // with weights, by the step that was shown
    this.chosen = null; // the number of a test image
    this.pen = new KeyboardPen({ begin: (at) => this.beginStroke(at), draw: (at) => this.extend([at]), clear: () => this.clear() });
    this.parts = this.build();
    player.parts.stages.append(this.parts.head, this.parts.body);
    this.listen();
    if (drawn.isOpen) this.open(true);
  }

  build() {
    const parts = {
      toggle: element("button", { type: "button", class: "small pass-toggle", text: DRAW.open, "aria-expanded": "false" }),
      hint: element("span", { class: "pass-hint", text: DRAW.opens }),
      body: element("div", { class: "pass drawing loading", role: "group", "aria-label": DRAW.group, hidden: true }),
      notice: element("div", { class: "drawing-notice", text: DRAW.loading }),
      room: element("div", { class: "drawing-room", hidden: true }),
      pad: element("canvas", { class: "drawing-pad", role: "img", "aria-label": DRAW.pad }),
      spoken: element("div", { class: "spoken", role: "status" }),
      clear: element("button", { type: "button", class: "small", text: DRAW.clear }),
      padName: element("span", { class: "drawing-name" }),
      seen: element("canvas", { class: "drawing-seen", role: "img" }),
      seenName: element("div", { class: "drawing-caption" }),
      saliency: element("canvas", { class: "drawing-seen", role: "img", "aria-label": DRAW.saliency }),
      verdict: element("div", { class: "drawing-verdict", role: "status", "aria-live": "polite" }),
      bars: element("div", { class: "drawing-bars" }),
      images: element("div", { class: "drawing-images", role: "group", "aria-label": DRAW.images }),
    };
    parts.head = element("div", { class: "pass-row pass-head" }, parts.toggle, parts.hint);
    const under = element("div", { class: "pass-row" }, parts.clear, parts.padName);
    parts.room.append(
      element("div", { class: "drawing-column" }, parts.pad, under, parts.spoken),
      element("div", { class: "drawing-column" }, parts.seen, parts.seenName),
      element("div", { class: "drawing-column" }, parts.saliency, element("div", { class: "drawing-caption", text: DRAW.saliency })),
      element("div", { class: "drawing-column drawing-said" }, parts.verdict, parts.bars),
      element("div", { class: "drawing-choice" }, element("div", { class: "drawing-caption", text: DRAW.images }), parts.images),
    );
    parts.body.append(parts.notice, parts.room);
    return parts;
  }

  // --- What a stage has

  prepare() {}

  accepts() {
    return true;
  }

  actFor() {
    return null;
  }

  get isOpen() {
    return !this.parts.body.hidden;
  }

  get busy() {
    return this.isOpen && Boolean(this.loading || this.fetching || this.widening || (this.stale && this.network));
  }

  close() {
    this.closed = true;
    clearTimeout(this.retrying);
    this.aborter.abort();
    this.parts.head.remove();
    this.parts.body.remove();
  }

  shown() {
    if (!this.isOpen || !this.network) return;
    this.fetchFrame();
    if (this.frame !== this.computed || (this.player.still && this.parts.saliency.classList.contains("old"))) this.stale = true;
  }

  restyle() {
    this.stale = true;
  }

  resize() {
    this.stale = true;
  }

  describe() {
    if (this.isOpen) this.writeVerdict();
  }

  // --- What it needs, once somebody wants to draw

  open(isOpen) {
    drawn.isOpen = isOpen;
    this.parts.body.hidden = !isOpen;
    this.parts.toggle.setAttribute("aria-expanded", String(isOpen));
    this.parts.hint.textContent = isOpen ? DRAW.hint : DRAW.opens;
    if (isOpen) this.load();
  }

  async load() {
    if (this.network || this.loading) return this.shown();
    this.loading = true;
    try {
      const found = await (await this.film.ask("drawing")).json();
      if (this.closed) return;
      if (found.why_not) this.parts.notice.textContent = found.why_not;
      else {
        this.activationKeys = found.activations;
        await this.fetchActivations(FIRST_REACH);
        if (this.closed) return;
        this.begin(found);
      }
      this.parts.body.classList.remove("loading");
    } catch {
      this.again(() => this.load());
    } finally {
      this.loading = false;
    }
    this.shown();
    this.redraw();
  }

  again(act) {
    clearTimeout(this.retrying);
    if (!this.closed) this.retrying = setTimeout(act, RETRY_MS);
  }

  begin({ plan, classes, ink, images, labels }) {
    this.network = new Network(plan);
    [this.classes, this.ink] = [classes, ink];
    [this.channels, this.height, this.width] = plan.input_shape;
    const pixels = Uint8Array.from(atob(images), (letter) => letter.charCodeAt(0));
    const size = this.channels * this.height * this.width;
    this.images = labels.map((label, n) => ({ label, pixels: pixels.subarray(n * size, (n + 1) * size) }));
    if (ink) this.strokes = drawn.strokes;
    else this.chosen = 0;
    this.parts.notice.hidden = Boolean(ink);
    if (!ink) this.parts.notice.textContent = DRAW.colour;
    this.parts.pad.classList.toggle("still", !ink);
    this.parts.clear.hidden = !ink;
    if (ink) {
      const keys = { role: "application", tabindex: 0, "aria-description": DRAW.keys };
      for (const [name, value] of Object.entries(keys)) this.parts.pad.setAttribute(name, value);
    }
    this.parts.room.hidden = false;
    this.parts.seenName.textContent = DRAW.seen(this.width, this.height, Boolean(ink?.centre));
    this.buildBars();
    this.buildImages();
    this.choose(this.chosen);
  }

  /** The frame of the shown step, or of the last step before it; where it is not here yet, the one before. */
  get frame() {
    return this.frames.get(this.player.frame?.step) ?? this.latest;
  }

  async fetchFrame() {
    const step = this.player.frame?.step;
    if (step === undefined || this.frames.has(step) || this.fetching || this.closed) return;
    this.fetching = true;
    let frame = null;
    try {
      const found = await this.film.frameAt(step);
      frame = found.frame;
      if (frame && (found.ended || frame.step === step)) this.frames.set(step, frame);
      this.latest = frame;
      this.parts.notice.hidden = Boolean(frame && this.ink);
      if (!frame) this.parts.notice.textContent = TEXTS.waiting;
    } catch {
      this.again(() => this.fetchFrame());
    } finally {
      this.fetching = false;
    }
    if (frame) this.redraw();
    if (frame && this.player.frame?.step !== step) this.fetchFrame();
  }

  async widen(largest) {
    if (!(largest > this.activations.reach) || this.activations.reach >= MAX_REACH || this.widening) return;
    this.widening = true;
    let { reach } = this.activations;
    while (reach < largest && reach < MAX_REACH) reach *= 2;
    await this.fetchActivations(reach).catch(() => null);
    this.widening = false;
    if (!this.closed) this.redraw();
  }

  /** The activations and their derivatives as tables. */
  async fetchActivations(reach) {
    const fetched = [0, 1].map((derivative) => this.film.activations(this.activationKeys, reach, derivative));
    [this.activations, this.derivatives] = await Promise.all(fetched);
  }

  // --- The image

  /** The numbers that the network gets, or null where there is nothing yet. */
  get image() {
    if (this.chosen !== null) return Float32Array.from(this.images[this.chosen].pixels, (value) => value / WHITE);
    return this.strokes?.length ? imageOf(this.strokes, this.ink, this) : null;
  }

  /** A test image by its number; null for the drawing. */
  choose(number) {
    this.chosen = number;
    for (const button of this.parts.images.children) {
      button.setAttribute("aria-pressed", String(button.number === number));
    }
    this.input = this.image;
    this.redraw();
  }

  clear() {
    this.strokes = drawn.strokes = [];
    this.choose(null);
  }

  redraw() {
    this.stale = true;
    this.player.schedule();
    this.player.refine();
  }

  listen() {
    const { toggle, clear, pad, images } = this.parts;
    this.aborter = new AbortController();
    const on = (target, type, act) => target.addEventListener(type, act, { signal: this.aborter.signal });
    on(toggle, "click", () => this.open(!this.isOpen));
    on(clear, "click", () => this.clear());
    on(images, "click", (event) => {
      const button = event.target.closest("button");
      if (button) this.choose(button.number === this.chosen && this.ink ? null : button.number);
    });
    on(pad, "pointerdown", (event) => this.putDown(event));
    on(pad, "pointermove", (event) => this.move(event));
    on(pad, "pointerup", () => (this.penDown = false));
    on(pad, "pointercancel", () => (this.penDown = false));
    on(pad, "keydown", (event) => this.key(event));
    for (const type of ["focus", "blur"]) on(pad, type, () => this.redraw());
  }

  /** A place of the pad, from 0 to 1. */
  placeOf({ clientX, clientY }) {
    const { left, top, width, height } = this.parts.pad.getBoundingClientRect();
    return [(clientX - left) / width, (clientY - top) / height];
  }

  putDown(event) {
    if (!this.ink || event.button !== 0) return;
    event.preventDefault();
    this.parts.pad.setPointerCapture(event.pointerId);
    this.penDown = true;
    this.beginStroke(this.placeOf(event));
  }

  beginStroke(place) {
    if (this.chosen !== null) this.strokes = drawn.strokes = []; // a new drawing, not one on a test image
    this.strokes.push([place]);
    this.choose(null);
  }

  extend(places) {
    this.strokes.at(-1).push(...places);
    this.redrawn = true; // the image is made once a screen's frame
    this.redraw();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.ink) return;
    const said = this.pen.key(event);
    if (said === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.parts.spoken.textContent = said;
    this.redraw();
  }

  move(event) {
    if (!this.penDown) return;
    const seen = event.getCoalescedEvents?.() ?? [];
    this.extend((seen.length ? seen : [event]).map((one) => this.placeOf(one)));
  }

  // --- Drawing

  draw() {
    if (!this.isOpen || !this.stale || !this.network) return;
    this.stale = false;
    if (this.redrawn) this.input = this.image;
    this.redrawn = false;
    this.drawPad();
    this.drawImage(this.parts.seen, this.input);
    this.classify();
  }

  classify() {
    const { frame, input } = this;
    this.computed = frame;
    this.probabilities = null;
    if (frame && input) {
      const began = performance.now();
      this.probabilities = probabilitiesOf(this.network.run(frame.weights, input, this.activations));
      this.quick = performance.now() - began < QUICK_MS;
      this.widen(this.network.largest);
    }
    this.explain();
    this.writeBars();
  }

  /** Which pixels move the score of the prediction; of a slow network once nothing changes any more. */
  explain() {
    const { saliency } = this.parts;
    const due = !this.probabilities || this.quick || this.player.still;
    saliency.classList.toggle("old", !due);
    if (!due) return;
    this.gradient = null;
    if (this.probabilities) {
      const { weights } = this.computed;
      this.gradient = gradientOf(this.network, weights, this.derivatives, this.probabilities.length > 2 ? this.best : 0);
    }
    const shape = { channels: 1, height: this.height, width: this.width };
    const shades = this.gradient ? strongest(this.gradient, this) : new Float32Array(shape.height * shape.width);
    drawPixels(saliency, shades, shape);
  }

  drawPad() {
    const { pad } = this.parts;
    if (this.chosen !== null) return this.drawImage(pad, this.input);
    const size = pad.clientWidth;
    if (!size) return;
    const pen = fit(pad, size, size);
    const gray = (value) => `rgb(${Array(3).fill(Math.round(value * WHITE)).join(" ")})`;
    pen.fillStyle = gray(this.ink.ground);
    pen.fillRect(0, 0, size, size);
    pen.scale(size, size);
    trace(pen, this.strokes, gray(this.ink.pen));
    if (pad.matches(":focus-visible")) this.pen.show(pen, css(this.player.palette.negative));
  }

  drawImage(canvas, input) {
    drawPixels(canvas, input ?? this.blank, this);
  }

  get blank() {
    return new Float32Array(this.channels * this.height * this.width).fill(this.ink?.ground ?? 0);
  }

  // --- Texts

  buildBars() {
    this.rows = this.classes.map((name) => {
      const bar = element("i", { class: "drawing-bar" });
      const value = element("span", { class: "drawing-value" });
      const row = element("div", { class: "drawing-row" });
      row.append(element("span", { class: "drawing-class", text: name, title: name }), element("span", { class: "drawing-track" }, bar), value);
      return { row, bar, value };
    });
    this.parts.bars.replaceChildren(...this.rows.map(({ row }) => row));
  }

  buildImages() {
    this.parts.images.replaceChildren(
      ...this.images.map(({ label, pixels }, number) => {
        const canvas = element("canvas", { "aria-hidden": "true" });
        const name = DRAW.testImage(this.classes[label]);
        const button = element("button", { type: "button", class: "drawing-image", title: name, "aria-label": name }, canvas);
        button.number = number;
        this.drawImage(canvas, Float32Array.from(pixels, (value) => value / WHITE));
        return button;
      }),
    );
  }

  get truth() {
    return this.chosen === null ? null : this.images[this.chosen].label;
  }

  get best() {
    return this.probabilities.indexOf(Math.max(...this.probabilities));
  }

  writeBars() {
    const { probabilities, truth } = this;
    this.rows.forEach(({ row, bar, value }, k) => {
      const p = probabilities?.[k] ?? 0;
      bar.style.width = `${(100 * p).toFixed(2)}%`;
      value.textContent = probabilities ? percent(p) : "";
      row.classList.toggle("best", Boolean(probabilities) && k === this.best);
      row.classList.toggle("truth", k === truth);
    });
    const name = this.chosen === null ? (this.strokes.length ? DRAW.yours : DRAW.here) : DRAW.testImage(this.classes[truth]);
    if (this.parts.padName.textContent !== name) this.parts.padName.textContent = name;
    if (!this.penDown && !this.player.playing) this.writeVerdict();
  }

  /** What the network says in words; a screen reader hears it once it has settled. */
  writeVerdict() {
    const { probabilities, computed, truth } = this;
    let text = this.network && computed ? DRAW.nothing : "";
    if (probabilities) {
      const [name, p] = [this.classes[this.best], percent(probabilities[this.best])];
      text = DRAW.predicted(name, p, grouped(computed.step), truth === null ? null : this.best === truth);
    }
    if (this.parts.verdict.textContent !== text) this.parts.verdict.textContent = text;
  }
}

/** Numbers of an image, channel by channel, as a canvas's own pixels; the style enlarges them. */
function drawPixels(canvas, input, { channels, height, width }) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  const plane = height * width;
  for (let p = 0; p < plane; p++) {
    for (let c = 0; c < 3; c++) image.data[4 * p + c] = Math.round(WHITE * input[(channels === 1 ? 0 : c) * plane + p]);
    image.data[4 * p + 3] = WHITE;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}
