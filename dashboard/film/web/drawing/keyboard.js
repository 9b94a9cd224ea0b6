// The pen of the drawing, moved with the keyboard.

import { DRAW } from "../texts.js";

const STEP = 1 / 28; // of the pad's side; four times as far with Shift
const FAR = 4;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class KeyboardPen {
  /** begin(place), draw(place), clear(): what a pointer does as well. */
  constructor({ begin, draw, clear }) {
    Object.assign(this, { begin, draw, clear });
    this.at = [0.5, 0.5];
    this.isDown = false;
  }

  /** What a key does, if anything: a sentence about it. */
  key({ key, shiftKey }) {
    if (key in WAYS) return this.move(WAYS[key], shiftKey ? FAR : 1);
    if (key === " " || key === "Enter") return this.turn(!this.isDown);
    if (key !== "Delete" && key !== "Backspace") return null;
    this.turn(false);
    this.clear();
    return DRAW.cleared;
  }

  move(way, far) {
    this.at = this.at.map((old, axis) => Math.max(0, Math.min(1, old + far * STEP * way[axis])));
    if (this.isDown) this.draw(this.at);
    return this.where;
  }

  turn(isDown) {
    this.isDown = isDown;
    if (isDown) this.begin(this.at);
    return this.where;
  }

  get where() {
    return DRAW.penAt(...this.at.map((part) => Math.round(part / STEP)), this.isDown);
  }

  /** A ring where the pen is, in a square from 0 to 1: filled while it draws. */
  show(pen, colour) {
    pen.beginPath();
    pen.arc(...this.at, 0.035, 0, 2 * Math.PI);
    pen.lineWidth = 0.012;
    pen.strokeStyle = pen.fillStyle = colour;
    pen.stroke();
    if (this.isDown) pen.fill();
  }
}
