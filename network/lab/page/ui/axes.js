// The axes of a chart: ranges, ticks, and the conversion between numbers and pixels.

import { h } from "./dom.js";

const MARGIN = { top: 30, right: 14, bottom: 42, left: 52 }; // with room for the labels
const MAX_POINTS = 400; // of a line; neighbours are averaged if there are more

/**
 * Return about `count` round numbers between two bounds.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 * @returns {number[]}
 */
export function ticks(low, high, count) {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10) * power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

/**
 * Return round numbers between two powers of ten: 1, 2, 5, 10, ..., or 1, 10, 100 on a long axis.
 * @param {number} low
 * @param {number} high
 * @returns {number[]}
 */
export function powerTicks(low, high) {
  const found = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const factor of high - low > 2 ? [1] : [1, 2, 5]) {
      const at = power + Math.log10(factor);
      if (at >= low - 1e-9 && at <= high + 1e-9) found.push(at);
    }
  }
  return found;
}

/**
 * Average neighbouring points, so that a line has at most MAX_POINTS.
 * @param {Point[]} points
 * @returns {Point[]}
 */
export function thin(points) {
  if (points.length <= MAX_POINTS) return points;
  const size = Math.ceil(points.length / MAX_POINTS);
  /** @type {Point[]} */
  const thinned = [];
  for (let start = 0; start < points.length; start += size) {
    const some = points.slice(start, start + size);
    thinned.push([some[some.length - 1][0], some.reduce((sum, point) => sum + point[1], 0) / some.length]);
  }
  return thinned;
}

/**
 * Return the range of an axis that starts at 0.
 * @type {(least: number, most: number) => [number, number]}
 */
export const zeroAnd = (least, most) => [Math.min(0, least), most || 1];

/**
 * Return the range of a logarithmic axis, rounded to quarters of a power of ten.
 * @type {(least: number, most: number) => [number, number]}
 */
export const powersAround = (least, most) => [Math.floor(least * 4) / 4, Math.ceil(most * 4 + 0.01) / 4];

/**
 * Return the range of an accuracy axis, which ends at 1. A bad first epoch does not stretch it.
 * @type {(least: number, most: number) => [number, number]}
 */
export function accuracyRange(least, most) {
  const low = most > 0.9 ? Math.max(least, 0.85) : least;
  return [Math.max(0, Math.floor((1 - 1.15 * Math.max(1 - low, 0.02)) * 50) / 50), 1];
}

/**
 * Format an accuracy for an axis or a readout: 95 %, or 96.57 %.
 * @param {number} share
 */
export function formatAccuracy(share) {
  const hundredths = Math.round(share * 1e4);
  return `${(hundredths / 100).toFixed(hundredths % 100 ? 2 : 0)} %`;
}

/**
 * Return the geometry of a chart: its edges, and the conversion between numbers and pixels.
 * @param {Point[]} points
 * @param {[width: number, height: number]} size
 * @param {(least: number, most: number) => [number, number]} yRange
 * @param {number} xMax
 * @returns {Plot}
 */
export function scalesOf(points, [width, height], yRange, xMax) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x0, x1] = [Math.min(0, ...xs), Math.max(xMax, ...xs)];
  const [y0, y1] = ys.length ? yRange(Math.min(...ys), Math.max(...ys)) : yRange(0, 1);
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  return {
    width, left, right, top, bottom, x0, x1, y0, y1,
    x: (x) => left + ((x - x0) / (x1 - x0 || 1)) * (right - left),
    y: (y) => bottom - ((y - y0) / (y1 - y0 || 1)) * (bottom - top),
    invert: (at) => x0 + ((at - left) / (right - left)) * (x1 - x0),
  };
}

/**
 * Draw the grid, the ticks and the labels of both axes.
 * @param {Plot} plot
 * @param {number[]} yTicks
 * @param {{xLabel: string, yLabel: string}} labels
 * @param {(x: number) => string} formatX
 * @param {(y: number) => string} formatY
 */
export function axes(plot, yTicks, { xLabel, yLabel }, formatX, formatY) {
  const xTicks = ticks(plot.x0, plot.x1, Math.max(2, Math.floor(plot.width / 80)));
  return [
    yTicks.map((y) => [
      h("line", { class: "chart-grid", x1: plot.left, x2: plot.right, y1: plot.y(y), y2: plot.y(y) }),
      h("text", { class: "chart-tick is-y", x: plot.left - 8, y: plot.y(y) + 4 }, formatY(y)),
    ]),
    xTicks.map((x) => h("text", { class: "chart-tick is-x", x: plot.x(x), y: plot.bottom + 18 }, formatX(x))),
    h("text", { class: "chart-label", x: plot.right, y: plot.bottom + 36 }, xLabel),
    h("text", { class: "chart-label is-y", x: 0, y: 12 }, yLabel),
  ];
}

/**
 * Draw events as vertical lines, each with a title.
 * @param {[x: number, label: string][]} marks
 * @param {Plot} plot
 */
export function marksOf(marks, plot) {
  return marks.map(([x, text]) => h("g", { class: "chart-mark" },
    h("line", { x1: plot.x(x), x2: plot.x(x), y1: plot.top, y2: plot.bottom }),
    h("title", {}, text)));
}
