// The panel in which an agent is watched on the squares of its game.

import { element } from "../../elements.js";
import { TEXTS, short } from "../../texts.js";
import { played, varies } from "./episode.js";
import { WAYS, places, rangeOn } from "../game.js";
import { WatchedCard } from "./watched.js";

const MOVE_S = 0.4; // a move takes so long, of an episode of many moves less:
const MAX_EPISODE_S = 12;
const WORDS = TEXTS.episode;

export class EpisodeCard extends WatchedCard {
  constructor(stage, described) {
    super(stage, described);
    this.seed = 1;
    this.another = element("button", { type: "button", class: "small", text: WORDS.another, hidden: true });
    this.controls.append(this.another);
    this.buttons.push(this.another);
    this.on(this.another, () => this.anotherEpisode());
    this.refresh();
  }

  get length() {
    return this.episode ? this.episode.moves.length : 0;
  }

  get moveSeconds() {
    return Math.min(MOVE_S, MAX_EPISODE_S / this.length);
  }

  /** The episode by the values of this step, from the same random numbers as at every step. */
  played() {
    this.another.hidden = !this.below || !varies(this.below);
    return this.picture && this.below ? played(this.below, this.picture.arrays.policy.values, this.seed) : null;
  }

  /** Whether two episodes have the same way up to a state. */
  same(before, after, done) {
    return before.states.slice(0, done + 1).every((state, n) => state === after.states[n]);
  }

  anotherEpisode() {
    this.seed++;
    this.playAnew();
    this.stand(0);
    this.walk();
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
    const trail = this.episode ? { states: this.episode.states, at: this.place } : null;
    return super.render(pen, { ...box, trail });
  }

  inWords() {
    const { moves, total } = this.episode;
    return `${this.way()}. ${WORDS.over(moves.length, short(total), this.end())}.`;
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
