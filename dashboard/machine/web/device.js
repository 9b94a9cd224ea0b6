// One device: who it is, its figures now, its strips, its cores and its processes.

import { element, renew } from "./elements.js";
import { inWords, quantity } from "./format.js";
import { History } from "./history.js";
import { Strip } from "./strip.js";

// One colour for one thing: numbers of the theme's series.
const COLORS = {
  utilisation: 0, power_share: 1, others: 1, steal: 3, memory_used: 2, swap_used: 3, memory_utilisation: 2, load: 0,
  clock: 0, memory_clock: 2, power: 1, temperature: 4, memory_temperature: 2, throttled_share: 1, fan: 5,
  pcie_sent_rate: 0, pcie_received_rate: 3, nvlink_sent_rate: 0, nvlink_received_rate: 3,
};
// The large numbers on top; each with its limit behind it.
const TILES = { cpu: ["utilisation", "memory_used", "load", "clock", "temperature"], gpu: ["utilisation", "power", "memory_used", "temperature", "clock", "fan"] };
const SHORT = { memory_used: "Memory", load: "Load average" };
const NOT_LISTED = new Set(["power_share", "memory_free", "throttled_by_power", "throttled_by_heat", "throttled_by_hardware"]);

export class Device {
  constructor(described, strips, cursor) {
    this.figures = described.figures;
    this.history = new History();
    this.firstEnergy = null;
    this.known = {}; // every figure as it was reported last: a lost card keeps the bounds of its axes
    this.strips = strips.map(
      (strip) => new Strip(strip, strip.figures.map((name) => COLORS[name] ?? 0), this.figures, cursor),
    );
    this.parts = Object.fromEntries(
      ["head", "banner", "tiles", "cores", "limited", "more", "processes", "missing"].map((name) => [name, element("div", { class: name })]),
    );
    this.parts.banner.setAttribute("role", "status");
    this.parts.strips = element("div", { class: "strips" }, ...this.strips.map((strip) => strip.root));
    const { head, banner, tiles, strips: charts, cores, limited, more, processes, missing } = this.parts;
    this.root = element("section", { class: "device" }, head, banner, tiles, charts, limited, cores, more, processes, missing);
  }

  take(record, whole) {
    this.record = record;
    this.known = { ...this.known, ...record.readings };
    this.history.take(record, whole);
    const energy = record.readings.energy;
    if (energy !== undefined && (this.firstEnergy === null || energy < this.firstEnergy)) this.firstEnergy = energy;
  }

  show(state, runs) {
    const { record } = this;
    const { name, id, kind_name, facts, readings } = record;
    this.root.setAttribute("aria-label", name);
    this.root.classList.toggle("stale", Boolean(record.silence || record.lost_s !== null));
    renew(this.parts.head, [name, id, facts], () => [
      element("h2", {}, name, element("span", { class: "badge", text: kind_name === "CPU" ? "CPU" : id })),
      element("p", { class: "facts", text: this.factsInWords(facts) }),
    ]);
    const lost = record.lost_s === null ? null : `Lost: the driver no longer lists this GPU, for ${quantity(Math.round(state.now - record.lost_s), "s").replace(".0", "")}.`;
    renew(this.parts.banner, [record.silence, lost], () => [record.silence, lost].filter(Boolean).map((text) => element("p", { text })));
    this.showTiles(readings);
    for (const strip of this.strips) {
      strip.root.hidden = !strip.hasValues(this.history);
      if (!strip.root.hidden) strip.draw({ ...state, history: this.history, readings, known: this.known });
    }
    this.showLimits(record.clock_limited_by);
    this.showCores(record.cores);
    this.showMore(readings);
    this.showProcesses(record.processes, runs);
    this.showMissing(record.missing);
  }

  factsInWords(facts) {
    const cores = facts.usable_cores && `${facts.usable_cores} cores${facts.logical_cores > facts.usable_cores ? ` of ${facts.logical_cores}` : ""}${facts.cores_reason ? ` (${facts.cores_reason})` : ""}`;
    return [
      cores,
      facts.memory_bytes && `${quantity(facts.memory_bytes, "B")} memory`,
      facts.driver && `driver ${facts.driver}`,
      facts.cuda && `CUDA up to ${facts.cuda}`,
      facts.rocm && `ROCm ${facts.rocm}`,
      facts.pci_bus_id && `PCI ${facts.pci_bus_id}`,
    ].filter(Boolean).join(" · ");
  }

  showTiles(readings) {
    const names = TILES[this.record.kind === "cpu" ? "cpu" : "gpu"].filter((name) => name in readings);
    renew(this.parts.tiles, names, () =>
      names.map((name) =>
        element("div", { class: "tile", title: this.figures[name].help, "data-name": name }, element("span", { text: SHORT[name] ?? this.figures[name].label }), element("b"), element("small")),
      ),
    );
    for (const tile of this.parts.tiles.children) {
      const figure = this.figures[tile.dataset.name];
      const limit = readings[figure.limit];
      const of = { temperature: "slows down at", clock: "at best" }[tile.dataset.name] ?? "of";
      const remark = limit === undefined ? "" : of === "at best" ? `${inWords(this.figures[figure.limit], limit)} ${of}` : `${of} ${inWords(this.figures[figure.limit], limit)}`;
      put(tile.children[1], inWords(figure, readings[tile.dataset.name]));
      put(tile.children[2], remark);
    }
  }

  showLimits(causes) {
    renew(this.parts.limited, causes, () =>
      causes.length ? element("p", {}, "The clock is limited by ", element("b", { text: causes.join("; ") }), ".") : [],
    );
  }

