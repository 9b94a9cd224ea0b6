// One cell of the first layer's maps: the patch of the image that it looks at, times the kernel, summed up.

import { fit } from "../canvas.js";
import { element } from "../elements.js";
import { LEVELS, css } from "../palette.js";
import { TEXTS, minus, number } from "../texts.js";

const CELL_PX = 22;
const COLOUR_CELL_PX = 18; // of each of three rows of grids
const SMALL_CELL_PX = 14; // of those on a narrow screen
const NARROW_PX = 480;
const SIGN_PX = 16; // between two grids
const NAME_PX = 40; // before a row of grids, where there are several
const SUM_PX = 56; // behind it
const ROW_GAP_PX = 6;
const GRAY_LEVELS = 255;

/** The numbers of one cell, for each channel of the image; null where the picture does not say which kernel made it. */
export function convolutionAt(panel, { group, index }, row, column) {
  const { convolution } = panel.values;
  const { kernels, bias, image } = panel.arrays;
  if (!convolution || group !== 1) return null;
  const [, inputs, high, wide] = kernels.shape;
  const [, height, width, colours = 1] = image.shape;
  if (inputs !== colours) return null;
  const [top, left] = [row, column].map((at) => at * convolution.stride - convolution.padding);
  const channels = Array.from({ length: inputs }, (_, channel) => {
    const patch = [];
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) {
        const inside = top + y >= 0 && top + y < height && left + x >= 0 && left + x < width;
        const pixel = (top + y) * width + left + x;
        patch.push(inside ? image.values[colours * pixel + channel] / GRAY_LEVELS : 0);
      }
    }
    const from = (index * inputs + channel) * high * wide;
    const kernel = [...kernels.values.subarray(from, from + high * wide)];
    const products = patch.map((value, i) => value * kernel[i]);
    return { patch, kernel, products, sum: products.reduce((a, b) => a + b, 0) };
  });
  const sum = channels.reduce((total, channel) => total + channel.sum, 0);
  return { channels, sum, bias: bias.values[index], high, wide, top, left };
}

/** The same in words. */
export function convolutionLines(panel, found, value) {
  const { channels, sum, bias } = found;
  const parts = channels.length > 1 ? [TEXTS.channelSums(channels.map((channel) => number(channel.sum, 3)), number(sum, 3))] : [];
  if (panel.values.convolution.normalised) return [...parts, TEXTS.convolutionNormalised(number(sum, 3), number(value, 3))];
  return [...parts, TEXTS.convolution(number(sum, 3), number(bias, 3), number(sum + bias, 3), number(value, 3))];
}

/** Three grids, patch, kernel and their products; of an image in colour a row of them for each channel. */
export function convolutionPicture({ channels, high, wide }, palette) {
  const several = channels.length > 1;
  const cell = !several ? CELL_PX : window.innerWidth < NARROW_PX ? SMALL_CELL_PX : COLOUR_CELL_PX;
  const size = Math.min(cell, 170 / wide);
  const [gridWidth, gridHeight] = [wide * size, high * size];
  const from = several ? NAME_PX : 0;
  const width = from + 3 * gridWidth + 2 * SIGN_PX + (several ? SUM_PX : 0);
  const height = 16 + channels.length * (gridHeight + ROW_GAP_PX) - ROW_GAP_PX;
  const canvas = element("canvas", { class: "convolution" });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const pen = fit(canvas, width, height);
  pen.textBaseline = "middle";
  const largest = Math.max(...channels.flatMap(({ kernel }) => kernel.map(Math.abs)), 1e-9);
  const write = (text, x, y, align = "center") => {
    pen.font = `11px ${palette.font}`;
    pen.fillStyle = css(palette.muted);
    pen.textAlign = align;
    pen.fillText(text, x, y);
  };
  [TEXTS.patch, TEXTS.kernel, TEXTS.products].forEach((name, n) => write(name, from + n * (gridWidth + SIGN_PX) + gridWidth / 2, 7));
  channels.forEach(({ patch, kernel, products, sum }, channel) => {
    const top = 16 + channel * (gridHeight + ROW_GAP_PX);
    const middle = top + gridHeight / 2;
    const shade = (value) => (several ? [0, 1, 2].map((c) => (c === channel ? GRAY_LEVELS * value : 0)) : rgbOf(palette.grays[Math.round(value * (LEVELS - 1))]));
    const weigh = (value) => rgbOf(signed(palette, value / largest));
    [[patch, shade], [kernel, weigh], [products, weigh]].forEach(([values, colour], n) => {
      const left = from + n * (gridWidth + SIGN_PX);
      if (n) write(n === 1 ? "×" : "=", left - SIGN_PX / 2, middle);
      drawGrid(pen, { values, colour, left, top, size, wide, font: palette.font });
    });
    if (!several) return;
    write(TEXTS.channels[channel], 0, middle, "left");
    write(`Σ ${number(sum, 3)}`, width, middle, "right");
  });
  return canvas;
}

const rgbOf = (pixel) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];

/** Numbers as squares of a colour, written into them where there is room. */
function drawGrid(pen, { values, colour, left, top, size, wide, font }) {
  pen.textAlign = "center";
  pen.font = `${Math.min(9, size * 0.42)}px ${font}`;
  values.forEach((value, i) => {
    const [x, y] = [left + (i % wide) * size, top + Math.floor(i / wide) * size];
    const rgb = colour(value);
    pen.fillStyle = css(rgb);
    pen.fillRect(x, y, size, size);
    if (size < 15) return;
    pen.fillStyle = rgb[0] * 0.3 + rgb[1] * 0.59 + rgb[2] * 0.11 > 140 ? "#111" : "#eee";
    pen.fillText(minus(value.toFixed(2)).replace("0.", "."), x + size / 2, y + size / 2 + 0.5);
  });
}

function signed(palette, value) {
  const level = ((value + 1) / 2) * (LEVELS - 1);
  return palette.units[Math.max(0, Math.min(LEVELS - 1, Math.round(level)))];
}
