// Every layer's weights as a histogram: as they are, drawn over what they began as.

import { fill, h, short } from "../../ui/dom.js";

const WIDTH = 320;
const HEIGHT = 110;
const MANY = 1.5; // times as wide: what is called wider or narrower

/** Make the charts; `show` draws them. */
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
    h("figcaption", {}, h("b", {}, layer.name), h("span", {}, words)),
    chartOf(layer, words));
}

/**
 * Write how wide the weights lie, now and at the start.
 * @param {Histogram} layer
 */
function spreadText({ spread, spread_at_start: before }) {
  const now = `spread ${short(spread)} now`;
  if (before === null) return `${now}; how they began is not known`;
  const at = `${short(before)} at the start`;
  if (before === 0) return `${now}, ${at}`;
  const times = spread / before;
  if (times >= MANY) return `${now}, ${at}: ${short(times)} times as wide`;
  return times <= 1 / MANY ? `${now}, ${at}: narrower` : `${now}, ${at}`;
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
 * Return the height of each bar: the square root of its share, for most weights stay near 0.
 * @param {number[]} counts
 */
function sharesOf(counts) {
  const all = counts.reduce((sum, one) => sum + one, 0) || 1;
  return counts.map((one) => Math.sqrt(one / all));
}

/**
 * Draw the bars' outline as a path, from the first that is not empty to the last.
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
