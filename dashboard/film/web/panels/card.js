// One panel: its words, its canvas, and what is under the pointer.

import { fit } from "../canvas.js";
import { element } from "../elements.js";
import { css } from "../palette.js";
import { firstPlace, isArrow, nextPlace } from "../reading.js";
import { TEXTS, grouped } from "../texts.js";
import { drawBands } from "./bands.js";
import { drawBars } from "./bars.js";
import { drawCart } from "./cart.js";
import { drawGame } from "./game.js";
import { drawLines } from "./lines.js";
import { drawMatrix } from "./matrix.js";
import { drawPlane } from "./plane.js";
import { drawRidges } from "./ridges.js";
import { drawSquares } from "./squares.js";
import { drawSymbols } from "./symbols.js";
import { drawText } from "./text.js";
import { drawTiles } from "./tiles.js";
import { drawUnrolled } from "./unrolled.js";

// A renderer draws a panel into a box and gives back a function of a place in it: what lies there, as lines
// of a tooltip, and for tiles the one to hold.
const RENDERERS = {
  ...{ bands: drawBands, bars: drawBars, cart: drawCart, game: drawGame, lines: drawLines, matrix: drawMatrix, plane: drawPlane },
  ...{ ridges: drawRidges, squares: drawSquares, symbols: drawSymbols, text: drawText, tiles: drawTiles },
  unrolled: drawUnrolled,
};

const EDGE_PX = 8; // between a tooltip and the edge of the window

export class Card {
  constructor(stage, { name, title, beneath, wide }) {
    this.stage = stage;
    this.name = name;
    this.beneath = beneath;
    this.title = element("span", { class: "panel-name", text: title });
    this.badge = element("span", { class: "panel-step", hidden: true });
    this.notes = element("div", { class: "panel-notes" });
    this.legend = element("div", { class: "panel-legend" });
    this.all = element("button", { type: "button", class: "small panel-all", "aria-expanded": "false", hidden: true });
    this.canvas = element("canvas", { role: "img", "aria-label": title });
    this.tip = element("div", { class: "tip", role: "tooltip", hidden: true });
    this.spoken = element("div", { class: "spoken", role: "status" });
    this.waiting = element("div", { class: "panel-waiting", text: TEXTS.waitingForPicture });
    this.back = element("button", { type: "button", class: "small panel-back", text: TEXTS.leave, hidden: true });
    this.area = element("div", { class: "panel-area" }, this.canvas, this.waiting, this.back, this.tip, this.spoken);
    const head = element("div", { class: "panel-head" }, this.title, this.badge);
    const key = element("div", { class: "panel-key" }, this.legend, this.all);
    this.root = element("figure", { class: wide ? "panel wide" : "panel", "data-panel": name }, head, this.notes, key, this.area);
    this.root.card = this;
    this.held = null; // a tile that is shown large
    this.pointer = null;
    this.stale = true;
    this.listen();
  }

  close() {
    this.aborter.abort();
    this.root.remove();
  }

  seen(visible) {
    this.visible = visible;
    if (visible) this.stage.player.schedule();
  }

  /** Another step is shown: draw again where that is another picture, or a rule moves. */
  shown() {
    const { pictures, step } = this.stage;
    const picture = this.pictureAt(step);
    const beneath = this.beneath ? pictures.at(this.beneath, Infinity) : null;
    const { lastStep, ended } = this.stage;
    const moved = picture?.history && (this.step !== step || this.lastStep !== lastStep || this.ended !== ended);
    this.writeBadge(picture, step);
    if (picture === this.picture && beneath === this.below && !moved) return;
    const other = picture !== this.picture;
    [this.picture, this.below, this.step, this.lastStep, this.ended, this.stale] = [picture, beneath, step, lastStep, ended, true];
    if (other) this.write();
  }

  /** What is drawn at a step, null where there is nothing yet. */
  pictureAt(step) {
    return this.stage.pictures.at(this.name, step);
  }

