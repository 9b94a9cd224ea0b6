// Frames with weights, as the server sends them.

import { Activation, Activations } from "./network/activation.js";

const HEADER_BYTES = 24;

/** A film's answer, or an error where the bytes are none: an address that is wrong is answered with a page. */
function parse(buffer) {
  const view = new DataView(buffer);
  const magic = buffer.byteLength >= HEADER_BYTES && String.fromCharCode(...new Uint8Array(buffer, 0, 4));
  if (magic !== "NFLM" || view.getUint16(4, true) !== 1) throw new Error("These are no bytes of a film.");
  const [values, parameters] = [view.getUint16(6, true), view.getUint32(8, true)];
  const [count, flags] = [view.getUint32(12, true), view.getUint32(16, true)];
  const size = 8 + 8 * values + 4 * parameters;
  const frames = [];
  for (let at = HEADER_BYTES; frames.length < count; at += size) {
    frames.push({
      step: view.getFloat64(at, true),
      values: Array.from({ length: values }, (_, i) => view.getFloat64(at + 8 + 8 * i, true)),
      weights: new Float32Array(buffer.slice(at + size - 4 * parameters, at + size)),
    });
  }
  return { frames, fromStart: Boolean(flags & 1), ended: Boolean(flags & 2) };
}

/** By which the server knows that a frame is its own: all bits of the weights, XORed. */
function checkOf({ weights }) {
  return new Uint32Array(weights.buffer).reduce((sum, bits) => sum ^ bits, 0) >>> 0;
}

/** The frames of one run, as far as the server has them. */
export class Film {
  constructor(base, run) {
    this.address = new URL(`${base}/film/${encodeURIComponent(run)}`, window.location.origin).href;
    this.frames = [];
    this.ended = false;
  }

  /** The frames whose losses are known. */
  get scores() {
    return this.frames;
  }

  /** The frame whose scores are those of this one. */
  scoredAt(frame) {
    return frame;
  }

  /** Ask for what is new; says whether the frames that were here are still the film's. */
  async load() {
    const last = this.frames[this.frames.length - 1];
    const query = last ? `?after=${last.step}&check=${checkOf(last)}` : "";
    const answer = await fetch(this.address + query, { cache: "no-store" });
    if (answer.status === 404) return { missing: true };
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    const { frames, fromStart, ended } = parse(await answer.arrayBuffer());
    const anew = fromStart && this.frames.length > 0;
    this.frames = fromStart ? frames : this.frames.concat(frames);
    this.ended = ended;
    return { anew, added: frames.length };
  }

  /** The activation functions of hidden layers with these names, or their derivatives, `reach` to either side of 0. */
  async activations(names, reach, derivative = 0) {
    const found = new Map();
    for (const [layer, name] of names.entries()) {
      if (found.has(name)) continue;
      const answer = await this.ask(`activation?reach=${reach}&derivative=${derivative}&layer=${layer}`);
      found.set(name, new Activation(new Float32Array(await answer.arrayBuffer()), reach));
    }
    return new Activations(names.map((name) => found.get(name)), reach);
  }

  /** The last frame that is not after a step, null before there is one, and whether the run has ended. */
  async frameAt(step) {
    const answer = await this.ask(`frame?step=${step}`);
    const { frames, ended } = parse(await answer.arrayBuffer());
    return { frame: frames[0] ?? null, ended };
  }

  /** The learning rate that is in force after each of these steps. */
  async rates(steps, planned) {
    const answer = await this.ask(`rates?steps=${steps.join(",")}&planned=${planned}`);
    return answer.json();
  }

  /** [step, seconds] of the ends of epochs. */
  async clock() {
    const answer = await this.ask("clock");
    return answer.json();
  }

  async ask(what) {
    const answer = await fetch(`${this.address}/${what}`);
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    return answer;
  }
}
