// Activation functions, read from their tables.

const NODES = 256; // of the table, for each unit of x; activation_table.py has the same number

/** Those of a network's hidden layers; the last one is also that of all further layers. */
export class Activations {
  constructor(layers, reach) {
    this.layers = layers;
    this.reach = reach;
  }

  /** As of one function: that of the hidden layer of this number. */
  apply(layer, z, from, to) {
    return this.layers[Math.min(layer, this.layers.length - 1)].apply(z, from, to);
  }
}

/** An activation function as a table, read between its nodes by a parabola where it bends smoothly. */
export class Activation {
  constructor(values, reach) {
    const nodes = 2 * reach * NODES + 1;
    this.reach = reach;
    this.values = values.subarray(0, nodes);
    this.rise = new Float32Array(nodes);
    this.bend = new Float32Array(nodes);
    for (let i = 0; i < nodes - 1; i++) this.rise[i] = this.values[i + 1] - this.values[i];
    for (let i = 1; i < nodes - 2; i++) {
      const [before, after] = [this.rise[i] - this.rise[i - 1], this.rise[i + 1] - this.rise[i]];
      // At a kink the two differ, and a straight line is exact there.
      if (Math.abs(before - after) <= 0.25 * Math.max(Math.abs(before), Math.abs(after))) {
        this.bend[i] = (before + after) / 4;
      }
    }
    this.jumps = new Map();
    for (let at = nodes; at + 3 < values.length; at += 4) this.addJump(...values.subarray(at, at + 4));
  }

  addJump(cell, place, below, above) {
    this.jumps.set(cell, { place, below, above });
    for (const near of [cell - 1, cell, cell + 1]) this.bend[near] = 0;
  }

  /** Replace pre-activations from one index to another by the function of them; the largest |z| comes back. */
  apply(z, from, to) {
    const { values, rise, bend, reach, jumps } = this;
    const last = values.length - 1;
    let largest = 0;
    for (let p = from; p < to; p++) {
      const x = z[p];
      const u = (x + reach) * NODES;
      if (u >= 0 && u < last) {
        const i = u | 0;
        const t = u - i;
        z[p] = jumps.size && jumps.has(i) ? this.beside(jumps.get(i), i, x) : values[i] + t * (rise[i] + (t - 1) * bend[i]);
      } else if (u < 0) {
        z[p] = values[0] + u * rise[0];
      } else {
        z[p] = values[last] + (u - last) * rise[last - 1]; // NaN stays NaN
      }
      if (x > largest) largest = x;
      else if (-x > largest) largest = -x;
    }
    return largest;
  }

  /** The function in a cell in which it jumps. */
  beside(jump, cell, x) {
    const start = cell / NODES - this.reach;
    if (x <= jump.place) {
      const width = jump.place - start;
      return width > 0 ? this.values[cell] + ((x - start) / width) * (jump.below - this.values[cell]) : jump.below;
    }
    const width = start + 1 / NODES - jump.place;
    return width > 0 ? jump.above + ((x - jump.place) / width) * (this.values[cell + 1] - jump.above) : jump.above;
  }
}
