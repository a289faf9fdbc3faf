// Charts as SVG: lines with axes and a readout, and bars.

import { fill, h } from "./dom.js";

const MARGIN = { top: 12, right: 14, bottom: 26, left: 52 };
let charts = 0; // so that each has ids of its own
const MOST_POINTS = 400; // of a line; of more, neighbours are averaged

/** Choose round numbers between two bounds, about `count` of them. */
export function ticks(low, high, count = 5) {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
    found.push(Number((i * step).toPrecision(12)));
  }
  return found;
}

/** Choose round numbers between two powers of ten: 1, 2, 5, 10, ... or, of many, 1, 10, 100. */
function powerTicks(low, high) {
  const found = [];
  for (let power = Math.floor(low); power <= high; power++) {
    for (const factor of high - low > 2 ? [1] : [1, 2, 5]) {
      const at = power + Math.log10(factor);
      if (at >= low - 1e-9 && at <= high + 1e-9) found.push(at);
    }
  }
  return found;
}

/** Average neighbouring points, so that a line has no more than can be seen. */
export function thin(points, most = MOST_POINTS) {
  if (points.length <= most) return points;
  const size = Math.ceil(points.length / most);
  const thinned = [];
  for (let start = 0; start < points.length; start += size) {
    const some = points.slice(start, start + size);
    thinned.push([
      some[some.length - 1][0],
      some.reduce((sum, point) => sum + point[1], 0) / some.length,
    ]);
  }
  return thinned;
}

/** A chart of lines. `update(series, {xMax, marks})` draws it: [{name, color, points: [[x, y]],
 * dashed?, isMarker? (a point that stands out, and is not read out)}]; marks are [x, label]: what
 * happened at a place.
 * Options: label (of the whole), xLabel, height, formatX, formatY, yRange ((least, most) -> [low,
 * high]), log (the y axis in powers of ten), dots (draw each point), onPick(x) (a click). */
export function lineChart(options) {
  const { label, xLabel = "", height = 240, dots = false, log = false } = options;
  const formatX = options.formatX ?? ((x) => x.toLocaleString("en-US"));
  const formatOne = options.formatY ?? ((y) => y.toPrecision(3));
  const formatY = log ? (y) => formatOne(10 ** y) : formatOne;
  const seen = ([x, y]) => [x, log ? Math.log10(Math.max(y, 1e-12)) : y];
  const clip = `chart-${charts++}`;
  const holder = h("div", { class: "chart", style: { height: `${height}px` } });
  const readout = h("div", { class: "chart-readout", hidden: true });
  let series = [];
  let more = {};
  let width = 0;

  function draw() {
    if (width < 80) return;
    const lines = series.map((one) => ({ ...one, shown: thin(one.points).map(seen) }));
    const all = lines.flatMap((one) => one.shown);
    const range = options.yRange ?? (log ? powers : fromZero);
    const plot = scalesOf(all, width, height, range, more.xMax ?? 1);
    const svg = h("svg", {
      viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label,
    });
    const yTicks = log ? powerTicks(plot.y0, plot.y1) : ticks(plot.y0, plot.y1, 4);
    svg.append(
      h("clipPath", { id: clip }, h("rect", {
        x: plot.left - 4, y: plot.top - 4, width: plot.right - plot.left + 8, height: plot.bottom - plot.top + 4,
      })),
      ...(all.length ? axes(plot, yTicks, xLabel, formatX, formatY) : []), ...marksOf(more.marks ?? [], plot),
      h("g", { "clip-path": `url(#${clip})` }, lines.map((one) => lineOf(one, plot, dots))),
    );
    if (!all.length) {
      svg.append(h("text", { x: width / 2, y: height / 2, class: "chart-empty" }, "nothing yet"));
    }
    const cursor = h("line", { class: "chart-cursor", y1: MARGIN.top, y2: height - MARGIN.bottom });
    cursor.style.display = "none";
    svg.append(cursor);
    fill(holder, svg, readout);
    svg.onpointermove = (event) => {
      const x = plot.invert(event.clientX - svg.getBoundingClientRect().left);
      show(lines, plot, x, cursor);
    };
    svg.onclick = (event) => {
      options.onPick?.(plot.invert(event.clientX - svg.getBoundingClientRect().left));
    };
    svg.onpointerleave = () => {
      cursor.style.display = "none";
      readout.hidden = true;
    };
  }

  function show(lines, plot, x, cursor) {
    const near = lines.filter((one) => one.shown.length && !one.isMarker).map((one) => ({
      ...one,
      point: one.shown.reduce((a, b) => (Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a)),
    }));
    if (!near.length) return;
    const at = plot.x(near[0].point[0]);
    cursor.setAttribute("x1", at);
    cursor.setAttribute("x2", at);
    cursor.style.display = "";
    readout.hidden = false;
    fill(
      readout,
      h("span", { class: "chart-readout-x" }, `${xLabel} ${formatX(near[0].point[0])}`),
      near.map((one) => h("span", {}, swatch(one.color), `${one.name} `, h("b", {}, formatY(one.point[1])))),
    );
    readout.classList.toggle("is-left", at > width / 2);
  }

  new ResizeObserver(([entry]) => {
    width = Math.round(entry.contentRect.width);
    draw();
  }).observe(holder);

  return {
    element: holder,
    update(next, nextMore = {}) {
      series = next;
      more = nextMore;
      draw();
    },
  };
}

