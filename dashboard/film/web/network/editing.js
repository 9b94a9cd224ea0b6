// The network, changed at its drawing: units and activation of each hidden layer, hidden layers, input features.
//
// The page starts another training for each change; several clicks in a row are one change. A change has a number
// and is the whole network that is wanted; it is sent until the page's description has that number, so that none is
// lost where the page is busy, or has taken the drawing away, when it comes.

import { element } from "../elements.js";
import { TEXTS, grouped } from "../texts.js";
import { layersOf } from "./arithmetic.js";
import { STEP_TOP_PX } from "./layout.js";

const TOGETHER_MS = 300; // between clicks of one change
const FIRST_UNITS = 4; // of a first hidden layer; another one has as many as the last
const REFUSAL_MS = 4000; // for so long it is said why a click changed nothing
const FOCUS_MS = 30000; // for so long after a change its control gets the focus back
const AGAIN_MS = 2000; // until a change that has no answer is sent once more; then twice as long, and so on
const KEPT_MS = 60000; // for so long a change waits for its answer

// While a run waits for its start the page removes the player: these are of all drawings, one after the other.
let used = null; // {control, at}: used last, or gone to since
let asked = null; // {wanted, of, at, number}: the newest change, until the page has answered; no number until it is sent
let sent = 0; // the number of the change that was sent last

export class Editor {
  constructor(stage) {
    this.stage = stage;
    this.player = stage.player;
    this.build();
  }

  build() {
    this.layers = this.stepper("layers");
    this.features = this.limits.features.map(({ key, name }) => {
      const made = element("button", { type: "button", class: "feature", text: name, "aria-label": TEXTS.input(name) });
      made.dataset.control = `feature ${key}`;
      made.addEventListener("click", () => this.switchFeature(key));
      return { key, name, button: made };
    });
    const layers = element("span", { class: "edit-layers" }, TEXTS.layers, this.layers.box);
    this.whole = element("div", { class: "edit-whole" }, layers);
    this.columns = element("div", { class: "edit-columns" });
    const features = element("div", { role: "group", "aria-label": TEXTS.features }, ...this.features.map(({ button }) => button));
    this.box = element("div", { class: "edit", role: "group", "aria-label": TEXTS.editGroup }, this.whole, features, this.columns);
    this.box.addEventListener("focusin", ({ target }) => {
      const { control } = target.dataset; // a person may have gone on before the next drawing comes
      if (used && control) used = { control, at: performance.now() };
    });
  }

