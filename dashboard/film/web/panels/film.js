// The pictures of a run as panels, with the scores of its epochs: what is there, and what a step shows of it.

const MAGIC = "NPAN";
const HEADER_BYTES = 12;
const ALIGNED = 8;
const MAX_SCORE_FRAMES = 150; // of the time line's steps, those at which there is nothing but losses

/** Arrays of numbers that were sent in even steps become what they were. */
function arrayOf(buffer, from, { type, at, shape, step, zero }) {
  const count = shape.reduce((product, size) => product * size, 1);
  const start = from + at;
  if (type === "u1") return { shape, values: new Uint8Array(buffer, start, count) };
  if (type === "f8") return { shape, values: new Float64Array(buffer, start, count) };
  if (type === "f4") return { shape, values: new Float32Array(buffer, start, count) };
  const levels = new Int16Array(buffer, start, count);
  return { shape, values: Float32Array.from(levels, (level) => zero + level * step) };
}

/** A server's answer, or an error where the bytes are none. */
function parse(buffer) {
  const magic = buffer.byteLength >= HEADER_BYTES && String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== MAGIC) throw new Error("These are no bytes of panels.");
  const length = new DataView(buffer).getUint32(8, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, HEADER_BYTES, length)));
  const start = ALIGNED * Math.ceil((HEADER_BYTES + length) / ALIGNED);
  for (const panel of header.panels) {
    for (const [name, entry] of Object.entries(panel.arrays)) {
      panel.arrays[name] = arrayOf(buffer, start + panel.offset, entry);
    }
  }
  return header;
}

export class PanelFilm {
  constructor(base, run) {
    this.run = new URL(`${base}/film/${encodeURIComponent(run)}`, window.location.origin).href;
    this.address = `${this.run}/pictures`;
    this.panels = new Map(); // each panel's pictures by its name, in the order of their steps
    this.frames = []; // the steps at which there is something to see
    this.scores = [];
    this.ended = false;
    this.known = { after: 0, scores: 0, stamp: "" };
  }

  /** Ask for what is new; says whether the steps that were here are still the run's. */
  async load() {
    const answer = await fetch(`${this.address}?${new URLSearchParams(this.known)}`, { cache: "no-store" });
    if (answer.status === 404) return { missing: true };
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    const found = parse(await answer.arrayBuffer());
    const anew = found.from_start && this.frames.length > 0;
    if (found.from_start) this.panels.clear();
    found.panels.forEach((panel) => this.keep(panel));
    if (found.scores) this.scores = found.scores.map(([step, ...values]) => ({ step, values: values.map((v) => v ?? NaN) }));
    this.ended = found.ended;
    this.known = { after: found.after, scores: found.count, stamp: found.stamp };
    const added = found.panels.length + (found.scores ? 1 : 0);
    if (added || anew) this.frames = this.steps();
    return { anew, added, more: found.more };
  }

  /** [step, seconds] of the ends of epochs. */
  async clock() {
    const answer = await fetch(`${this.run}/clock`, { cache: "no-store" });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return answer.json();
  }

  keep(panel) {
    const pictures = panel.history ? [] : (this.panels.get(panel.name) ?? []);
    const place = pictures.findIndex(({ step }) => step >= panel.step);
    if (place < 0) pictures.push(panel);
    else pictures.splice(place, pictures[place].step === panel.step ? 1 : 0, panel);
    this.panels.set(panel.name, pictures);
  }

  /** Every step that has a picture, and those of scores: all of them, or so many where there are more. */
  steps() {
    const of = new Set();
    for (const pictures of this.panels.values()) {
      for (const { step, history } of pictures) if (!history) of.add(step);
    }
    const every = Math.ceil(this.scores.length / MAX_SCORE_FRAMES) || 1;
    this.scores.forEach(({ step }, n) => (n % every === 0 || n === this.scores.length - 1) && of.add(step));
    return [...of].sort((a, b) => a - b).map((step) => ({ step }));
  }

  /** The newest scores that a step has. */
  scoredAt({ step }) {
    let found = null;
    for (const score of this.scores) {
      if (score.step > step) break;
      found = score;
    }
    return found;
  }

  /** A panel's newest picture up to a step; its first one before that. One that holds a history is its newest. */
  at(name, step) {
    const pictures = this.panels.get(name);
    if (!pictures?.length) return null;
    if (pictures[0].history) return pictures[pictures.length - 1];
    let found = null;
    for (const picture of pictures) {
      if (picture.step > step) break;
      found = picture;
    }
    return found;
  }
}
