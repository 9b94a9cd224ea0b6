// Several films in step: one time line, and a seat for each run.

import { element } from "./elements.js";
import { mounting } from "./mount.js";
import { css } from "./palette.js";
import { Player, REPORT_MS, statusOf } from "./player.js";
import { filmOf, stageOf } from "./stages.js";
import { TEXTS, formatted, grouped, significant } from "./texts.js";
import { drawTogether } from "./timeline.js";

const WORDS = TEXTS.together;
const SEAT_PX = 320; // at least, of a seat's width
const MAX_COLUMNS = 3;
const OVERS = ["step", "share", "seconds"];
const MOMENT_DIGITS = 9; // of a moment in the address

/** One run among several: its film, and what its stage knows as its player. */
class Seat {
  small = true;

  constructor(group, description) {
    this.group = group;
    this.description = description;
    this.film = filmOf(description);
    this.clock = []; // [step, seconds] of the ends of epochs, once they are asked for
    this.index = -1;
    this.position = 0;
    this.dot = element("i", { class: "mark is-dot" });
    this.name = element("span", { class: "seat-name", text: description.label });
    this.parts = {
      status: element("div", { class: "seat-status" }),
      stages: element("div", { class: "stages" }),
      notice: element("div", { class: "panel-waiting", hidden: true }),
    };
    const head = element("figcaption", { class: "seat-head" }, this.dot, this.name);
    const shown = element("div", { class: "seat-film" }, this.parts.stages, this.parts.notice);
    this.root = element("figure", { class: "seat", "data-run": description.run }, head, this.parts.status, shown);
    this.stage = stageOf(this);
  }

  close() {
    this.stage.close();
    this.root.remove();
  }

  // What a stage asks of its player.

  get palette() {
    return this.group.palette;
  }
  get playing() {
    return this.group.playing;
  }
  get live() {
    return this.group.live;
  }
  get slow() {
    return this.group.slow;
  }
  get still() {
    return this.group.still;
  }
  get calm() {
    return this.group.calm;
  }
  get frame() {
    return this.film.frames[this.index];
  }
  schedule() {
    this.group.schedule();
  }
  refine() {
    this.group.refine();
  }
  halt() {
    this.group.halt();
  }
  refreshBar() {
    this.group.refreshBar();
  }

  // Frames

  async prepare() {
    try {
      await this.stage.prepare();
      for (let more = true; more; ) {
        const answer = await this.film.load();
        this.missing = answer.missing || (this.film.frames.length > 0 && !this.stage.accepts(this.film.frames));
        this.changed ||= Boolean(answer.added || answer.anew);
        more = answer.more && !this.missing;
      }
      this.failed = false;
    } catch {
      this.failed = true; // asked again with the next poll
    }
    const empty = this.missing || (this.film.ended && !this.film.frames.length);
    this.notice(empty ? TEXTS.none : this.failed ? TEXTS.lost : this.film.frames.length ? null : TEXTS.waiting);
  }

  /** How long the training had taken at its epochs; asked for anew while there are later frames. */
  async fetchClock() {
    const newest = this.frames.at(-1)?.step ?? 0;
    if ((this.clock.at(-1)?.[0] ?? -1) >= newest || this.clockOf === newest) return;
    const clock = await this.film.clock().catch(() => null);
    if (!clock) return;
    [this.clock, this.clockOf] = [clock, newest];
    this.changed = true;
  }

  notice(text) {
    this.parts.notice.hidden = !text;
    this.parts.notice.textContent = text ?? "";
  }

  /** Whether no frame will come any more. */
  get over() {
    return this.missing || this.film.ended;
  }

  get frames() {
    return this.missing ? [] : this.film.frames;
  }

  get lastStep() {
    const newest = this.frames.at(-1)?.step ?? 0;
    return this.film.ended ? newest : Math.max(newest, this.description.planned_steps || 0);
  }

  /** Where a step of this run is on the common time line. */
  momentOf(step, over) {
    if (over === "step") return step;
    if (over === "share") return this.lastStep ? step / this.lastStep : 0;
    return along(this.clock, step);
  }

