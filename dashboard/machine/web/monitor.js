// The live monitor: asks the server for what is new, and shows every device.

import { Device } from "./device.js";
import { element, renew } from "./elements.js";
import { ago } from "./format.js";
import { Palette } from "./shared/palette.js";

const SIGNS = [[213, 94, 0], [0, 114, 178]]; // colours that only films use
const RETRY_S = 2; // after an answer that did not come
const SILENT_S = 6; // from then on that is said

export class Monitor {
  constructor(root, data) {
    Object.assign(this, { root, data, devices: new Map(), paused: false, failed: false, answer: null, receivedAt: 0 });
    this.cursor = { seconds: null, set: (seconds) => ((this.cursor.seconds = seconds), this.show()) };
    this.dot = element("span", { class: "dot", "aria-hidden": "true" });
    this.status = element("span", { class: "status", role: "status" });
    this.pause = element("button", { type: "button", "aria-pressed": "false", text: "Pause" });
    this.files = element("span", { class: "files" });
    this.alarms = element("div", { class: "alarms", role: "status" });
    this.notices = element("div", { class: "notices" });
    this.list = element("div", { class: "devices" });
    root.replaceChildren(element("div", { class: "bar-top" }, this.dot, this.status, this.pause, this.files), this.alarms, this.list, this.notices);
    this.pause.addEventListener("click", () => this.toggle());
    this.onVisible = () => !document.hidden && this.askSoon(0);
    document.addEventListener("visibilitychange", this.onVisible);
    this.resized = new ResizeObserver(() => this.show());
    this.resized.observe(root);
    this.ticking = setInterval(() => this.showStatus(), 1000);
    root.monitor = this;
    this.update(data);
    this.ask();
  }

  update(data) {
    this.data = data;
    renew(this.files, data.files, () => [
      "The last hour as ",
      ...Object.entries(data.files).flatMap(([name, address], i) => [i ? " or " : "", element("a", { href: address, download: true, text: name })]),
    ]);
    this.palette = new Palette(this.root, SIGNS);
    this.show();
  }

  close() {
    clearTimeout(this.timer);
    clearInterval(this.ticking);
    this.closed = true;
    this.resized.disconnect();
    document.removeEventListener("visibilitychange", this.onVisible);
  }

  toggle() {
    this.paused = !this.paused;
    this.pause.textContent = this.paused ? "Resume" : "Pause";
    this.pause.setAttribute("aria-pressed", this.paused);
    if (!this.paused) this.askSoon(0);
    this.showStatus();
  }

  askSoon(seconds) {
    clearTimeout(this.timer);
    if (!this.closed) this.timer = setTimeout(() => this.ask(), 1000 * seconds);
  }

  async ask() {
    if (this.paused || document.hidden || this.closed || this.asking) return;
    const known = this.answer ? `?life=${this.answer.life}&after=${this.answer.sequence}` : "";
    this.asking = true;
    try {
      const response = await fetch(this.data.readings + known, { signal: AbortSignal.timeout(10_000) });
      if (!response.ok) throw new Error(response.statusText);
      const answer = await response.json();
      this.failed = false;
      if (!this.closed && !this.paused) this.take(answer);
    } catch {
      this.failed = true;
    } finally {
      this.asking = false;
    }
    this.askSoon(this.failed ? RETRY_S : (this.answer?.ask_s ?? RETRY_S));
    this.showStatus();
  }

  take(answer) {
    this.answer = answer;
    this.receivedAt = performance.now();
    const keys = answer.devices.map(({ key }) => key);
    for (const record of answer.devices) {
      if (!this.devices.has(record.key)) {
        const device = new Device(this.data, this.data.strips[record.kind], this.cursor);
        this.devices.set(record.key, device);
        this.list.append(device.root);
      }
      this.devices.get(record.key).take(record, answer.whole);
    }
    for (const key of this.devices.keys()) {
      if (keys.includes(key)) continue;
      this.devices.get(key).root.remove();
      this.devices.delete(key);
    }
    this.show();
  }

  show() {
    if (!this.answer || this.closed) return;
    const { now, wall, runs, notices, silences } = this.answer;
    const state = { now, wall, windowS: this.data.window_s, palette: this.palette };
    for (const device of this.devices.values()) device.show(state, runs);
    const unplaced = silences.filter((text) => !this.answer.devices.some(({ silence }) => silence === text));
    renew(this.alarms, unplaced, () => unplaced.map((text) => element("p", { text })));
    renew(this.notices, notices, () => notices.map((text) => element("p", { text })));
    this.showStatus();
  }

  showStatus() {
    const age = this.answer ? (performance.now() - this.receivedAt) / 1000 : 0;
    let [kind, text] = ["live", `Live, a reading every ${this.answer?.every_s === 1 ? "second" : `${this.answer?.every_s} s`}`];
    if (this.paused) [kind, text] = ["paused", `Paused; the readings are from ${ago(Math.max(1, age))}`];
    else if (!this.answer) [kind, text] = this.failed ? ["failed", "The server does not answer"] : ["paused", "Reading"];
    else if (this.failed && age > SILENT_S) [kind, text] = ["failed", `The server does not answer; the readings are from ${ago(age)}`];
    else if (this.answer.silences.length) [kind, text] = ["failed", "Live, but not all of it"];
    this.dot.dataset.kind = kind;
    if (this.status.textContent !== text) this.status.textContent = text;
  }
}
