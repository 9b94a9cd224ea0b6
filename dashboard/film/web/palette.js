// Colours: the theme's, and tables from a value to a pixel.

export const LEVELS = 512;

function rgbOf(text) {
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  pen.fillStyle = text || "#888";
  pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
}

// Series of charts, where the page does not say which.
const SERIES = {
  light: ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6B5B95", "#1F2933"],
  dark: ["#56B4E9", "#F08A3C", "#2DC79A", "#E5A0C8", "#F0C04A", "#8FA8FF", "#B8A6E0", "#E6EAF0"],
};

const mix = (from, to, t) => from.map((channel, i) => channel + (to[i] - channel) * t);
export const css = (rgb, alpha = 1) => `rgba(${rgb.map(Math.round).join(",")},${alpha})`;
export const packed = (rgb) => ((255 << 24) | (Math.round(rgb[2]) << 16) | (Math.round(rgb[1]) << 8) | Math.round(rgb[0])) >>> 0;

/** The theme's colours, and the tables from a value to a pixel that follow from them. */
export class Palette {
  constructor(root, classes) {
    const style = getComputedStyle(root);
    const read = (name, otherwise) => rgbOf(style.getPropertyValue(`--st-${name}`).trim() || otherwise);
    this.background = read("background-color", "#fff");
    this.surface = read("secondary-background-color", "#f4f6f8");
    this.text = read("text-color", "#1f2933");
    this.border = read("border-color", "#d9dee4");
    this.font = style.fontFamily;
    this.dark = this.background[0] + this.background[1] + this.background[2] < 380;
    const lighter = (rgb) => (this.dark ? mix(rgb, [255, 255, 255], 0.22) : rgb);
    this.classes = classes.map(lighter);
    [this.negative, this.positive] = this.classes;
    const series = style.getPropertyValue("--st-chart-categorical-colors").split(/,(?![^(]*\))/).map((text) => text.trim());
    this.series = series.length > 1 ? series.map(rgbOf) : this.dark ? SERIES.dark.map(rgbOf) : SERIES.light.map(rgbOf);
    this.key = [this.background, this.text, ...this.series].join(" "); // of what was painted in these colours
    this.muted = mix(this.text, this.background, 0.42);
    this.centre = this.dark ? mix(this.background, [0, 0, 0], 0.15) : mix(this.background, this.surface, 0.3);
    this.units = this.table((t) => this.shade(t, 0.95));
    this.map = this.table((t) => this.shade(t, 0.62));
    this.grays = this.table((t) => [127.5 * (t + 1), 127.5 * (t + 1), 127.5 * (t + 1)]);
    // Large maps are softer than small ones: points lie on them.
    const probability = (rgb, strongest) => this.table((t) => mix(this.centre, rgb, strongest * Math.max(0, t) ** 0.8));
    this.probabilities = this.classes.map((rgb) => ({ table: probability(rgb, 0.95), soft: probability(rgb, 0.62) }));
    this.blends = this.classes.map((rgb) =>
      Uint32Array.from({ length: LEVELS }, (_, i) => packed(mix(this.centre, rgb, 0.62 * (i / (LEVELS - 1)) ** 0.8))),
    );
  }

  /** A panel's colour: the number of a series, three numbers, or a name. */
  color(named) {
    if (typeof named === "number") return this.series[named % this.series.length];
    if (Array.isArray(named)) return this.dark ? mix(named, [255, 255, 255], 0.22) : named;
    return { gray: this.muted, positive: this.positive, negative: this.negative }[named];
  }

  /** A colour of this strength over nothing. */
  toward(rgb, strength) {
    return mix(this.centre, rgb, strength);
  }

  /** The colour of a value in [-1, 1]: orange below zero, blue above, no colour at zero. */
  shade(t, strongest) {
    return mix(this.centre, t < 0 ? this.negative : this.positive, strongest * Math.abs(t) ** 0.8);
  }

  table(colour) {
    return Uint32Array.from({ length: LEVELS }, (_, i) => packed(colour((2 * i) / (LEVELS - 1) - 1)));
  }

  weight(value, alpha) {
    return css(value < 0 ? this.negative : this.positive, alpha);
  }
}

/** Pixels of a map from values in [-scale, scale]; a map's first row is its lowest, a picture's its highest. */
export function paint(pixels, pitch, left, top, values, from, cells, scale, table) {
  const half = (LEVELS - 1) / 2;
  const per = half / scale;
  for (let row = 0; row < cells; row++) {
    let at = (top + cells - 1 - row) * pitch + left;
    for (let column = 0, p = from + row * cells; column < cells; column++, p++, at++) {
      const level = half + values[p] * per;
      pixels[at] = table[level >= 0 ? (level < LEVELS ? level | 0 : LEVELS - 1) : 0];
    }
  }
}
