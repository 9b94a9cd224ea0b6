// One chart over time: a few figures of a device on one axis, read by mouse, finger or keyboard.

import { ago, bound, clockTime, inWords, niceMax } from "./format.js";
import { element } from "./elements.js";
import { fit } from "./shared/canvas.js";
import { css } from "./shared/palette.js";

const HEIGHT = 92;
const GAP_S = 25; // nothing was read for longer than this: the line is broken
const KEYS = { ArrowLeft: 1, ArrowRight: -1, PageUp: 10, PageDown: -10 };

export class Strip {
  /** cursor: { seconds, set(seconds or null) }, one for all strips of a page. */
  constructor(strip, colors, figures, cursor) {
    Object.assign(this, { strip, colors, figures, cursor });
    this.when = element("span", { class: "when" });
    this.legend = element("div", { class: "legend" });
    this.entries = strip.figures.map((name, i) => {
      const swatch = element("span", { class: "swatch", "data-color": colors[i] });
      const value = element("b");
      const label = strip.figures.length > 1 || figures[name].label !== strip.title ? figures[name].label : "";
      const entry = element("span", { class: "entry", title: figures[name].help }, swatch, label, value);
      this.legend.append(entry);
      return { name, value, entry, swatch };
    });
    this.canvas = element("canvas", {
      role: "slider",
      tabindex: "0",
      "aria-label": `${strip.title} over time`,
      "aria-orientation": "horizontal",
    });
    this.top = element("span", { class: "top" });
    this.oldest = element("span");
    this.root = element(
      "figure",
      { class: "strip" },
      element("figcaption", {}, element("span", { class: "title", text: strip.title }), this.when),
      this.legend,
      element("div", { class: "plot" }, this.canvas, this.top),
      element("div", { class: "times", "aria-hidden": "true" }, this.oldest, element("span", { text: "now" })),
      strip.note && element("p", { class: "note", text: strip.note }),
    );
    this.listen();
  }

  listen() {
    const read = (event) => {
      const box = this.canvas.getBoundingClientRect();
      this.cursor.set(this.windowS * (1 - Math.min(1, Math.max(0, (event.clientX - box.left) / box.width))));
    };
    this.canvas.addEventListener("pointermove", read);
    this.canvas.addEventListener("pointerdown", read);
    this.canvas.addEventListener("pointerleave", () => this.cursor.set(null));
    this.canvas.addEventListener("blur", () => this.cursor.set(null));
    this.canvas.addEventListener("keydown", (event) => {
      const step = this.windowS / 60;
      const now = this.cursor.seconds;
      if (event.key in KEYS) this.cursor.set(Math.min(this.windowS, Math.max(0, (now ?? 0) + KEYS[event.key] * step)));
      else if (event.key === "Home") this.cursor.set(this.windowS);
      else if (event.key === "End") this.cursor.set(0);
      else if (event.key === "Escape") this.cursor.set(null);
      else return;
      event.preventDefault();
    });
  }

  /** Whether any of its figures was ever reported. */
  hasValues(history) {
    return this.strip.figures.some((name) => history.mean.has(name));
  }

  /** state: { history, readings, now, wall, windowS, palette }. */
  draw(state) {
    Object.assign(this, { windowS: state.windowS });
    const { history, now, windowS, palette } = state;
    const width = this.canvas.clientWidth;
    if (!width) return;
    const pen = fit(this.canvas, width, HEIGHT);
    pen.clearRect(0, 0, width, HEIGHT);
    const from = now - windowS;
    const first = history.first(from);
    const [max, limit] = this.bounds(state, first);
    const drawn = limit !== null && limit < max;
    const x = (at) => ((at - from) / windowS) * width;
    const y = (value) => 3 + (1 - Math.min(1, Math.max(0, value / max))) * (HEIGHT - 6);
    this.drawGrid(pen, width, palette);
    this.drawLimitations(pen, history, first, x, palette);
    this.strip.figures.forEach((name, i) => this.drawFigure(pen, history, name, first, x, y, palette.color(this.colors[i])));
    this.top.style.top = drawn ? `${y(limit) + 3}px` : "";
    if (drawn) this.drawLimit(pen, width, y(limit), palette);
    this.oldest.textContent = ago(windowS);
    this.top.textContent = drawn ? `- - ${this.figures[this.strip.max].label} ${bound(limit, this.strip.unit)}` : bound(max, this.strip.unit);
    this.read(state, pen, x);
  }

  /** The top of the axis, and a limit that is drawn within it. */
  bounds({ history, known }, first) {
    const wanted = this.strip.max;
    if (typeof wanted === "number") return [wanted, null];
    let highest = 0;
    for (const name of this.strip.figures) {
      for (const value of (history.high.get(name) ?? []).slice(first)) highest = Math.max(highest, value ?? 0);
    }
    const limit = wanted ? (known[wanted] ?? null) : null;
    if (limit === null) return [niceMax(highest * 1.05, this.strip.unit), null];
    if (this.strip.unit === "°C") return [Math.max(highest, limit) * 1.08, limit];
    return [Math.max(highest, limit), highest > limit ? limit : null];
  }

