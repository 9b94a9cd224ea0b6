// The player: a time line and what it steers.
//
// A film is a list of frames in the order of their steps. The player holds which of them is shown, plays them,
// follows a run while it trains, and says to the page where it was stopped. What a frame looks like is the matter
// of its stages: the network of a small MLP, and the panels of a run's snapshots. A stage has
//
//   open()              another run is to be shown        prepare()        what it fetches before the frames
//   restyle()           other colours                     resize(width)    another width
//   accepts(frames)     whether these are frames of it    shown()          another frame is shown
//   draw()              draw what changed                 describe(text)   the picture in words, once it rests
//   actFor(key, target) what a key does there, if anything      busy, blends, close()

import { build, renameButton } from "./elements.js";
import { Palette, css } from "./palette.js";
import { TEXTS, formatted, grouped, lossText } from "./texts.js";
import { drawCurves } from "./timeline.js";

const FILM_S = 6; // how long a film plays at normal speed
const MAX_FRAMES_PER_S = 60;
const SLOW_S = 0.04; // from one drawn picture to the next
const POLL_MS = 1000;
const REFINE_MS = 140;
const PHONE_PX = 640; // as wide as Streamlit's columns stand one below the other
const SPOKEN_MS = 10000; // between two sentences to a screen reader while the film moves
export const REPORT_MS = 350;

/** A frame in words: its step, and the losses and the metric that are known of it. */
export function statusOf(frame, film, { steps_per_epoch: perEpoch, planned_steps: planned, metric, splits }) {
  const parts = [TEXTS.step(grouped(frame.step))];
  if (perEpoch) {
    const of = planned ? grouped(Math.ceil(planned / perEpoch)) : null;
    parts.push(TEXTS.epoch(grouped(Math.floor(frame.step / perEpoch)), of));
  }
  const scored = film.scoredAt(frame);
  if (!scored) return parts.join(" · ");
  const [trainLoss, testLoss, trainMetric, testMetric] = scored.values;
  const scores = [];
  if (Number.isFinite(trainLoss)) {
    scores.push(TEXTS.loss(lossText(trainLoss), Number.isFinite(testLoss) ? lossText(testLoss) : null, splits));
  }
  const [value, of] = Number.isFinite(testMetric) ? [testMetric, splits[1]] : [trainMetric, splits[0]];
  if (Number.isFinite(value)) scores.push(TEXTS.metric(metric.name.toLowerCase(), formatted(value, metric.format), of));
  if (scores.length && scored.step !== frame.step) scores.push(TEXTS.scoredAt(grouped(scored.step)));
  return [...parts, ...scores].join(" · ");
}

export class Player {
  /** report(name, value): say something to the page; stagesOf(player, description): the film of a run, and its
   *  stages. */
  constructor(root, description, report, stagesOf) {
    this.root = root;
    this.parts = build(root);
    this.report = report;
    this.stagesOf = stagesOf;
    this.speed = 1;
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.drawn = 0;
    this.saidAt = -Infinity;
    this.stages = [];
    this.listen();
    this.open(description);
    // What tests and benchmarks look at.
    const player = this;
    root.film = {
      get frames() {
        return player.film.frames;
      },
      get index() {
        return player.index;
      },
      get drawn() {
        return player.drawn;
      },
      get playing() {
        return player.playing;
      },
      /** Whether the picture is the final one of a frame, and nothing is about to change it. */
      get settled() {
        return player.still && !player.playing && !player.refining && !player.ticking && !player.stages.some((s) => s.busy);
      },
      stage: (name) => player.stages.find((stage) => stage.name === name),
    };
  }

  /** Show another run, from its beginning. */
  open(description) {
    clearTimeout(this.polling);
    for (const stage of this.stages) stage.close();
    this.description = description;
    this.index = -1;
    this.position = 0;
    this.playing = false;
    this.live = !description.ended;
    this.arrivals = 0;
    this.missing = false;
    this.lastReport = description.step ?? null;
    this.pendingStep = description.step ?? null; // until its frame is here
    this.width = 0;
    this.parts.stages.replaceChildren();
    this.palette = new Palette(this.root, description.colors);
    const { film, stages } = this.stagesOf(this, description);
    [this.film, this.stages] = [film, stages];
    this.restyle();
    this.notice(TEXTS.waiting);
    this.poll();
  }

