// The shape of the network, changed at its drawing: units of each hidden layer, hidden layers, input features.
//
// The page starts another training for each change; several clicks in a row are one change.

import { element } from "../elements.js";
import { TEXTS, grouped } from "../texts.js";
import { layersOf } from "./arithmetic.js";

const TOGETHER_MS = 300; // between clicks of one change
const FIRST_UNITS = 4; // of a first hidden layer; another one has as many as the last

export class Editor {
  constructor(stage) {
    this.stage = stage;
    this.player = stage.player;
    this.asked = null; // {hidden, features}, until the page has answered
    this.build();
  }

  build() {
    this.layers = this.stepper("layers");
    this.features = element("select", { "aria-label": TEXTS.features, title: TEXTS.chooseFeatures });
    for (const { key, name } of this.limits.features) {
      this.features.append(element("option", { value: key, text: name }));
    }
    this.features.hidden = this.limits.features.length < 2;
    this.features.addEventListener("change", () => this.ask("features", { features: this.features.value }));
    const layers = element("span", { class: "edit-layers" }, TEXTS.layers, this.layers.box);
    this.whole = element("div", { class: "edit-whole" }, layers, this.features);
    this.columns = element("div", { class: "edit-columns" });
    this.box = element("div", { class: "edit", role: "group", "aria-label": TEXTS.editGroup }, this.whole, this.columns);
  }

  /** A number between a button for less and one for more. */
  stepper(name) {
    const button = (text, by) => {
      const made = element("button", { type: "button", class: "step", text });
      made.addEventListener("click", () => made.getAttribute("aria-disabled") !== "true" && this.step(name, by));
      return made;
    };
    const [less, more, count] = [button("−", -1), button("+", 1), element("span", { class: "count" })];
    return { less, more, count, box: element("span", { class: "stepper" }, less, count, more) };
  }

  get limits() {
    return this.stage.description.editing;
  }

  get hidden() {
    return this.stage.description.sizes.slice(1, -1);
  }

  /** The network as it will be. */
  get wanted() {
    return this.asked ?? { hidden: this.hidden, features: this.limits.chosen };
  }

  // --- Changes

  step(name, by) {
    this.ask(`${name} ${by}`, { hidden: this.stepped(name, by) });
  }

  /** The hidden layers with one layer, or one unit of the layer of this number, more or less. */
  stepped(name, by) {
    const { hidden } = this.wanted;
    if (name !== "layers") return hidden.map((units, i) => (i === name ? units + by : units));
    return by < 0 ? hidden.slice(0, -1) : [...hidden, hidden.at(-1) ?? FIRST_UNITS];
  }

  /** Why a change is not possible, if it is not. */
  refusal(name, by) {
    const hidden = this.stepped(name, by);
    const { min_layers: fewest, max_layers: layers, max_units: units, max_parameters: parameters } = this.limits;
    if (hidden.length > layers) return TEXTS.layersAtMost(layers);
    if (hidden.length < fewest || (by < 0 && !this.wanted.hidden.length)) return TEXTS.layersAtLeast(fewest);
    if (hidden[name] < 1) return TEXTS.oneUnitAtLeast;
    if (hidden[name] > units) return TEXTS.unitsAtMost(units);
    const { sizes } = this.stage.description;
    const last = layersOf([sizes[0], ...hidden, sizes.at(-1)]).at(-1);
    return by > 0 && last.bias + last.units > parameters ? TEXTS.parametersAtMost(grouped(parameters)) : null;
  }

  ask(control, change) {
    this.asked = { ...this.wanted, ...change };
    this.player.edited = control; // gets the keyboard's focus in the next drawing
    this.send();
  }

  send() {
    clearTimeout(this.sending);
    this.sending = null;
    this.write();
    if (this.isDrawn(this.asked)) return this.forget();
    this.player.notice(TEXTS.anotherTraining(this.asked.hidden));
    this.sending = setTimeout(() => {
      this.sending = null;
      this.player.report("network", this.asked);
    }, TOGETHER_MS);
  }

  isDrawn({ hidden, features }) {
    return String(hidden) === String(this.hidden) && features === this.limits.chosen;
  }

  forget() {
    this.asked = null;
    this.player.edited = null;
    this.player.notice(null);
    this.write();
  }

  /** The page has answered with the same run: it could not start another one. */
  update() {
    if (this.answered !== undefined && this.limits.count !== this.answered && !this.sending) this.forget();
    this.answered = this.limits.count;
  }

  /** A change that was clicked while the page answered the one before is asked for in the next drawing. */
  close() {
    this.player.unsent = this.sending ? this.asked : null;
    clearTimeout(this.sending);
  }

  // --- What is shown

  place() {
    const { columns, sink, wide, head, stacked } = this.stage.layout;
    this.whole.style.maxWidth = wide ? `${sink.x}px` : "";
    this.units = this.hidden.map((_, layer) => {
      const made = this.stepper(layer);
      made.box.classList.toggle("stacked", stacked);
      Object.assign(made.box.style, { left: `${columns[layer + 1].x}px`, top: `${head + 18}px` });
      return made;
    });
    this.columns.replaceChildren(...this.units.map(({ box }) => box));
    if (this.player.unsent) {
      this.asked = this.player.unsent;
      this.player.unsent = null;
      this.send();
    }
    this.write();
    this.focus();
  }

  write() {
    const { hidden, features } = this.wanted;
    this.features.value = features;
    this.writeStepper(this.layers, "layers", String(hidden.length), TEXTS.removeLayer, TEXTS.addLayer);
    this.units?.forEach((stepper, layer) => {
      stepper.box.hidden = layer >= hidden.length;
      if (stepper.box.hidden) return;
      const texts = [TEXTS.removeUnit, TEXTS.addUnit].map((text) => text(layer + 1, hidden[layer]));
      const count = this.stage.layout.roomyEdit ? TEXTS.units(hidden[layer]) : String(hidden[layer]);
      this.writeStepper(stepper, layer, count, ...texts);
    });
  }

  writeStepper({ less, more, count }, name, text, lessText, moreText) {
    count.textContent = text;
    [
      [less, -1, lessText],
      [more, 1, moreText],
    ].forEach(([button, by, label]) => {
      const refusal = this.refusal(name, by);
      button.setAttribute("aria-label", label);
      button.setAttribute("aria-disabled", String(Boolean(refusal))); // keeps the keyboard's focus
      button.title = refusal ? `${label}: ${refusal}` : label;
    });
  }

  /** The control that was used last, if the keyboard has lost it with the drawing before. */
  focus() {
    const name = this.player.edited;
    if (!name || this.asked) return;
    this.player.edited = null;
    if (document.activeElement && document.activeElement !== document.body) return;
    const [stepper, by] = name.split(" ");
    const { less, more } = (stepper === "layers" ? this.layers : this.units[stepper]) ?? {};
    (name === "features" ? this.features : by < 0 ? less : more)?.focus({ preventScroll: true });
  }
}
