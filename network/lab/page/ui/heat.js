// Arrays drawn as images: grey ink, or a diverging colour scale around 0.

import { brushOf } from "./dom.js";
import { isDark } from "./theme.js";

/** @typedef {{scale?: Scale, limit?: number, at?: number}} HeatOptions `at`: index of the first number */

/** @type {Record<Scale, Record<"light" | "dark", number[][]>>} */
const SCALES = {
  // from paper to full ink
  ink: { light: [[250, 249, 246], [24, 23, 20]], dark: [[24, 23, 20], [246, 242, 233]] },
  // from -limit through 0 to limit
  diverging: {
    light: [[33, 85, 181], [250, 249, 246], [190, 48, 38]],
    dark: [[112, 170, 255], [24, 23, 20], [255, 122, 92]],
  },
};

/**
 * Return the colour of a share from 0 to 1 on a scale, as [red, green, blue].
 * @param {Scale} scale
 * @param {number} share
 * @returns {number[]}
 */
export function colour(scale, share) {
  const stops = SCALES[scale][isDark() ? "dark" : "light"];
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  const part = place - index;
  return stops[index].map((from, i) => Math.round(from + (stops[index + 1][i] - from) * part));
}

/**
 * Return the largest absolute value, or 1 if all numbers are 0.
 * @param {Iterable<number>} values
 * @returns {number}
 */
export function limitOf(values) {
  let limit = 0;
  for (const value of values) limit = Math.max(limit, Math.abs(value));
  return limit || 1;
}

/**
 * Return the colour scale for numbers: diverging if one of them is negative.
 * @param {Float32Array} values
 * @returns {Scale}
 */
export function scaleOf(values) {
  return values.some((value) => value < 0) ? "diverging" : "ink";
}

/**
 * Draw `rows` x `columns` numbers, one pixel per number; CSS enlarges the pixels without blurring.
 * The scale "ink" covers 0 to `limit`, "diverging" covers -limit to limit.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values
 * @param {number} rows
 * @param {number} columns
 * @param {HeatOptions} options
 * @returns {HTMLCanvasElement}
 */
export function drawHeat(canvas, values, rows, columns, { scale = "ink", limit = 1, at = 0 } = {}) {
  canvas.width = columns;
  canvas.height = rows;
  canvas.classList.add("heat");
  const brush = brushOf(canvas);
  const image = brush.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const share = scale === "ink" ? values[at + i] / limit : (values[at + i] / limit + 1) / 2;
    image.data.set([...colour(scale, share), 255], 4 * i);
  }
  brush.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Build a canvas with an array drawn on it.
 * @param {ArrayLike<number>} values
 * @param {number} rows
 * @param {number} columns
 * @param {HeatOptions} options
 */
export function heat(values, rows, columns, options = {}) {
  return drawHeat(document.createElement("canvas"), values, rows, columns, options);
}

/**
 * Draw a digit of 28x28 grey levels on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {Pixels} pixels
 */
export function drawDigit(canvas, pixels) {
  return drawHeat(canvas, pixels, 28, 28, { limit: 255 });
}

/**
 * Build a canvas with a digit drawn on it.
 * @param {Pixels} pixels
 */
export function digitImage(pixels) {
  return drawDigit(document.createElement("canvas"), pixels);
}