  /** What changed on the page: another run, the theme, a step to show, or nothing that matters. */
  update(description) {
    const other = description.run !== this.description.run || !description.network !== !this.description.network;
    if (other) return this.open(description);
    const step = description.step ?? null;
    const asked = step !== null && step !== this.lastReport && step !== (this.description.step ?? null);
    const resumed = this.description.ended && !description.ended;
    const more = description.news !== this.description.news;
    this.description = description;
    this.restyle();
    if (asked && this.film.frames.length) {
      this.pause(false);
      this.show(this.nearest(step));
    }
    if (resumed) [this.film.ended, this.live] = [false, true];
    this.refreshBar();
    if (!this.film.ended || more) this.poll();
  }

  close() {
    this.closed = true;
    clearTimeout(this.polling);
    clearTimeout(this.reporting);
    clearTimeout(this.refining);
    cancelAnimationFrame(this.ticking);
    for (const stage of this.stages) stage.close();
    this.stopListening();
  }

  // --- Frames from the server

  async poll() {
    clearTimeout(this.polling);
    const { film } = this;
    if (!this.root.isConnected) return this.close(); // the page has replaced it without saying so
    if (this.closed || this.loading) return;
    if (document.hidden && film.frames.length) return; // resumes when the page is seen again
    this.loading = film;
    let wait = POLL_MS;
    try {
      await Promise.all(this.stages.map((stage) => stage.prepare()));
      const answer = await film.load();
      if (film === this.film) this.arrived(answer);
      if (answer.more) wait = 0;
      this.failures = 0;
    } catch (error) {
      this.failures = (this.failures ?? 0) + 1;
      wait = Math.min(15, 2 ** this.failures) * POLL_MS;
      if (film === this.film && this.failures > 1) this.notice(TEXTS.lost);
    } finally {
      this.loading = null;
    }
    if (this.closed) return;
    if (film !== this.film) this.poll();
    else if ((!film.ended || wait !== POLL_MS) && !this.missing) this.polling = setTimeout(() => this.poll(), wait);
  }

  arrived({ missing, anew, added }) {
    const { frames } = this.film;
    this.missing = missing || (frames.length > 0 && !this.stages.every((stage) => stage.accepts(frames)));
    if (this.missing) {
      this.film.frames = [];
      return this.notice(TEXTS.none);
    }
    if (this.index >= 0 && frames.length) this.keepPlace(anew);
    if (!frames.length) {
      this.notice(this.film.ended ? TEXTS.none : TEXTS.waiting);
      return this.refreshBar();
    }
    this.notice(null);
    if (this.index < 0) this.first();
    else if (added || anew) this.grown();
    if (this.film.ended && !this.playing) this.live = false;
    this.drawTimeline();
    this.refreshBar();
  }

  /** The step that was shown is still shown, where frames came before it or went. */
  keepPlace(anew) {
    const { frames } = this.film;
    if (anew && this.index >= frames.length) {
      this.index = -1;
    } else if (frames[this.index]?.step !== this.step) {
      this.index = this.nearest(this.step);
      this.position = this.index;
    }
    for (const stage of this.stages) stage.shown();
    this.schedule();
  }

  /** Which frame is shown first: that of the address, the first where the film plays by itself, the newest. */
  first() {
    const { frames } = this.film;
    if (this.pendingStep !== null) {
      const newest = frames[frames.length - 1].step;
      if (newest >= this.pendingStep || this.film.ended) {
        this.live = false;
        this.show(this.nearest(this.pendingStep));
        this.pendingStep = null;
        return;
      }
      this.live = false; // until the step that was asked for has come
      return this.show(frames.length - 1);
    }
    if (this.description.autoplay) this.bringIntoSight();
    if (this.description.autoplay && !this.calm) {
      this.show(0);
      this.play();
    } else {
      this.show(frames.length - 1);
    }
  }