  showCores(cores) {
    this.parts.cores.hidden = !cores.length;
    if (!cores.length) return;
    renew(this.parts.cores, cores.length, () => [
      element("p", { class: "title", text: "Cores" }),
      element("div", { class: "bars", role: "img" }, ...cores.map(() => element("span", { class: "bar" }, element("i")))),
    ]);
    const bars = this.parts.cores.querySelector(".bars");
    cores.forEach(([used, clock], number) => {
      const bar = bars.children[number];
      bar.firstChild.style.height = `${used}%`;
      bar.title = `Core ${number}: ${Math.round(used)} %${clock ? `, ${quantity(clock, "MHz")}` : ""}`;
    });
    const clocks = cores.map(([, clock]) => clock).filter(Boolean);
    const range = clocks.length ? `, ${quantity(Math.min(...clocks), "")} to ${quantity(Math.max(...clocks), "MHz")}` : "";
    const busy = cores.filter(([used]) => used >= 90).length;
    put(this.parts.cores.querySelector(".title"), `Cores: ${busy} of ${cores.length} at 90 % or more${range}`);
    bars.setAttribute("aria-label", `Utilisation of each core: ${cores.slice(0, 64).map(([used]) => Math.round(used)).join(", ")} %`);
  }

  /** All other figures, each limit behind what it limits. */
  showMore(readings) {
    const limits = new Set(Object.keys(readings).map((name) => this.figures[name].limit));
    const drawn = new Set([...this.strips.flatMap((strip) => strip.strip.figures), ...TILES.gpu]);
    const names = Object.keys(readings).filter((name) => !limits.has(name) && !drawn.has(name) && !NOT_LISTED.has(name));
    if (!("cpu_quota" in readings) && names.includes("throttled_by_quota_s")) names.splice(names.indexOf("throttled_by_quota_s"), 1);
    renew(this.parts.more, names, () =>
      element("dl", {}, ...names.map((name) => element("div", { title: this.figures[name].help, "data-name": name }, element("dt", { text: name === "energy" ? "Energy since this page was opened" : this.figures[name].label }), element("dd")))),
    );
    for (const row of this.parts.more.querySelectorAll("dl > div")) {
      const { name } = row.dataset;
      const figure = this.figures[name];
      const limit = readings[figure.limit];
      const value = name === "energy" ? quantity(readings.energy - this.firstEnergy, "J") : inWords(figure, readings[name]);
      put(row.lastChild, limit === undefined ? value : `${value} of ${inWords(this.figures[figure.limit], limit)}`);
      row.classList.toggle("alarm", alarming(name, readings));
    }
  }

  showProcesses(processes, runs) {
    if (this.record.kind === "cpu") return this.showRuns(runs);
    const own = Array.isArray(processes) ? processes.map(({ pid }) => runs[pid] ?? null) : [];
    renew(this.parts.processes, [processes, own], () => {
      if (!Array.isArray(processes)) return element("p", { class: "quiet", text: `Processes: ${processes}.` });
      if (!processes.length) return element("p", { class: "quiet", text: "No process is on this GPU." });
      const head = ["Process", "Program", "User", "Memory", "Of its cores"].map((text) => element("th", { scope: "col", text }));
      const rows = processes.map((one, i) => element("tr", {}, ...cellsOf(one, own[i])));
      return element("table", {}, element("caption", { text: "Processes on this GPU" }), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
    });
  }

  /** On the CPU's card: what this server computes. */
  showRuns(runs) {
    renew(this.parts.processes, runs, () => {
      const rows = Object.entries(runs).map(([pid, run]) =>
        element(
          "tr",
          {},
          element("td", {}, element("a", { href: run.address || null, text: run.name })),
          element("td", { text: pid }),
          element("td", { text: run.memory === null ? "not reported" : quantity(run.memory, "B") }),
          element("td", { text: run.utilisation === null ? "–" : `${Math.round(run.utilisation)} %` }),
        ),
      );
      if (!rows.length) return [];
      const head = ["Run", "Process", "Memory", "Of one core"].map((text) => element("th", { scope: "col", text }));
      return element("table", {}, element("caption", { text: "Runs of this server" }), element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
    });
  }

  showMissing(missing) {
    renew(this.parts.missing, missing, () => {
      const reasons = Object.entries(missing);
      if (!reasons.length) return [];
      const text = reasons.map(([reason, names]) => `${names.map((name) => this.figures[name].label).join(", ")} (${reason})`).join("; ");
      return element("details", {}, element("summary", { text: notReported(reasons.flatMap(([, names]) => names).length) }), element("p", { text: `${text}.` }));
    });
  }
}

const notReported = (count) => (count === 1 ? "1 figure is not reported" : `${count} figures are not reported`);

/** What somebody should look after. */
function alarming(name, readings) {
  const value = readings[name];
  if (["ecc_uncorrected", "remapping_pending", "remapping_failed"].includes(name)) return value > 0;
  return false;
}

function cellsOf(one, run) {
  const program = run
    ? [element("a", { href: run.address || null, text: run.name })]
    : [one.name ?? element("span", { class: "quiet", text: one.reason ?? "" })];
  const memory = one.memory === null ? "not reported" : quantity(one.memory, "B");
  const used = one.utilisation === null ? "not reported" : `${one.utilisation} %`;
  return [
    element("td", { text: String(one.pid) }),
    element("td", {}, ...program),
    element("td", { text: one.user ?? "" }),
    element("td", { text: memory }),
    element("td", { text: used }),
  ];
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
