// The panel in which a network is watched while it balances a pole, at the speed of the real one.

import { TEXTS } from "../../texts.js";
import { ending, moved } from "../cart.js";
import { WatchedCard } from "./watched.js";

const WORDS = TEXTS.cart;

export class CartCard extends WatchedCard {
  constructor(stage, described) {
    super(stage, described);
    this.refresh();
  }

  get length() {
    return this.episode ? this.episode.arrays.actions.values.length : 0;
  }

  get moveSeconds() {
    return this.episode.values.step_s;
  }

  /** The episode is recorded: it is the picture. */
  played() {
    return this.picture;
  }

  same(before, after, done) {
    const count = 4 * (done + 1);
    const later = after.arrays.states.values;
    return count <= later.length && before.arrays.states.values.subarray(0, count).every((value, n) => value === later[n]);
  }

  said() {
    const done = Math.floor(this.at);
    if (!done) return TEXTS.episode.start(this.length);
    if (done === this.length) return this.inWords();
    return WORDS.now(done, this.length, moved(this.episode, done));
  }

  inWords() {
    return WORDS.over(this.length, this.episode.values.max_steps, ending(this.episode));
  }

  get more() {
    return { at: this.place };
  }
}