  /** On a phone a run that was just started is below the screen's middle: show it. */
  bringIntoSight() {
    const { top } = this.root.getBoundingClientRect();
    if (window.innerWidth > PHONE_PX || top < window.innerHeight / 2) return;
    this.root.scrollIntoView({ block: "start", behavior: this.calm ? "auto" : "smooth" });
  }

  grown() {
    const { frames } = this.film;
    const newest = frames[frames.length - 1].step;
    if (this.pendingStep !== null && (newest >= this.pendingStep || this.film.ended)) {
      this.show(this.nearest(this.pendingStep));
      this.pendingStep = null;
    } else if (this.pendingStep !== null || (this.live && this.calm)) {
      this.show(frames.length - 1);
    } else if (this.live && !this.playing) {
      // What came with one answer is played until the next one, so that a live run moves evenly.
      this.arrivals = Math.max(1, frames.length - 1 - this.index) / (POLL_MS / 1000);
      this.play();
    }
  }

  nearest(step) {
    let best = 0;
    this.film.frames.forEach((frame, i) => {
      if (Math.abs(frame.step - step) < Math.abs(this.film.frames[best].step - step)) best = i;
    });
    return best;
  }

  // --- Time

  /** The frame that is shown. */
  get frame() {
    return this.film.frames[this.index];
  }

  show(index) {
    const { frames } = this.film;
    if (!frames.length) return;
    this.index = Math.max(0, Math.min(frames.length - 1, index));
    this.step = this.frame.step;
    if (!this.playing) this.position = this.index;
    for (const stage of this.stages) stage.shown();
    this.parts.range.value = this.index;
    this.placeHead();
    this.writeStatus();
    this.schedule();
    if (!this.playing) this.refine();
  }

  play() {
    const { frames } = this.film;
    if (!frames.length) return;
    const atEnd = this.index >= frames.length - 1;
    if (atEnd && !this.live && !this.film.ended) return this.follow();
    if (atEnd && this.film.ended) this.show(0);
    this.position = this.index;
    this.playing = true;
    this.clock = null;
    this.refreshBar();
    this.schedule();
  }

  /** Stand still; `commit`: say to the page which step is shown. */
  pause(commit = true) {
    this.halt();
    this.refreshBar();
    this.refine();
    if (commit) this.commit();
  }

  halt() {
    this.playing = false;
    this.live = false;
  }

  /** Frames a second at normal speed, so that the whole film lasts some seconds; of a live run, as it will be. */
  rate() {
    const { frames, ended } = this.film;
    const newest = frames[frames.length - 1].step;
    const planned = this.description.planned_steps || newest;
    const whole = ended || !newest ? frames.length : frames.length * Math.max(1, Math.min(20, planned / newest));
    return Math.max(Math.min(MAX_FRAMES_PER_S, Math.max(4, whole / FILM_S)) * this.speed, this.live ? this.arrivals : 0);
  }

  advance(now) {
    const { frames } = this.film;
    const passed = this.clock === null ? 0 : Math.min(0.25, (now - this.clock) / 1000);
    if (passed) this.gap = 0.9 * (this.gap ?? passed) + 0.1 * passed;
    this.slow = this.gap > SLOW_S;
    this.clock = now;
    this.position = Math.min(frames.length - 1, this.position + passed * this.rate());
    const index = Math.floor(this.position + 1e-6);
    this.moved = index !== this.index || (!this.slow && this.stages.some((stage) => stage.blends));
    if (index !== this.index) this.show(index);
    if (index < frames.length - 1) return;
    if (this.film.ended) {
      this.pause(false);
    } else {
      this.playing = false; // caught up: from here on it follows the newest frame
      this.live = true;
      this.refreshBar();
      this.refine();
    }
  }