  /** A number between a button for less and one for more. */
  stepper(name) {
    const button = (text, by) => {
      const made = element("button", { type: "button", class: "step", text });
      made.dataset.control = `${name} ${by}`;
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

  get chosen() {
    return this.stage.description.features.map(({ key }) => key);
  }

  /** The network as it will be. */
  get wanted() {
    return asked?.wanted ?? { hidden: this.hidden, features: this.chosen, activations: this.stage.activationKeys };
  }

  // --- Changes

  step(name, by) {
    const hidden = this.stepped(name, by);
    this.ask(`${name} ${by}`, { hidden, activations: this.fitting(hidden, this.wanted.activations) });
  }

  /** The activations of a network with these hidden layers, if nobody chooses others: a new layer has the last one's. */
  fitting(hidden, from = this.stage.activationKeys) {
    return hidden.map((_, layer) => from[layer] ?? from.at(-1) ?? this.limits.activation);
  }

  setActivation(layer, key) {
    this.ask(`activation ${layer}`, { activations: this.wanted.activations.map((one, i) => (i === layer ? key : one)) });
  }

  /** Give the network a feature, or leave it out; the last one stays. */
  switchFeature(key) {
    const features = this.switched(key);
    const refusal = this.featureRefusal(features);
    if (refusal) return this.refuse(refusal);
    this.ask(`feature ${key}`, { features });
  }

  switched(key) {
    const { features } = this.wanted;
    return this.features.map((one) => one.key).filter((one) => features.includes(one) !== (one === key));
  }

  featureRefusal(features) {
    if (!features.length) return TEXTS.oneFeatureAtLeast;
    return features.length > this.wanted.features.length ? this.sizeRefusal(features.length, this.wanted.hidden) : null;
  }

  /** Say for a moment why nothing changes. */
  refuse(text) {
    this.player.notice(text);
    setTimeout(() => this.player.parts.notice.textContent === text && this.player.notice(null), REFUSAL_MS);
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
    const { min_layers: fewest, max_layers: layers, max_units: units } = this.limits;
    if (hidden.length > layers) return TEXTS.layersAtMost(layers);
    if (hidden.length < fewest || (by < 0 && !this.wanted.hidden.length)) return TEXTS.layersAtLeast(fewest);
    if (hidden[name] < 1) return TEXTS.oneUnitAtLeast;
    if (hidden[name] > units) return TEXTS.unitsAtMost(units);
    return by > 0 ? this.sizeRefusal(this.wanted.features.length, hidden) : null;
  }

  sizeRefusal(features, hidden) {
    const most = this.limits.max_parameters;
    const last = layersOf([features, ...hidden, this.stage.description.sizes.at(-1)]).at(-1);
    return last.bias + last.units > most ? TEXTS.parametersAtMost(grouped(most)) : null;
  }

  ask(control, change) {
    const at = performance.now();
    asked = { wanted: { ...this.wanted, ...change }, of: this.task, at, number: null };
    used = { control, at };
    this.send();
  }

  /** What a change belongs to: it is not one of another task's network. */
  get task() {
    return JSON.stringify([this.limits.features, this.stage.description.classes]);
  }

  get isAnswered() {
    return asked?.number != null && asked.number <= this.limits.answered;
  }

  /** Ask for the change in a moment, and until it is answered. */
  send() {
    this.stop();
    this.write();
    const isSent = sent > this.limits.answered; // a change before this one, which the page will make
    if (this.isDrawn(asked.wanted) && !isSent) return this.forget();
    const { hidden, features, activations } = asked.wanted;
    const functions = String(activations) === String(this.fitting(hidden)) ? null : activations.map((key) => this.nameOf(key));
    const names = this.features.filter(({ key }) => features.includes(key)).map(({ name }) => name);
    this.player.notice(TEXTS.anotherTraining(hidden, String(features) === String(this.chosen) ? null : names, functions));
    this.sending = setTimeout(() => this.report(AGAIN_MS), asked.number === null ? TOGETHER_MS : 0);
  }

  report(wait) {
    this.sending = null;
    if (!asked || performance.now() - asked.at > KEPT_MS) return;
    if (asked.number === null) sent = asked.number = Math.max(sent, this.limits.answered) + 1;
    this.player.report("network", { ...asked.wanted, number: asked.number });
    this.again = setTimeout(() => this.report(2 * wait), wait);
  }

  stop() {
    clearTimeout(this.sending);
    clearTimeout(this.again);
    this.sending = null;
  }

  isDrawn({ hidden, features, activations }) {
    const same = (one, other) => String(one) === String(other);
    return same(hidden, this.hidden) && same(features, this.chosen) && same(activations, this.stage.activationKeys);
  }

  forget() {
    this.stop();
    asked = used = null;
    this.player.notice(null);
    this.write();
  }

  /** The page has answered with the same run: it could not start another one. */
  update() {
    if (this.placed && this.isAnswered) this.forget();
  }

  /** A change that has no answer yet is asked for in the next drawing. */
  close() {
    this.stop();
  }

  /** Another drawing: what was asked for is answered, or is asked for here. */
  takeOver() {
    if (this.placed || !asked) return;
    if (this.isAnswered || asked.of !== this.task || performance.now() - asked.at > KEPT_MS) asked = null;
    else this.send();
  }

  // --- What is shown

  place() {
    const { columns, sink, wide, head, stacked } = this.stage.layout;
    this.whole.style.maxWidth = wide ? `${sink.x}px` : "";
    this.units = this.hidden.map((_, layer) => {
      const made = this.stepper(layer);
      made.box.classList.toggle("stacked", stacked);
      Object.assign(made.box.style, { left: `${columns[layer + 1].x}px`, top: `${head + STEP_TOP_PX}px` });
      return made;
    });
    this.menus = this.limits.activations.length ? this.hidden.map((_, layer) => this.menu(layer, columns[layer + 1])) : [];
    this.placeFeatures(columns[0]);
    const boxes = this.units.flatMap(({ box }, layer) => [box, ...(this.menus.length ? [this.menus[layer].box] : [])]);
    this.columns.replaceChildren(...boxes);
    this.takeOver();
    this.placed = true;
    this.write();
    this.focus();
  }

  /** A name beside its map; where the network does not get the feature, over the map as well. */
  placeFeatures({ places, tiles }) {
    this.features.forEach(({ button }, row) => {
      const { x, y, size } = places[row];
      const height = Math.max(24, Math.min(size, 30));
      const spare = !tiles.includes(places[row]);
      button.classList.toggle("spare", spare);
      const width = x - 5 + (spare ? size + 5 : 0);
      Object.assign(button.style, { top: `${y + (size - height) / 2}px`, height: `${height}px`, width: `${width}px` });
      button.style.paddingRight = spare ? `${size + 5}px` : "";
    });
  }

  /** The name of a layer's activation, with the menu of all behind it. */
  menu(layer, { x, pitch }) {
    const select = element("select", {});
    select.dataset.control = `activation ${layer}`;
    for (const { key, name } of this.functions) select.append(element("option", { value: key, text: name }));
    select.addEventListener("change", () => this.setActivation(layer, select.value));
    const text = element("span", { class: "activation-name", "aria-hidden": "true" });
    const box = element("span", { class: "activation" }, text, select);
    const { roomyMenu, menuTop } = this.stage.layout;
    const width = pitch ? `${roomyMenu ? Math.min(120, pitch - 6) : 26}px` : "";
    Object.assign(box.style, { left: `${x}px`, top: `${menuTop}px`, maxWidth: width });
    return { box, select, text };
  }

  /** Those that a layer may have, and those that were typed. */
  get functions() {
    const { activations } = this.limits;
    const typed = this.stage.description.activations.filter(({ key }) => !activations.some((one) => one.key === key));
    return [...activations, ...new Map(typed.map((one) => [one.key, one])).values()];
  }

  nameOf(activation) {
    return this.functions.find(({ key }) => key === activation)?.name ?? activation;
  }

  writeMenus({ hidden, activations }) {
    this.menus?.forEach(({ box, select, text }, layer) => {
      box.hidden = layer >= hidden.length;
      if (box.hidden) return;
      const name = this.nameOf(activations[layer]);
      select.value = activations[layer];
      text.textContent = this.stage.layout.roomyMenu ? name : "ƒ";
      select.setAttribute("aria-label", TEXTS.activationOf(layer + 1, name));
      select.title = TEXTS.activationOf(layer + 1, name);
    });
  }

  write() {
    const { hidden, features } = this.wanted;
    this.writeMenus(this.wanted);
    for (const { key, name, button } of this.features) {
      const on = features.includes(key);
      const refusal = this.featureRefusal(this.switched(key));
      const text = (on ? TEXTS.removeFeature : TEXTS.addFeature)(name);
      button.setAttribute("aria-pressed", String(on));
      button.setAttribute("aria-disabled", String(Boolean(refusal)));
      button.title = refusal ?? text;
    }
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
    if (!used) return;
    const { control, at } = used;
    if (!asked) used = null;
    if (performance.now() - at > FOCUS_MS || (document.activeElement && document.activeElement !== document.body)) return;
    const controls = [...this.box.querySelectorAll("[data-control]")];
    controls.find(({ dataset }) => dataset.control === control)?.focus({ preventScroll: true });
  }
}
