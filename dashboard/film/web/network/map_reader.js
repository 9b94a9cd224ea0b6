// The large map, read with the keyboard as a pointer reads it.

import { element } from "../elements.js";
import { isArrow, nextPlace } from "../reading.js";
import { TEXTS } from "../texts.js";

export class MapReader {
  /** What is reached by Tab; the stage looks where the keys are, as it does where a pointer is. */
  constructor(stage) {
    this.stage = stage;
    this.spoken = element("div", { class: "spoken", role: "status" });
    this.box = element("div", { class: "map-reader", tabindex: 0, role: "application", "aria-description": TEXTS.mapKeys });
    this.box.addEventListener("keydown", (event) => this.key(event));
    this.box.addEventListener("blur", () => stage.pointedAway());
  }

  place({ x, y, size }) {
    Object.assign(this.box.style, { left: `${x}px`, top: `${y}px`, width: `${size}px`, height: `${size}px` });
  }

  name(text) {
    this.box.setAttribute("aria-label", TEXTS.mapOf(text));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isArrow(event.key)) this.move(event);
    else if (event.key === "Enter" && this.stage.pointer) this.stage.byHand.clicked(this.stage.pointer);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  move(event) {
    const { stage } = this;
    const { x: left, y: top, size } = stage.layout.map;
    const inside = { width: size, height: size };
    const { u, v } = stage.pointer ?? { u: 0.5, v: 0.5 };
    const everywhere = (x, y) => ({ lines: [`${x} ${y}`] }); // each place has numbers of its own
    const { x, y } = nextPlace(everywhere, { x: u * size, y: (1 - v) * size }, event, inside);
    this.spoken.textContent = stage.pointAt({ x: left + x, y: top + y }).join(", ");
  }
}
