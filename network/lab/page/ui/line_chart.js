// Line charts as SVG, with axes, marks, and a readout under the pointer.

import { axes, marksOf, powerTicks, powersAround, scalesOf, thin, ticks, zeroAnd } from "./axes.js";
import { fill, h } from "./dom.js";

const MIN_WIDTH = 80; // in pixels; a hidden chart has width 0
let charts = 0; // for unique ids

/**
 * Options of a chart.
 * @typedef {object} ChartOptions
 * @property {string} label of the chart, for screen readers
 * @property {string} xLabel
 * @property {string} yLabel
 * @property {number} [height]
 * @property {(x: number) => string} [formatX]
 * @property {(y: number) => string} [formatY]
 * @property {(least: number, most: number) => [number, number]} [yRange]
 * @property {boolean} [log] logarithmic y axis
 * @property {boolean} [dots] draw every point
 * @property {(x: number) => void} [onPick] called for a click
 */

/** @typedef {{name: string, color: string, points: Point[], isMarker?: boolean}} Series
 *   a marker is a large point that the readout skips */
/** @typedef {Series & {shown: Point[]}} ShownSeries with the points as drawn */
/** @typedef {{xMax?: number, marks?: [x: number, label: string][]}} Surroundings
 *   marks: events on the x axis */

/** A line chart; `update` draws it. */
export class LineChart {
  /** @type {Series[]} */
  series = [];
  /** @type {Surroundings} */
  around = {};
  width = 0;
  clip = `chart-${charts++}`;

  /** @param {ChartOptions} options */
  constructor(options) {
    this.options = { height: 240, formatX: (/** @type {number} */ x) => x.toLocaleString("en-US"), ...options };
    this.element = h("div", { class: "chart", style: { height: `${this.options.height}px` } });
    this.readout = h("div", { class: "chart-readout", hidden: true });
    this.cursor = h("line", { class: "chart-cursor" });
    new ResizeObserver(([entry]) => {
      this.width = Math.round(entry.contentRect.width);
      this.draw();
    }).observe(this.element);
  }

  /**
   * Draw lines.
   * @param {Series[]} series
   * @param {Surroundings} around
   */
  update(series, around = {}) {
    Object.assign(this, { series, around });
    this.draw();
  }

  draw() {
    if (this.width < MIN_WIDTH) return;
    const { label, height, log, yRange = log ? powersAround : zeroAnd } = this.options;
    const lines = this.series.map((one) => ({ ...one, shown: thin(one.points).map((point) => this.placed(point)) }));
    const points = lines.flatMap((one) => one.shown);
    const plot = scalesOf(points, [this.width, height], yRange, this.around.xMax ?? 1);
    const svg = h("svg", {
      viewBox: `0 0 ${this.width} ${height}`, width: this.width, height, role: "img", "aria-label": label,
    }, this.backgroundOf(plot, points.length > 0),
    h("g", { "clip-path": `url(#${this.clip})` }, lines.map((one) => lineOf(one, plot, this.options.dots))),
    !points.length && h("text", { x: this.width / 2, y: height / 2, class: "chart-empty" }, "No data yet"),
    this.cursor);
    this.listen(svg, plot, lines);
    this.hideReadout();
    fill(this.element, svg, this.readout);
  }

  /**
   * Return a point as drawn; on a logarithmic axis, y is its logarithm.
   * @param {Point} point
   * @returns {Point}
   */
  placed([x, y]) {
    return [x, this.options.log ? Math.log10(Math.max(y, 1e-12)) : y];
  }

  /** @param {number} y as drawn */
  formatY(y) {
    const { log, formatY = (/** @type {number} */ one) => one.toPrecision(3) } = this.options;
    return formatY(log ? 10 ** y : y);
  }

  /**
   * Draw the background: axes, marks, and the clipping rectangle of the lines.
   * @param {Plot} plot
   * @param {boolean} hasAxes
   */
  backgroundOf(plot, hasAxes) {
    const { log, formatX } = this.options;
    const yTicks = log ? powerTicks(plot.y0, plot.y1) : ticks(plot.y0, plot.y1, 4);
    const rectangle = h("rect", {
      x: plot.left - 4, y: plot.top - 4, width: plot.right - plot.left + 8, height: plot.bottom - plot.top + 4,
    });
    return [
      h("clipPath", { id: this.clip }, rectangle),
      hasAxes && axes(plot, yTicks, this.options, formatX, (y) => this.formatY(y)),
      marksOf(this.around.marks ?? [], plot),
    ];
  }

  /**
   * Update the readout under the pointer, and handle clicks.
   * @param {SVGSVGElement} svg
   * @param {Plot} plot
   * @param {ShownSeries[]} lines
   */
  listen(svg, plot, lines) {
    /** @param {MouseEvent} event */
    const under = (event) => plot.invert(event.clientX - svg.getBoundingClientRect().left);
    svg.onpointermove = (event) => this.readOut(lines, plot, under(event));
    svg.onclick = (event) => this.options.onPick?.(under(event));
    svg.onpointerleave = () => this.hideReadout();
  }

  hideReadout() {
    this.cursor.style.display = "none";
    this.readout.hidden = true;
  }

  /**
   * Show the point of each line that is nearest to x.
   * @param {ShownSeries[]} lines
   * @param {Plot} plot
   * @param {number} x
   */
  readOut(lines, plot, x) {
    const near = lines.filter((one) => one.shown.length && !one.isMarker).map((one) => ({
      ...one,
      point: one.shown.reduce((a, b) => (Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a)),
    }));
    if (!near.length) return;
    const [at] = near[0].point;
    const ends = { x1: plot.x(at), x2: plot.x(at), y1: plot.top, y2: plot.bottom };
    for (const [name, value] of Object.entries(ends)) this.cursor.setAttribute(name, String(value));
    this.cursor.style.display = "";
    this.readout.hidden = false;
    fill(
      this.readout,
      h("span", { class: "chart-readout-x" }, `${this.options.xLabel} ${this.options.formatX(at)}`),
      near.map((one) => h("span", {}, swatch(one.color), `${one.name} `, h("b", {}, this.formatY(one.point[1])))),
    );
    this.readout.classList.toggle("is-left", plot.x(at) > this.width / 2);
  }
}

/**
 * Build a small square in the colour of a series.
 * @param {string} color
 */
export function swatch(color) {
  return h("i", { class: "swatch", style: { background: color } });
}

/**
 * Draw a line, and its points if `dots` is set or there is only one.
 * @param {ShownSeries} series
 * @param {Plot} plot
 * @param {boolean | undefined} dots
 */
function lineOf({ name, color, shown, isMarker }, plot, dots) {
  const points = shown.map(([x, y]) => `${plot.x(x).toFixed(1)},${plot.y(y).toFixed(1)}`);
  return h("g", { "data-series": name },
    h("polyline", { class: "chart-line", points: points.join(" "), style: { stroke: color } }),
    (dots || shown.length === 1) && shown.map(([x, y]) =>
      h("circle", { cx: plot.x(x), cy: plot.y(y), r: isMarker ? 6 : 2.6, style: { fill: color } })));
}