/** A small square of a series' colour. */
export function swatch(color) {
  return h("i", { class: "swatch", style: { background: color } });
}

/** A share on an axis or in a readout: 95 %, or 96.57 %. */
export function formatAccuracy(share) {
  const hundredths = Math.round(share * 1e4);
  return `${(hundredths / 100).toFixed(hundredths % 100 ? 2 : 0)} %`;
}

/** From a round number below the least to all right; a bad first epoch must not hide the others. */
export function accuracyRange(least, most) {
  const low = most > 0.9 ? Math.max(least, 0.85) : least;
  return [Math.max(0, Math.floor((1 - 1.15 * Math.max(1 - low, 0.02)) * 50) / 50), 1];
}

const fromZero = (least, most) => [Math.min(0, least), most || 1];
const powers = (least, most) => [Math.floor(least * 4) / 4, Math.ceil(most * 4 + 0.01) / 4];

function scalesOf(points, width, height, yRange, xMax) {
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  const [x0, x1] = [Math.min(0, ...xs), Math.max(xMax, ...xs)];
  const [y0, y1] = yRange(...(ys.length ? [Math.min(...ys), Math.max(...ys)] : [0, 1]));
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom];
  return {
    width, height, left, right, top, bottom, x0, x1, y0, y1,
    x: (x) => left + ((x - x0) / (x1 - x0 || 1)) * (right - left),
    y: (y) => bottom - ((y - y0) / (y1 - y0 || 1)) * (bottom - top),
    invert: (at) => x0 + ((at - left) / (right - left)) * (x1 - x0),
  };
}

function axes(plot, yTicks, xLabel, formatX, formatY) {
  const parts = [];
  for (const y of yTicks) {
    const at = plot.y(y);
    parts.push(h("line", { class: "chart-grid", x1: plot.left, x2: plot.right, y1: at, y2: at }));
    parts.push(h("text", { class: "chart-tick is-y", x: plot.left - 8, y: at + 4 }, formatY(y)));
  }
  const room = plot.right - 8 * xLabel.length - 16; // where the label does not stand
  for (const x of ticks(plot.x0, plot.x1, Math.max(2, Math.floor(plot.width / 80)))) {
    if (plot.x(x) < room) parts.push(h("text", { class: "chart-tick is-x", x: plot.x(x), y: plot.bottom + 18 }, formatX(x)));
  }
  parts.push(h("text", { class: "chart-label", x: plot.right, y: plot.bottom + 18 }, xLabel));
  return parts;
}

function marksOf(marks, plot) {
  return marks.map(([x, text]) => h("g", { class: "chart-mark" },
    h("line", { x1: plot.x(x), x2: plot.x(x), y1: plot.top, y2: plot.bottom }),
    h("title", {}, text)));
}

function lineOf({ color, shown, dashed, isMarker }, plot, dots) {
  const points = shown.map(([x, y]) => `${plot.x(x).toFixed(1)},${plot.y(y).toFixed(1)}`);
  const parts = [
    h("polyline", {
      class: "chart-line", points: points.join(" "), style: { stroke: color },
      "stroke-dasharray": dashed ? "5 4" : null,
    }),
  ];
  if (dots || shown.length === 1) {
    for (const [x, y] of shown) {
      parts.push(h("circle", { cx: plot.x(x), cy: plot.y(y), r: isMarker ? 6 : 2.6, style: { fill: color } }));
    }
  }
  return parts;
}

/** Bars lying one under the other: [{name, value, text, note?}], values from 0 to `limit`. */
export function bars(rows, limit = 1) {
  return h("div", { class: "bars" }, rows.map((row) => h("div", { class: "bar-row" },
    h("span", { class: "bar-name" }, row.name),
    h("span", { class: "bar-track" },
      row.value > 0 && h("span", { class: "bar", style: { width: `${(100 * Math.min(row.value, limit)) / limit}%` } })),
    h("span", { class: "bar-text" }, row.text))));
}