  toggle() {
    if (this.playing || this.live) this.pause();
    else this.play();
  }

  /** A jump by hand, to a frame. */
  jump(index) {
    if (!this.film.frames.length) return;
    this.halt();
    this.pendingStep = null;
    this.show(index);
    this.refreshBar();
    this.refine();
    this.commit();
  }

  follow() {
    this.live = !this.live;
    this.pendingStep = null;
    if (this.live) {
      this.playing = false;
      this.show(this.film.frames.length - 1);
    }
    this.refreshBar();
  }

  commit() {
    clearTimeout(this.reporting);
    this.reporting = setTimeout(() => {
      const { frame } = this;
      if (!frame || this.playing || this.live || frame.step === this.lastReport) return;
      this.lastReport = frame.step;
      this.report("step", frame.step);
    }, REPORT_MS);
  }

  // --- Drawing, once a screen's frame at most

  schedule() {
    if (this.ticking || this.closed) return;
    this.ticking = requestAnimationFrame((now) => {
      this.ticking = null;
      this.tick(now);
    });
  }

  tick(now) {
    if (document.hidden || this.outOfSight) {
      this.clock = null; // resumes without a jump
      return;
    }
    if (this.playing) this.advance(now);
    if (this.playing) {
      this.still = false;
      this.schedule();
    }
    if (this.playing && !this.moved) return;
    this.draw();
  }

  draw() {
    if (!this.width) return;
    this.drawn++;
    for (const stage of this.stages) stage.draw();
  }

  /** The final picture, once nothing has changed for a moment. */
  refine() {
    clearTimeout(this.refining);
    this.still = false;
    this.refining = setTimeout(() => {
      this.refining = null;
      if (this.playing || this.dragging) return;
      this.still = true;
      for (const stage of this.stages) stage.shown();
      this.schedule();
      this.say();
      for (const stage of this.stages) stage.describe(this.statusText());
    }, REFINE_MS);
  }

  /** Theme and width anew. */
  restyle() {
    this.palette = new Palette(this.root, this.description.colors);
    const style = this.root.style;
    style.setProperty("--film-positive", css(this.palette.positive));
    style.setProperty("--film-negative", css(this.palette.negative));
    style.setProperty("--film-centre", css(this.palette.centre));
    for (const stage of this.stages) stage.restyle();
    this.resize(true);
  }

  resize(anew = false) {
    const width = Math.floor(this.parts.stages.clientWidth);
    if (!width || (!anew && width === this.width)) return;
    this.width = width;
    for (const stage of this.stages) stage.resize(width);
    this.drawTimeline();
    this.schedule();
    this.refine();
  }

  drawTimeline() {
    const { clientWidth, clientHeight } = this.parts.scrub;
    if (!clientWidth || !this.width) return;
    this.timeline = drawCurves(this.parts.curves, clientWidth, clientHeight, this.film, this.description, this.palette);
    this.placeHead();
  }

  placeHead() {
    const { frame } = this;
    const { head, veil, dots } = this.parts;
    head.hidden = !frame;
    if (!frame || !this.timeline) return;
    const x = this.timeline.along(frame.step);
    head.style.transform = `translateX(${x}px)`;
    veil.style.transform = `translateX(${x}px)`;
    dots.forEach((dot, which) => {
      const y = this.timeline.heightAt(frame.step, which);
      dot.hidden = y === null;
      if (y !== null) dot.style.transform = `translate(${x}px, ${y}px)`;
    });
  }

  // --- Texts

  refreshBar() {
    const { play, live, range, speed, start, back, next, end } = this.parts;
    const { frames } = this.film;
    range.max = Math.max(0, frames.length - 1);
    range.value = Math.max(0, this.index);
    const running = this.playing || this.live;
    renameButton(play, running ? "pause" : "play", running ? TEXTS.pause : TEXTS.play);
    for (const control of [start, back, play, next, end, range, speed]) control.disabled = !frames.length;
    live.hidden = this.film.ended || this.description.ended;
    live.setAttribute("aria-pressed", String(this.live));
  }

