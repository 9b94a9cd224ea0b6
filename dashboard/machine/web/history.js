// The last hour of one device, as the server keeps it: single samples, and before them rows of ten seconds.

const KEPT_S = 3600;

export class History {
  constructor() {
    this.at = []; // on the server's clock
    this.mean = new Map(); // name -> a value for each of `at`, null where none was reported
    this.low = new Map();
    this.high = new Map();
  }

  /** What an answer brings: all of it, or what is new. */
  take(device, whole) {
    if (whole) {
      this.at = [...device.earlier.at];
      for (const part of ["mean", "low", "high"]) this[part] = new Map();
      for (const [name, [mean, low, high]] of Object.entries(device.earlier.figures)) {
        this.mean.set(name, [...mean]);
        this.low.set(name, [...low]);
        this.high.set(name, [...high]);
      }
    }
    const { at, figures } = device.recent;
    const before = this.at.length;
    for (const name of Object.keys(figures)) {
      if (this.mean.has(name)) continue;
      for (const part of ["mean", "low", "high"]) this[part].set(name, new Array(before).fill(null));
    }
    this.at.push(...at);
    for (const name of this.mean.keys()) {
      const values = figures[name] ?? new Array(at.length).fill(null);
      for (const part of ["mean", "low", "high"]) this[part].get(name).push(...values);
    }
    this.forget();
  }

  forget() {
    const oldest = this.at[this.at.length - 1] - KEPT_S;
    const old = this.at.findIndex((at) => at >= oldest);
    if (old < 60) return; // not for each single one
    this.at.splice(0, old);
    for (const part of ["mean", "low", "high"]) for (const values of this[part].values()) values.splice(0, old);
  }

  /** The index of the sample that is nearest to a moment; -1 without any. */
  nearest(moment) {
    let [low, high] = [0, this.at.length - 1];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.at[middle] < moment) low = middle;
      else high = middle;
    }
    return high < 0 || moment - this.at[low] < this.at[high] - moment ? Math.min(low, high) : high;
  }

  /** The first index within a window that ends now, with one before it so that a line reaches its edge. */
  first(from) {
    let index = this.at.length;
    while (index > 0 && this.at[index - 1] >= from) index--;
    return Math.max(0, index - 1);
  }
}
