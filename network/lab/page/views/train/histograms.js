// Histograms of the weights of every layer: the current ones over the initial ones.

import { capital, fill, h, short } from "../../ui/dom.js";

const WIDTH = 320;
const HEIGHT = 110;
const MANY = 1.5; // minimum factor for "wider" or "narrower"

/** Build the charts; `show` draws them. */
export function weightHistograms() {
  const element = h("div", { class: "histograms" });
  return {
    element,
    /** @param {Histogram[]} layers */
    show: (layers) => fill(element, layers.map(figureOf)),
  };
}

/** @param {Histogram} layer */
function figureOf(layer) {
  const words = spreadText(layer);
  return h("figure", { class: "histogram" },
    h("figcaption", {}, h("b", {}, capital(layer.name)), h("span", {}, words)),
    chartOf(layer, words));
}

/**
 * Describe the spread of the weights, now and initially.
 * @param {Histogram} layer
 */
function spreadText({ spread, spread_at_start: before }) {
  const now = `standard deviation ${short(spread)}`;
  if (before === null) return `${now}, initial weights unknown`;
  const both = `${now}, initially ${short(before)}`;
  if (before === 0) return both;
  const times = spread / before;
  if (times >= MANY) return `${both}: ${short(times)} times as wide`;
  return times <= 1 / MANY ? `${both}: narrower` : both;
}

/**
 * @param {Histogram} layer
 * @param {string} words
 */
function chartOf({ name, limit, now, start }, words) {
  const most = Math.max(...sharesOf(now), ...(start ? sharesOf(start) : []));
  return h("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT + 18}`, role: "img", "aria-label": `Weights of ${name}: ${words}`,
  },
  h("path", { class: "histogram-now", d: outline(sharesOf(now), most) }),
  start && h("path", { class: "histogram-start", d: outline(sharesOf(start), most) }),
  h("line", { class: "chart-grid", x1: 0, x2: WIDTH, y1: HEIGHT, y2: HEIGHT }),
  h("text", { class: "chart-tick", x: 0, y: HEIGHT + 15 }, `−${short(limit)}`),
  h("text", { class: "chart-tick is-x", x: WIDTH / 2, y: HEIGHT + 15 }, "0"),
  h("text", { class: "chart-tick is-y", x: WIDTH, y: HEIGHT + 15 }, short(limit)));
}

/**
 * Return the height of each bar: the square root of its share, because most weights are close to 0.
 * @param {number[]} counts
 */
function sharesOf(counts) {
  const all = counts.reduce((sum, one) => sum + one, 0) || 1;
  return counts.map((one) => Math.sqrt(one / all));
}

/**
 * Return the outline of the bars as a path, from the first bar that is not empty to the last.
 * @param {number[]} shares
 * @param {number} most
 */
function outline(shares, most) {
  const step = WIDTH / shares.length;
  const from = shares.findIndex((share) => share > 0);
  const to = shares.findLastIndex((share) => share > 0) + 1;
  const tops = shares.slice(from, to).map((share, index) => {
    const y = (HEIGHT - (HEIGHT - 4) * (share / most)).toFixed(1);
    return `L${((from + index) * step).toFixed(1)},${y}L${((from + index + 1) * step).toFixed(1)},${y}`;
  });
  return `M${(from * step).toFixed(1)},${HEIGHT}${tops.join("")}L${(to * step).toFixed(1)},${HEIGHT}`;
}