  statusText() {
    return this.frame ? statusOf(this.frame, this.film, this.description) : "";
  }

  writeStatus() {
    const text = this.statusText();
    if (this.parts.status.textContent !== text) this.parts.status.textContent = text;
    this.parts.range.setAttribute("aria-valuetext", text);
    if ((this.playing || this.live) && performance.now() - this.saidAt > SPOKEN_MS) this.say();
  }

  /** To a screen reader; it reads the value of a slider that has the focus by itself. */
  say() {
    const { spoken, range } = this.parts;
    this.saidAt = performance.now();
    const text = this.statusText();
    if (range.matches(":focus") || spoken.textContent === text) return;
    spoken.textContent = text;
  }

  notice(text) {
    this.parts.notice.hidden = !text;
    this.parts.notice.textContent = text ?? "";
  }

  // --- Pointer and keys

  listen() {
    const { parts } = this;
    const aborter = new AbortController();
    const on = (target, type, act, options = {}) => target.addEventListener(type, act, { signal: aborter.signal, ...options });
    on(parts.start, "click", () => this.jump(0));
    on(parts.back, "click", () => this.jump(this.index - 1));
    on(parts.play, "click", () => this.toggle());
    on(parts.next, "click", () => this.jump(this.index + 1));
    on(parts.end, "click", () => this.jump(this.film.frames.length - 1));
    on(parts.speed, "change", () => (this.speed = Number(parts.speed.value)));
    on(parts.live, "click", () => this.follow());
    on(parts.range, "input", () => this.jump(Number(parts.range.value)));
    on(parts.body, "keydown", (event) => this.key(event));
    this.listenToScrub(on);
    on(document, "visibilitychange", () => this.seenAgain());
    const sizes = new ResizeObserver(() => this.resize());
    sizes.observe(parts.stages);
    const sight = new IntersectionObserver((entries) => {
      this.outOfSight = !entries.at(-1).isIntersecting;
      this.seenAgain();
    });
    sight.observe(parts.stages);
    this.stopListening = () => (aborter.abort(), sizes.disconnect(), sight.disconnect());
  }

  /** The time line is pulled anywhere; the range behind it is what the keyboard and screen readers use. */
  listenToScrub(on) {
    const { scrub, range } = this.parts;
    const to = (event) => {
      if (!this.timeline || !this.film.frames.length) return;
      const index = this.nearest(this.timeline.stepAt(event.clientX - scrub.getBoundingClientRect().left));
      if (index !== this.index || this.playing || this.live) this.jump(index);
    };
    on(scrub, "pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      range.focus({ preventScroll: true });
      scrub.setPointerCapture(event.pointerId);
      this.dragging = true;
      to(event);
    });
    on(scrub, "pointermove", (event) => this.dragging && scrub.hasPointerCapture(event.pointerId) && to(event));
    for (const type of ["pointerup", "pointercancel"]) {
      on(scrub, type, () => {
        this.dragging = false;
        this.refine();
      });
    }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    const onSlider = target.tagName === "SELECT" || (target.tagName === "INPUT" && target !== this.parts.range);
    if (onSlider && key !== "Escape") return;
    const ofStage = this.stages.map((stage) => stage.actFor(key, target)).find(Boolean);
    const act = ofStage ?? this.actFor(key, target);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  actFor(key, target) {
    return {
      " ": () => (target.tagName === "BUTTON" ? target.click() : this.toggle()),
      ArrowLeft: () => this.jump(this.index - 1),
      ArrowRight: () => this.jump(this.index + 1),
      ArrowUp: () => this.jump(this.index + 1),
      ArrowDown: () => this.jump(this.index - 1),
      Home: () => this.jump(0),
      End: () => this.jump(this.film.frames.length - 1),
    }[key];
  }

  seenAgain() {
    if (document.hidden) return;
    this.clock = null;
    this.schedule();
    if (!this.film.ended && !this.missing) this.poll();
  }
}