  /** The step of this run at a moment, which need not be that of a frame. */
  stepAt(moment, over) {
    if (over === "step") return moment;
    if (over === "share") return moment * this.lastStep;
    return along(this.clock.map(([step, seconds]) => [seconds, step]), moment);
  }

  /** Show the newest frame that is not after a moment; part of the way to the next one while the film plays. */
  place(moment, over) {
    const { frames } = this;
    if (!frames.length) return;
    let index = 0;
    while (index < frames.length - 1 && this.momentOf(frames[index + 1].step, over) <= moment + 1e-9) index++;
    const [here, next] = [index, Math.min(index + 1, frames.length - 1)].map((n) => this.momentOf(frames[n].step, over));
    const other = index !== this.index || this.changed;
    this.index = index;
    this.position = next > here ? index + Math.max(0, Math.min(0.999, (moment - here) / (next - here))) : index;
    this.changed = false;
    if (!other) return;
    this.stage.shown();
    this.write();
  }

  write() {
    const { frame } = this;
    const done = frame && this.film.ended && this.index === this.frames.length - 1;
    const text = frame ? statusOf(frame, this.film, this.description) + (done ? ` · ${WORDS.atEnd}` : "") : "";
    if (this.parts.status.textContent !== text) this.parts.status.textContent = text;
  }

  restyle() {
    this.dot.style.setProperty("--mark", css(this.palette.color(this.description.color)));
    this.stage.restyle();
  }
}

/** The seconds at a step, on the line between those that are known; beyond them at the same speed. */
function along(clock, step) {
  if (!clock.length) return 0;
  let after = clock.findIndex(([at]) => at >= step);
  if (after < 0) after = clock.length - 1;
  const [to, late] = clock[after];
  const [from, early] = after ? clock[after - 1] : [0, 0];
  return to > from ? early + ((step - from) / (to - from)) * (late - early) : late;
}

/** What the common time line plays: the moments at which one of the films has a frame. */
class CommonFilm {
  constructor(seats) {
    this.seats = seats;
    this.over = OVERS[0];
    this.frames = [];
    this.scores = [];
  }

  get ended() {
    return this.seats.every((seat) => seat.over);
  }

  /** A run has been resumed. */
  set ended(value) {
    for (const { film, description } of this.seats) film.ended = value || description.ended;
  }

  scoredAt() {
    return null;
  }

  async load() {
    await Promise.all(this.seats.map((seat) => (seat.over && seat.index >= 0 ? null : seat.prepare())));
    await this.fetchClocks();
    const added = this.seats.filter(({ changed }) => changed).length;
    if (added) this.arrange();
    return { added, anew: false };
  }

  async fetchClocks() {
    if (this.over === "seconds") await Promise.all(this.seats.map((seat) => seat.fetchClock()));
  }

  arrange() {
    const moments = new Set();
    for (const seat of this.seats) for (const { step } of seat.frames) moments.add(seat.momentOf(step, this.over));
    this.frames = [...moments].sort((a, b) => a - b).map((step) => ({ step }));
  }

  /** How far the time line reaches. */
  get last() {
    return Math.max(1e-9, ...this.seats.map((seat) => seat.momentOf(seat.lastStep, this.over)));
  }
}

/** All seats, as the stage of their common player. */
class Seats {
  name = "seats";

  constructor(player, film) {
    this.player = player;
    this.film = film;
    this.area = element("div", { class: "seats" });
    this.area.append(...film.seats.map(({ root }) => root));
    player.parts.stages.append(this.area);
  }

  get blends() {
    return this.film.seats.some(({ stage }) => stage.blends);
  }

  get busy() {
    return this.film.seats.some(({ stage }) => stage.busy);
  }

  close() {
    for (const seat of this.film.seats) seat.close();
    this.area.remove();
  }

  async prepare() {}

  accepts() {
    return true;
  }

  /** The moment that is shown, which moves evenly from one to the next while the films play. */
  get moment() {
    const { frames } = this.film;
    const { index, position, playing } = this.player;
    const [here, next] = [frames[index]?.step ?? 0, frames[Math.min(index + 1, frames.length - 1)]?.step ?? 0];
    return playing ? here + (next - here) * Math.max(0, Math.min(1, position - index)) : here;
  }