  drawGrid(pen, width, palette) {
    pen.strokeStyle = css(palette.border);
    pen.lineWidth = 1;
    for (const part of [0, 0.5, 1]) {
      const y = Math.round(3 + part * (HEIGHT - 6)) + 0.5;
      pen.beginPath();
      pen.moveTo(0, y);
      pen.lineTo(width, y);
      pen.stroke();
    }
  }

  /** Where heat, power or the hardware lowered the clock, behind the clocks. */
  drawLimitations(pen, history, first, x, palette) {
    if (!this.strip.figures.includes("clock")) return;
    pen.fillStyle = css(palette.color(1), 0.16);
    for (const name of ["throttled_by_heat", "throttled_by_hardware", "throttled_by_power"]) {
      const values = history.high.get(name);
      if (!values) continue;
      for (let i = Math.max(1, first); i < history.at.length; i++) {
        const gap = history.at[i] - history.at[i - 1];
        if (values[i] && gap < GAP_S) pen.fillRect(x(history.at[i - 1]), 3, x(history.at[i]) - x(history.at[i - 1]), HEIGHT - 6);
      }
      if (values.slice(first).some(Boolean)) return; // shades do not add up
    }
  }

  drawFigure(pen, history, name, first, x, y, color) {
    const values = history.mean.get(name);
    if (!values) return;
    const [low, high] = [history.low.get(name), history.high.get(name)];
    for (const [from, to] of runs(history.at, values, first)) {
      pen.beginPath(); // what lies between the lowest and the highest of ten seconds
      for (let i = from; i <= to; i++) pen.lineTo(x(history.at[i]), y(high[i]));
      for (let i = to; i >= from; i--) pen.lineTo(x(history.at[i]), y(low[i]));
      pen.fillStyle = css(color, 0.28);
      pen.fill();
      pen.beginPath();
      for (let i = from; i <= to; i++) pen.lineTo(x(history.at[i]), y(values[i]));
      if (from === to) pen.arc(x(history.at[from]), y(values[from]), 1.2, 0, 7);
      pen.lineWidth = 1.75;
      pen.lineJoin = "round";
      pen.strokeStyle = css(color);
      pen.stroke();
      if (name !== this.strip.figures[0] || name === "clock") continue; // shades lie behind a clock
      pen.lineTo(x(history.at[to]), HEIGHT - 3);
      pen.lineTo(x(history.at[from]), HEIGHT - 3);
      pen.fillStyle = css(color, 0.1);
      pen.fill();
    }
  }

  drawLimit(pen, width, y, palette) {
    pen.save();
    pen.setLineDash([5, 4]);
    pen.strokeStyle = css(palette.text, 0.7);
    pen.beginPath();
    pen.moveTo(0, y);
    pen.lineTo(width, y);
    pen.stroke();
    pen.restore();
  }

  /** The legend's values: those under the cursor, else those of now. */
  read({ history, now, wall, readings, palette, windowS }, pen, x) {
    const { seconds } = this.cursor;
    const index = seconds === null ? -1 : history.nearest(now - seconds);
    const texts = this.entries.map(({ name, value, entry, swatch }, i) => {
      swatch.style.background = css(palette.color(this.colors[i]));
      entry.hidden = !history.mean.has(name) || readings[this.figures[name].limit] === 0; // no swap at all
      const text = index < 0 ? inWords(this.figures[name], readings[name]) : this.at(history, name, index);
      if (value.textContent !== text) value.textContent = text;
      return `${this.figures[name].label} ${text}`;
    });
    let when = "";
    if (index >= 0) {
      const past = now - history.at[index];
      when = `${clockTime(wall - past)}, ${ago(past)}`;
      const at = x(history.at[index]);
      pen.fillStyle = css(palette.text, 0.75);
      pen.fillRect(Math.round(at), 3, 1, HEIGHT - 6);
    }
    this.when.textContent = when;
    this.canvas.setAttribute("aria-valuemin", -windowS);
    this.canvas.setAttribute("aria-valuemax", 0);
    this.canvas.setAttribute("aria-valuenow", -Math.round(seconds ?? 0));
    const spoken = `${when || "now"}: ${texts.join(", ")}`;
    if (this.canvas.getRootNode().activeElement === this.canvas || !this.canvas.hasAttribute("aria-valuetext") || seconds !== null) {
      this.canvas.setAttribute("aria-valuetext", spoken);
    }
  }

  at(history, name, index) {
    const [mean, low, high] = ["mean", "low", "high"].map((part) => history[part].get(name)?.[index] ?? null);
    const figure = this.figures[name];
    if (mean === null || low === high) return inWords(figure, mean);
    return `${inWords(figure, mean)} (${inWords(figure, low)} to ${inWords(figure, high)})`;
  }
}

/** Spans of indices between which nothing is missing. */
function* runs(at, values, first) {
  let from = -1;
  for (let i = first; i <= values.length; i++) {
    const broken = i === values.length || values[i] === null || (from >= 0 && at[i] - at[i - 1] > GAP_S);
    if (broken && from >= 0) {
      yield [from, i - 1];
      from = -1;
    }
    if (i < values.length && values[i] !== null && from < 0) from = i;
  }
}
