// The panels of a run: a card for each, all at the step that is shown.

import { element } from "../elements.js";

import { Card } from "./card.js";
import { CartCard } from "./watching/cart_card.js";
import { EpisodeCard } from "./watching/episode_card.js";
import { UnrolledCard } from "./unrolled_card.js";

const CARD_PX = 344; // a column for each so many; player.py has the same number
const MAX_COLUMNS = 4;
const FEW = 3;
const CARDS = { unrolled: UnrolledCard, episode: EpisodeCard, cart_episode: CartCard }; // of panels that have more than a canvas

export class PanelStage {
  name = "panels";
  blends = false;

  /** pictures: the PanelFilm; it is the player's own film where no network is drawn. */
  constructor(player, pictures) {
    this.player = player;
    this.pictures = pictures;
    this.cards = new Map();
    this.area = element("div", { class: "panels" });
    player.parts.stages.append(this.area);
    this.sight = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) target.card.seen(isIntersecting);
    });
    this.place();
  }

  /** A card for each panel that is expected, in their order; others stay. */
  place() {
    const { panels } = this.player.description;
    const wanted = new Map(panels.map((panel) => [panel.name, panel]));
    for (const [name, card] of this.cards) {
      if (wanted.has(name)) continue;
      this.sight.unobserve(card.root);
      card.close();
      this.cards.delete(name);
    }
    for (const panel of panels) {
      if (!this.cards.has(panel.name)) {
        const card = new (CARDS[panel.name] ?? Card)(this, panel);
        this.cards.set(panel.name, card);
        this.sight.observe(card.root);
      }
    }
    const roots = panels.map(({ name }) => this.cards.get(name).root);
    const same = roots.length === this.area.children.length && roots.every((root, i) => root === this.area.children[i]);
    if (!same) this.area.replaceChildren(...roots);
    this.area.hidden = !panels.length;
  }

  close() {
    this.sight.disconnect();
    for (const card of this.cards.values()) card.close();
    this.area.remove();
  }

  get busy() {
    return [...this.cards.values()].some((card) => card.visible && card.stale);
  }

  async prepare() {
    if (this.pictures === this.player.film) return;
    for (let more = true; more; ) {
      const found = await this.pictures.load();
      more = found.more;
      if (found.added || found.anew) this.shown();
    }
    this.player.schedule();
  }

  accepts() {
    return true;
  }

  shown() {
    for (const card of this.cards.values()) card.shown();
  }

  draw() {
    for (const card of this.cards.values()) card.draw();
  }

  restyle() {
    this.place();
    for (const card of this.cards.values()) card.restyle();
  }

  resize(width) {
    const count = this.player.description.panels.filter(({ wide }) => !wide).length;
    const columns = Math.max(1, Math.min(MAX_COLUMNS, count, Math.floor(width / CARD_PX)));
    this.area.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    // One or two have room to be higher, but not where a card is as wide as the screen of a phone.
    this.area.classList.toggle("few", count < FEW && width >= 2 * CARD_PX);
    for (const card of this.cards.values()) card.restyle();
  }

  describe(status) {
    for (const card of this.cards.values()) card.describe(status);
  }

  actFor(key) {
    const held = [...this.cards.values()].find((card) => card.held);
    return held && key === "Escape" ? () => held.hold(null) : null;
  }

  /** The step that panels show, or the newest one before any is known. */
  get step() {
    return this.player.frame?.step ?? Infinity;
  }

  /** Whether the run has ended, so that nothing is to come. */
  get ended() {
    return this.player.film.ended;
  }

  /** How far axes of steps reach: to the end of the film, or as planned, of a run that is still running. */
  get lastStep() {
    const { film, description } = this.player;
    const newest = film.frames.at(-1)?.step ?? 0;
    return film.ended ? newest : Math.max(newest, description.planned_steps || 0);
  }
}
