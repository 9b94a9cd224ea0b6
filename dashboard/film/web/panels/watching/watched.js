// A panel in which an agent is watched: an episode by what it has learnt at the step that the film shows.

import { element, iconButton, renameButton } from "../../elements.js";
import { TEXTS } from "../../texts.js";
import { Card } from "../card.js";

const MAX_PAUSE_S = 0.25; // of the clock between two pictures
const WORDS = TEXTS.episode;

/** What is common to all games; a game's own card says what an episode is, what is drawn and what is said. */
export class WatchedCard extends Card {
  constructor(stage, described) {
    super(stage, described);
    this.at = 0; // moves that are done, with a fraction between two of them
    this.restart = iconButton("start", WORDS.restart);
    this.toggle = iconButton("play", WORDS.play);
    this.onward = iconButton("next", WORDS.move);
    this.buttons = [this.restart, this.toggle, this.onward];
    this.now = element("div", { class: "panel-now", role: "status", "aria-live": "polite" });
    this.controls = element("div", { class: "panel-controls", role: "group", "aria-label": WORDS.group }, ...this.buttons);
    this.root.classList.add("has-controls");
    this.root.insertBefore(this.controls, this.area);
    this.root.insertBefore(this.now, this.area);
    this.on(this.restart, () => this.stand(0));
    this.on(this.toggle, () => (this.walking ? this.rest() : this.walk()));
    this.on(this.onward, () => this.stand(Math.min(this.length, Math.floor(this.at) + 1)));
  }

  on(button, act) {
    button.addEventListener("click", act, { signal: this.aborter.signal });
  }

  close() {
    cancelAnimationFrame(this.walking);
    super.close();
  }

  /** Another step of the film: the episode by what was learnt then. */
  shown() {
    const [picture, below] = [this.picture, this.below];
    super.shown();
    if (this.stage.player.playing) this.primed = true; // once the film rests, the agent walks
    if (this.picture !== picture || this.below !== below) this.playAnew();
  }

  playAnew() {
    const before = this.episode;
    this.episode = this.played();
    const done = Math.floor(this.at) + 1;
    if (!this.walking) this.at = this.length; // all of its way is seen, until it is played
    else if (!before || !this.episode || !this.same(before, this.episode, done)) this.at = 0;
    this.refresh();
  }

  // --- Walking

  walk() {
    if (!this.length) return;
    if (this.at >= this.length) this.at = 0;
    this.clock = null;
    this.walking = requestAnimationFrame((now) => this.tick(now));
    this.refresh();
  }

  rest() {
    cancelAnimationFrame(this.walking);
    this.walking = null;
    this.at = Math.floor(this.at);
    this.refresh();
  }

  stand(at) {
    this.rest();
    this.at = at;
    this.refresh();
  }

  tick(now) {
    const passed = this.clock === null ? 0 : Math.min(MAX_PAUSE_S, (now - this.clock) / 1000);
    this.clock = now;
    const before = Math.floor(this.at);
    if (this.visible) this.at = Math.min(this.length, this.at + passed / this.moveSeconds);
    if (this.at >= this.length) return this.rest();
    this.walking = requestAnimationFrame((later) => this.tick(later));
    if (before !== Math.floor(this.at)) this.refresh();
    else if (!this.stage.player.calm) this.redraw();
  }

  // --- What is seen and said

  refresh() {
    const ready = this.length > 0;
    for (const button of this.buttons) button.disabled = !ready;
    renameButton(this.toggle, this.walking ? "pause" : "play", this.walking ? WORDS.pause : WORDS.play);
    this.now.setAttribute("aria-live", this.walking || this.stage.player.playing ? "off" : "polite");
    const text = ready ? this.said() : "";
    if (this.now.textContent !== text) this.now.textContent = text;
    this.now.title = text;
    if (this.picture) this.writeLegend();
    this.redraw();
  }

  /** Where the agent is; without movement between two states where that is asked for. */
  get place() {
    return this.stage.player.calm ? Math.floor(this.at) : this.at;
  }

  describe() {
    super.describe();
    if (!this.episode) return;
    this.canvas.setAttribute("aria-label", `${this.canvas.getAttribute("aria-label")} ${this.inWords()}`);
    if (this.primed && !this.walking && this.visible && !this.stage.player.calm) this.walk();
    this.primed = false;
  }
}