  place() {
    for (const seat of this.film.seats) seat.place(this.moment, this.film.over);
  }

  shown() {
    this.place();
    if (!this.player.still) return;
    for (const { stage } of this.film.seats) stage.shown(); // the final picture, which is finer
  }

  draw() {
    this.place();
    for (const { stage } of this.film.seats) stage.draw();
  }

  restyle() {
    const described = new Map(this.player.description.films.map((one) => [one.run, one]));
    for (const seat of this.film.seats) {
      seat.description = described.get(seat.description.run) ?? seat.description;
      seat.name.textContent = seat.description.label;
      seat.restyle();
    }
  }

  resize(width) {
    const columns = Math.max(1, Math.min(MAX_COLUMNS, this.film.seats.length, Math.floor(width / SEAT_PX)));
    this.area.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    const each = this.film.seats[0].parts.stages.clientWidth || width;
    for (const { stage } of this.film.seats) stage.resize(each);
  }

  describe() {
    for (const seat of this.film.seats) seat.stage.describe(seat.parts.status.textContent);
  }

  actFor(key, target) {
    for (const { root, stage } of this.film.seats) {
      const act = root.contains(target) ? stage.actFor(key, target) : null;
      if (act) return act;
    }
    return null;
  }
}

function commonOf(player, { films, over }) {
  const film = new CommonFilm(films.map((one) => new Seat(player, one)));
  film.over = over ?? player.over?.value ?? OVERS[0];
  return { film, stages: [new Seats(player, film)] };
}

class CommonPlayer extends Player {
  constructor(root, description, report) {
    super(root, description, report, commonOf);
    const options = OVERS.map((value) => element("option", { value, text: WORDS.over[value] }));
    this.over = element("select", { class: "over", "aria-label": WORDS.inStep, title: WORDS.inStep }, ...options);
    this.over.value = this.film.over;
    this.parts.status.before(this.over);
    this.over.addEventListener("change", () => this.switchOver());
    this.refreshBar();
  }

  open(description) {
    super.open(description);
    if (this.over) this.over.value = this.film.over;
  }

  /** Another time line, at the step that the first film shows. */
  async switchOver() {
    const [first] = this.film.seats;
    const step = first.frame?.step ?? 0;
    this.film.over = this.over.value;
    await this.film.fetchClocks();
    this.film.arrange();
    this.refreshBar();
    this.drawTimeline();
    if (!this.film.frames.length) return;
    this.show(this.nearest(first.momentOf(step, this.film.over)));
    this.commit();
  }

  statusText() {
    if (!this.frame) return "";
    const { step: moment } = this.frame;
    if (this.film.over === "step") return TEXTS.step(grouped(moment));
    if (this.film.over === "share") return WORDS.share(formatted(moment, ".1%"));
    return WORDS.seconds(significant(moment, 3));
  }

  drawTimeline() {
    const { clientWidth, clientHeight } = this.parts.scrub;
    if (!clientWidth || !this.width) return;
    const { seats, over, last } = this.film;
    const runs = seats.map((seat) => ({
      color: seat.description.color,
      kind: seat.description.metric.name,
      points: seat.film.scores
        .map(({ step, values: [train, test] }) => [seat.momentOf(step, over), Number.isFinite(test) ? test : train])
        .filter(([, loss]) => Number.isFinite(loss)),
    }));
    this.timeline = drawTogether(this.parts.curves, clientWidth, clientHeight, last, runs, this.palette);
    this.placeHead();
  }

  /** The moment, for the page's address, and at which step each run is then, for its charts. */
  commit() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => {
      if (this.playing || this.live || !this.frame || this.closed) return;
      const { seats, over } = this.film;
      const shown = seats.filter(({ frame }) => frame).map((seat) => [seat.description.run, seat.stepAt(this.frame.step, over)]);
      const moment = { over, at: Number(this.frame.step.toPrecision(MOMENT_DIGITS)), steps: Object.fromEntries(shown) };
      const said = JSON.stringify(moment);
      if (said === this.said) return;
      [this.said, this.lastReport] = [said, moment.at];
      this.report("moment", moment);
    }, REPORT_MS);
  }
}

export default mounting((root, data, report) => new CommonPlayer(root, data, report));
