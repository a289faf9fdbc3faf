// Graphs of lessons: a running sum, and the curve of a function with one point.

import { h } from "../../ui/dom.js";
import { num } from "./figures.js";

const RANGE = 6; // of a curve, on both sides of 0

/**
 * Draw the running sum as a line.
 * @param {number[]} values
 * @param {string} label
 */
export function runningSum(values, label) {
  const [width, height, edge] = [360, 150, 14];
  let total = 0;
  const sums = [0, ...values.map((value) => { total += value; return total; })];
  const [low, high] = [Math.min(...sums), Math.max(...sums)];
  /** @param {number} n */
  const x = (n) => edge + (n / values.length) * (width - 2 * edge - 56);
  /** @param {number} sum */
  const y = (sum) => height - edge - ((sum - low) / (high - low || 1)) * (height - 2 * edge);
  const [endX, endY] = [x(values.length), y(total)];
  return h("svg", { class: "lesson-curve", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    h("line", { class: "chart-grid", x1: edge, x2: width - edge, y1: y(0), y2: y(0) }),
    h("polyline", { class: "chart-line", points: sums.map((sum, n) => `${x(n).toFixed(1)},${y(sum).toFixed(1)}`).join(" ") }),
    h("circle", { cx: endX, cy: endY, r: 4.5, class: "lesson-dot" }),
    h("text", { x: endX + 9, y: endY + 4, class: "lesson-dot-text" }, num(total)));
}

/**
 * Draw the curve of a function, with guide lines from one input to its output.
 * @param {(values: Float32Array) => Float32Array} f
 * @param {number} at
 */
export function curve(f, at) {
  const [width, height, edge] = [420, 250, 28];
  const [low, high] = [Math.min(-RANGE, at - 1), Math.max(RANGE, at + 1)];
  const xs = Float32Array.from({ length: 241 }, (_, n) => low + (n / 240) * (high - low));
  const ys = f(xs);
  const [bottom, top] = [Math.min(0, ...ys), Math.max(...ys)];
  /** @param {number} x */
  const px = (x) => edge + ((x - low) / (high - low)) * (width - 2 * edge);
  /** @param {number} y */
  const py = (y) => height - edge - ((y - bottom) / (top - bottom || 1)) * (height - 2 * edge);
  const [y] = f(Float32Array.of(at));
  /** @type {(x1: number, y1: number, x2: number, y2: number, name?: string) => SVGElement} */
  const line = (x1, y1, x2, y2, name = "chart-grid") =>
    h("line", { class: name, x1: px(x1), y1: py(y1), x2: px(x2), y2: py(y2) });
  const points = Array.from(xs, (x, n) => `${px(x).toFixed(1)},${py(ys[n]).toFixed(1)}`);
  return h("svg", {
    class: "lesson-curve is-large", viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": `Input ${at.toFixed(3)}, output ${y.toFixed(3)}`,
  },
  line(low, 0, high, 0), line(0, bottom, 0, top),
  h("polyline", { class: "chart-line", points: points.join(" ") }),
  h("text", { x: px(at), y: height - 6, class: "chart-tick is-x" }, num(at)),
  h("g", { "data-from": 1 },
    line(at, 0, at, y, "lesson-guide"), line(0, y, at, y, "lesson-guide"),
    h("circle", { cx: px(at), cy: py(y), r: 6, class: "lesson-dot" }),
    h("text", {
      x: px(0) + (at < 0 ? 6 : -6), y: py(y) + 4, class: "chart-tick",
      style: { "text-anchor": at < 0 ? "start" : "end" },
    }, num(y))));
}