  write() {
    const { picture } = this;
    const first = this.stage.pictures.panels.get(this.name)?.[0];
    this.waiting.textContent = first ? TEXTS.firstAt(grouped(first.step)) : TEXTS.waitingForPicture;
    this.waiting.hidden = Boolean(picture);
    this.letReach();
    if (!picture) return;
    this.title.textContent = picture.title;
    const notes = picture.notes.join(" ");
    if (this.notes.textContent !== notes) this.notes.textContent = notes;
    this.writeLegend();
  }

  /** Of which step the picture is; a history is of all steps, with a rule at the one that is shown. */
  writeBadge(picture, step) {
    this.badge.hidden = !picture;
    if (!picture) return;
    const of = picture.history && Number.isFinite(step) ? step : picture.step;
    const text = TEXTS.step(grouped(of));
    if (this.badge.textContent !== text) this.badge.textContent = text;
    this.badge.classList.toggle("old", of !== step);
  }

  /** What the legend has: of the picture, and of what lies beneath. */
  entries() {
    const { legend } = this.picture;
    return [...(this.below?.legend ?? []).filter(({ text }) => !legend.some((e) => e.text === text)), ...legend];
  }

  writeLegend() {
    const { palette } = this.stage.player;
    const legend = this.entries();
    const written = JSON.stringify([legend, palette.key]);
    if (written === this.written) return;
    this.written = written;
    this.legend.replaceChildren(
      ...legend.map(({ text, color, shape, dash }) => {
        if (shape === "none") return element("span", { class: "entry", text });
        const mark = element("i", { class: `mark ${shape === "scale" ? "scale" : `is-${shape}`}` });
        if (shape !== "scale") mark.style.setProperty("--mark", css(palette.color(color)));
        if (dash?.length) mark.classList.add("dashed");
        return element("span", { class: "entry" }, mark, text);
      }),
    );
    this.openLegend(false);
    this.legend.classList.remove("cut");
    this.all.hidden = this.legend.scrollHeight <= this.legend.clientHeight + 2;
    this.legend.classList.toggle("cut", !this.all.hidden);
    this.all.textContent = TEXTS.allOf(legend.length);
  }

  /** All of a legend that has more than one line, over the drawing. */
  openLegend(open) {
    this.legend.classList.toggle("open", open);
    this.all.setAttribute("aria-expanded", String(open));
  }

  restyle() {
    this.stale = true;
    this.written = null;
    if (this.picture) this.writeLegend();
    this.stage.player.schedule();
  }

  draw() {
    if (!this.visible || !this.stale) return;
    const [width, height] = [this.area.clientWidth, this.area.clientHeight];
    if (!width || !height) return;
    this.stale = false;
    const pen = fit(this.canvas, width, height);
    pen.clearRect(0, 0, width, height);
    if (!this.picture) return;
    pen.textBaseline = "middle";
    this.hit = this.render(pen, {
      ...{ width, height, panel: this.picture, below: this.below, palette: this.stage.player.palette },
      ...{ step: this.stage.step, lastStep: this.lastStep, ended: this.ended, pointer: this.pointer, held: this.held },
      ...this.more,
    });
    if (this.isEntered) this.enter();
    if (this.pointer) this.tell();
  }

  /** Whether the keyboard goes from place to place in the picture; one that has controls of its own needs it not. */
  get readsWithKeys() {
    return true;
  }

  /** Let the keyboard reach the picture, where it has something to read. */
  letReach() {
    const isReached = this.readsWithKeys && Boolean(this.picture) && this.picture.kind !== "text";
    const { canvas } = this;
    if (isReached === (canvas.tabIndex === 0)) return;
    canvas.tabIndex = isReached ? 0 : -1;
    canvas.setAttribute("role", isReached ? "application" : "img");
    const keys = this.picture?.kind === "tiles" ? TEXTS.readKeysEnlarge : TEXTS.readKeys;
    canvas.setAttribute("aria-description", isReached ? keys : "");
  }

  /** What a renderer gets beside what all get. */
  get more() {
    return {};
  }

