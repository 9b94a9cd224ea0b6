// The panel in which an agent is watched playing: an episode by the values of the step that the film shows.

import { element, iconButton, renameButton } from "../elements.js";
import { TEXTS, short } from "../texts.js";
import { Card } from "./card.js";
import { played, varies } from "./episode.js";
import { WAYS, places, rangeOn } from "./game.js";

const MOVE_S = 0.4; // a move takes so long, of an episode of many moves less:
const MAX_EPISODE_S = 12;
const WORDS = TEXTS.episode;

export class EpisodeCard extends Card {
  constructor(stage, described) {
    super(stage, described);
    this.seed = 1;
    this.at = 0; // moves that are done, with a fraction between two of them
    this.restart = iconButton("start", WORDS.restart);
    this.toggle = iconButton("play", WORDS.play);
    this.onward = iconButton("next", WORDS.move);
    this.another = element("button", { type: "button", class: "small", text: WORDS.another, hidden: true });
    this.now = element("div", { class: "panel-now", role: "status", "aria-live": "polite" });
    const buttons = [this.restart, this.toggle, this.onward, this.another];
    this.controls = element("div", { class: "panel-controls", role: "group", "aria-label": WORDS.group }, ...buttons);
    this.root.classList.add("has-controls");
    this.root.insertBefore(this.controls, this.area);
    this.root.insertBefore(this.now, this.area);
    const on = (target, act) => target.addEventListener("click", act, { signal: this.aborter.signal });
    on(this.restart, () => this.stand(0));
    on(this.toggle, () => (this.walking ? this.rest() : this.walk()));
    on(this.onward, () => this.stand(Math.min(this.length, Math.floor(this.at) + 1)));
    on(this.another, () => this.anotherEpisode());
    this.refresh();
  }

  close() {
    cancelAnimationFrame(this.walking);
    super.close();
  }

  get length() {
    return this.episode ? this.episode.moves.length : 0;
  }

  /** Another step of the film: the episode by its values, from the same random numbers. */
  shown() {
    const [picture, below] = [this.picture, this.below];
    super.shown();
    if (this.stage.player.playing) this.primed = true; // once the film rests, the agent walks
    if (this.picture !== picture || this.below !== below) this.playAnew();
  }

  playAnew() {
    const before = this.episode;
    this.episode = this.picture && this.below ? played(this.below, this.picture.arrays.policy.values, this.seed) : null;
    this.another.hidden = !this.below || !varies(this.below);
    const done = Math.floor(this.at) + 1;
    const same = before && this.episode && before.states.slice(0, done + 1).every((state, n) => state === this.episode.states[n]);
    if (!this.walking) this.at = this.length; // all of its way is seen, until it is played
    else if (!same) this.at = 0;
    this.refresh();
  }

  anotherEpisode() {
    this.seed++;
    this.playAnew();
    this.stand(0);
    this.walk();
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
    const passed = this.clock === null ? 0 : Math.min(0.25, (now - this.clock) / 1000);
    this.clock = now;
    const before = Math.floor(this.at);
    if (this.visible) this.at = Math.min(this.length, this.at + passed / Math.min(MOVE_S, MAX_EPISODE_S / this.length));
    if (this.at >= this.length) return this.rest();
    this.walking = requestAnimationFrame((later) => this.tick(later));
    if (before !== Math.floor(this.at)) this.refresh();
    else if (!this.stage.player.calm) this.redraw();
  }

  // --- What is seen and said

  refresh() {
    const ready = this.length > 0;
    for (const button of [this.restart, this.toggle, this.onward, this.another]) button.disabled = !ready;
    renameButton(this.toggle, this.walking ? "pause" : "play", this.walking ? WORDS.pause : WORDS.play);
    this.now.setAttribute("aria-live", this.walking || this.stage.player.playing ? "off" : "polite");
    const text = ready ? this.said() : "";
    if (this.now.textContent !== text) this.now.textContent = text;
    this.now.title = text;
    if (this.picture) this.writeLegend();
    this.redraw();
  }

  /** Where the episode stands. */
  said() {
    const done = Math.floor(this.at);
    const { moves, total } = this.episode;
    if (!done) return WORDS.start(moves.length);
    if (done === moves.length) return WORDS.over(moves.length, short(total), this.end());
    const move = moves[done - 1];
    return WORDS.now(done, moves.length, this.moved(done - 1), short(move.reward), short(move.total));
  }

  /** What a move was: an action, and where it led if not where it points. */
  moved(n) {
    const { states, moves } = this.episode;
    const action = this.below.values.actions[moves[n].action];
    if (!WAYS[action]) return action;
    const [from, to] = [places(this.below)[states[n]], places(this.below)[states[n + 1]]];
    if (from === to) return WORDS.stays(action);
    const way = Object.keys(WAYS).find((name) => WAYS[name][0] === to.column - from.column && WAYS[name][1] === to.row - from.row);
    return way && way !== action ? WORDS.slips(action, way) : action;
  }

  end() {
    const { states, moves, ended } = this.episode;
    if (!ended) return WORDS.cutOff(moves.length);
    const { map, row, column } = places(this.below)[states[states.length - 1]];
    const { titles, marks, letters } = this.below.values;
    const mark = marks[map][row][column];
    if (titles[map]) return titles[map][0].toLowerCase() + titles[map].slice(1);
    return mark ? WORDS.endsAt(mark, letters[mark]) : WORDS.ends;
  }

  entries() {
    const listed = [
      ...super.entries(),
      { text: WORDS.agent, color: "negative", shape: "dot" },
    ];
    const map = this.episode ? places(this.below)[this.episode.states[Math.floor(this.at)]].map : 0;
    const range = this.below && rangeOn(this.below, this.picture, map);
    if (range) listed.push({ text: WORDS.range(short(range[0]), short(range[1])), color: "positive", shape: "ramp" });
    return listed;
  }

  render(pen, box) {
    if (!this.below) return () => null;
    // Without movement between squares where that is asked for.
    const at = this.stage.player.calm ? Math.floor(this.at) : this.at;
    const trail = this.episode ? { states: this.episode.states, at } : null;
    return super.render(pen, { ...box, trail });
  }

  describe() {
    super.describe();
    if (!this.episode) return;
    const label = this.canvas.getAttribute("aria-label");
    const { moves, total } = this.episode;
    this.canvas.setAttribute("aria-label", `${label} ${this.way()}. ${WORDS.over(moves.length, short(total), this.end())}.`);
    if (this.primed && !this.walking && this.visible && !this.stage.player.calm) this.walk();
    this.primed = false;
  }

  /** The actions in words, equal ones together. */
  way() {
    const runs = [];
    for (const { action } of this.episode.moves) {
      if (runs.at(-1)?.action === action) runs.at(-1).times++;
      else runs.push({ action, times: 1 });
    }
    const names = this.below.values.actions;
    const said = runs.slice(0, 20).map(({ action, times }) => WORDS.times(names[action], times));
    return [...said, ...(runs.length > 20 ? ["…"] : [])].join(", ");
  }
}
