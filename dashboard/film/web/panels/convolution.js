// One cell of the first layer's maps: the patch of the image that it looks at, times the kernel, summed up.

import { fit } from "../canvas.js";
import { element } from "../elements.js";
import { LEVELS, css } from "../palette.js";
import { TEXTS, minus, number } from "../texts.js";

const CELL_PX = 22;
const SIGN_PX = 16; // between two grids
const GRAY_LEVELS = 255;

/** The numbers of one cell; null where the picture does not say which kernel made it. */
export function convolutionAt(panel, { group, index }, row, column) {
  const { convolution } = panel.values;
  const { kernels, bias, image } = panel.arrays;
  if (!convolution || group !== 1 || kernels.shape[1] !== 1) return null;
  const [, , high, wide] = kernels.shape;
  const [, height, width] = image.shape;
  const [top, left] = [row, column].map((at) => at * convolution.stride - convolution.padding);
  const patch = [];
  for (let y = 0; y < high; y++) {
    for (let x = 0; x < wide; x++) {
      const inside = top + y >= 0 && top + y < height && left + x >= 0 && left + x < width;
      patch.push(inside ? image.values[(top + y) * width + left + x] / GRAY_LEVELS : 0);
    }
  }
  const kernel = [...kernels.values.subarray(index * high * wide, (index + 1) * high * wide)];
  const products = patch.map((value, i) => value * kernel[i]);
  const sum = products.reduce((a, b) => a + b, 0);
  return { patch, kernel, products, sum, bias: bias.values[index], high, wide, top, left };
}

/** The same in words. */
export function convolutionLines(panel, found, value) {
  const { normalised } = panel.values.convolution;
  if (normalised) return [TEXTS.convolutionNormalised(number(found.sum, 3), number(value, 3))];
  const z = found.sum + found.bias;
  return [TEXTS.convolution(number(found.sum, 3), number(found.bias, 3), number(z, 3), number(value, 3))];
}

/** The three grids: patch, kernel, and their products. */
export function convolutionPicture(found, palette) {
  const { patch, kernel, products, high, wide } = found;
  const size = Math.min(CELL_PX, 170 / wide);
  const [gridWidth, height] = [wide * size, high * size];
  const width = 3 * gridWidth + 2 * SIGN_PX;
  const canvas = element("canvas", { class: "convolution" });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height + 16}px` });
  const pen = fit(canvas, width, height + 16);
  pen.textBaseline = "middle";
  pen.textAlign = "center";
  const largest = Math.max(...kernel.map(Math.abs), 1e-9);
  const grids = [
    [TEXTS.patch, patch, (value) => palette.grays[Math.round(value * (LEVELS - 1))]],
    [TEXTS.kernel, kernel, (value) => signed(palette, value / largest)],
    [TEXTS.products, products, (value) => signed(palette, value / largest)],
  ];
  grids.forEach(([name, values, colour], n) => {
    const left = n * (gridWidth + SIGN_PX);
    pen.font = `11px ${palette.font}`;
    pen.fillStyle = css(palette.muted);
    pen.fillText(name, left + gridWidth / 2, 7);
    if (n) pen.fillText(n === 1 ? "×" : "=", left - SIGN_PX / 2, 16 + height / 2);
    pen.font = `${Math.min(9, size * 0.42)}px ${palette.font}`;
    values.forEach((value, i) => {
      const [x, y] = [left + (i % wide) * size, 16 + Math.floor(i / wide) * size];
      const pixel = colour(value);
      const rgb = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
      pen.fillStyle = css(rgb);
      pen.fillRect(x, y, size, size);
      if (size < 15) return;
      pen.fillStyle = rgb[0] * 0.3 + rgb[1] * 0.59 + rgb[2] * 0.11 > 140 ? "#111" : "#eee";
      pen.fillText(minus(value.toFixed(2)).replace("0.", "."), x + size / 2, y + size / 2 + 0.5);
    });
  });
  return canvas;
}

function signed(palette, value) {
  const level = ((value + 1) / 2) * (LEVELS - 1);
  return palette.units[Math.max(0, Math.min(LEVELS - 1, Math.round(level)))];
}