  render(pen, box) {
    return RENDERERS[this.picture.kind](pen, box);
  }

  describe() {
    if (!this.picture) return;
    const { title, notes, step, values } = this.picture;
    this.canvas.setAttribute("aria-label", `${title}, ${TEXTS.step(grouped(step)).toLowerCase()}. ${[...notes, values.hint ?? ""].join(" ").trim()}`);
  }

  // --- Pointer

  listen() {
    this.aborter = new AbortController();
    const on = (target, type, act) => target.addEventListener(type, act, { signal: this.aborter.signal });
    on(this.area, "pointermove", (event) => this.pointed(event));
    on(this.area, "pointerdown", (event) => this.pointed(event));
    on(this.area, "pointerleave", () => this.pointedAway());
    on(this.canvas, "click", () => this.clicked());
    on(this.canvas, "keydown", (event) => this.keyed(event));
    on(this.canvas, "focus", () => {
      this.isEntered = this.canvas.matches(":focus-visible");
      this.redraw();
    });
    on(this.canvas, "blur", () => this.pointedAway());
    on(this.back, "click", () => this.hold(null));
    on(this.all, "click", () => this.openLegend(this.all.getAttribute("aria-expanded") !== "true"));
  }

  pointed(event) {
    const box = this.area.getBoundingClientRect();
    this.point({ x: event.clientX - box.left, y: event.clientY - box.top });
  }

  point(place) {
    this.pointer = place;
    this.redraw();
  }

  get size() {
    return { width: this.area.clientWidth, height: this.area.clientHeight };
  }

  /** Begin to read, once it is drawn. */
  enter() {
    this.isEntered = false;
    const place = this.hit && firstPlace(this.hit, this.size);
    if (place) this.point(place);
  }

  /** Arrows go from place to place, Enter shows large what can be, as a click does. */
  keyed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.hit) return;
    if (event.key === "Enter") this.clicked();
    else if (!isArrow(event.key)) return;
    else this.point(this.pointer ? nextPlace(this.hit, this.pointer, event, this.size) : firstPlace(this.hit, this.size));
    event.preventDefault();
    event.stopPropagation();
    this.speaks = true; // once it is drawn
    this.redraw();
  }

  pointedAway() {
    this.pointer = null;
    this.tip.hidden = true;
    this.redraw();
  }

  redraw() {
    this.stale = true;
    this.stage.player.schedule();
  }

  tell() {
    const found = this.hit?.(this.pointer.x, this.pointer.y);
    this.canvas.style.cursor = found?.hold ? "zoom-in" : "";
    const lines = found?.lines ?? [];
    this.tip.hidden = !lines.length;
    if (this.speaks) this.spoken.textContent = lines.join(". ");
    this.speaks = false;
    if (!lines.length) return;
    this.tip.replaceChildren(...lines.map((text, i) => element("div", { class: i ? "" : "first", text })));
    if (found.picture) this.tip.insertBefore(found.picture(), this.tip.lastChild);
    this.tip.classList.toggle("wide", Boolean(found.picture));
    this.placeTip();
  }

  /** Beside the pointer, on the side where it is within the window. */
  placeTip() {
    const { x, y } = this.pointer;
    const { left, top } = this.area.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const [right, bottom] = [document.documentElement.clientWidth - EDGE_PX, window.innerHeight - EDGE_PX];
    const across = left + x + 14 + width > right ? x - 14 - width : x + 14;
    const down = top + y + 12 + height > bottom ? y - 12 - height : y + 12;
    this.tip.style.left = `${Math.max(EDGE_PX - left, across)}px`;
    this.tip.style.top = `${Math.max(EDGE_PX - top, down)}px`;
  }

  clicked() {
    if (!this.pointer) return;
    if (this.held) return this.hold(null);
    const found = this.hit?.(this.pointer.x, this.pointer.y);
    if (found?.hold) this.hold(found.hold);
  }

  hold(tile) {
    this.held = tile;
    this.back.hidden = !tile;
    this.redraw();
  }
}
