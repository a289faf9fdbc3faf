// What a lesson is drawn with: pictures, numbers in squares, sums term by term, curves, equations.

import { h, number, withMinus } from "../../ui/dom.js";
import { colour, drawHeat, limitOf } from "../../ui/heat.js";
import { termBar } from "../../ui/terms_table.js";

/** A number as it is read out: three decimals, very small ones by their power of ten. */
export function num(value) {
  const size = Math.abs(value);
  const minus = value < 0 ? "−" : "";
  if (size === 0 || (size >= 0.0005 && size < 1e6)) return minus + size.toFixed(size >= 1000 ? 1 : 3);
  const power = Math.floor(Math.log10(size));
  const raised = String(power).replace(/[-\d]/g, (sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign]));
  return `${minus}${(size / 10 ** power).toFixed(1)} · 10${raised}`;
}

/** Something with a line under it that says what it is. */
export function figure(content, caption, attributes = {}) {
  return h("figure", { class: "figure lesson-figure", ...attributes }, content, caption && h("figcaption", {}, caption));
}

/** A sign between two figures. */
export const sign = (text) => h("span", { class: "equation-sign lesson-sign", "aria-hidden": "true" }, text);

/** The end of a row: what follows stands below. */
export const newRow = () => h("span", { class: "lesson-break" });

/** An equation in large type; parts are texts, elements, numbers, of which negative ones get brackets
 * where they follow a sign. */
export function equation(...parts) {
  return h("p", { class: "lesson-equation" }, parts.map((part, n) =>
    (typeof part === "number" ? h("b", {}, part < 0 && n > 0 ? `(${num(part)})` : num(part)) : part)));
}

/** The number that a lesson has led to. */
export function result(value, name) {
  return h("p", { class: "lesson-result", "data-value": value }, h("span", {}, name), h("b", {}, num(value)));
}

// --- pictures ---------------------------------------------------------------------------------------

/** How numbers of a shape are laid out as one picture: {rows, columns, place: index -> [row, column]}. */
export function layOut(shape) {
  if (shape.length === 2) {
    const [rows, columns] = shape;
    return { rows, columns, place: (at) => [Math.floor(at / columns), at % columns] };
  }
  if (shape.length === 1) {
    const columns = shape[0] <= 16 ? shape[0] : Math.ceil(Math.sqrt(shape[0]));
    return { rows: Math.ceil(shape[0] / columns), columns, place: (at) => [Math.floor(at / columns), at % columns] };
  }
  const [height, width, channels] = shape;
  const side = Math.ceil(Math.sqrt(channels)); // maps in a row, a line between them
  return {
    rows: Math.ceil(channels / side) * (height + 1) - 1, columns: side * (width + 1) - 1,
    place(at) {
      const [c, w, row] = [at % channels, Math.floor(at / channels) % width, Math.floor(at / channels / width)];
      return [Math.floor(c / side) * (height + 1) + row, (c % side) * (width + 1) + w];
    },
  };
}

/** Draw numbers of a shape as a picture: ink where none is negative, else blue and red around 0. */
export function drawPicture(canvas, { shape, values }, { limit = null, signed = null } = {}) {
  const { rows, columns, place } = layOut(shape);
  const laid = new Float32Array(rows * columns).fill(NaN);
  values.forEach((value, at) => {
    const [row, column] = place(at);
    laid[row * columns + column] = value;
  });
  const isSigned = signed ?? values.some((value) => value < 0);
  drawHeat(canvas, laid.map((value) => (Number.isNaN(value) ? 0 : value)), rows, columns,
    { limit: limit ?? limitOf(values), scale: isSigned ? "diverging" : "ink" });
  const brush = canvas.getContext("2d");
  laid.forEach((value, at) => {
    if (Number.isNaN(value)) brush.clearRect(at % columns, Math.floor(at / columns), 1, 1);
  });
  return canvas;
}

/** Numbers of a shape as a picture, with frames around parts of it: [[row, column, height, width]]. */
export function picture(array, { frames = [], label = "", isStrip = false, width = null, ...options } = {}) {
  const { rows, columns } = layOut(array.shape);
  const canvas = drawPicture(h("canvas", { role: "img", "aria-label": label }), array, options);
  const marks = frames.map((frame) => h("span", { class: "lesson-frame" }));
  const element = h("div", { class: `lesson-picture ${isStrip ? "is-strip" : ""}`, style: { "--ratio": `${columns} / ${rows}`, ...(width && { "--width": `${width}px` }) } }, canvas, marks);
  const frame = (n, [row, column, height, width]) => Object.entries({
    left: column / columns, top: row / rows, width: width / columns, height: height / rows,
  }).forEach(([side, share]) => marks[n].style.setProperty(side, `${100 * share}%`));
  frames.forEach((one, n) => frame(n, one));
  return Object.assign(element, { frame: (one) => frame(0, one), canvas });
}

/** A square of numbers that can be read: rows x columns; `mark` is the place of one to point at. */
export function grid(values, rows, columns, { limit = null, signed = true, mark = null, label = "" } = {}) {
  const most = limit ?? limitOf(values.filter((value) => value !== null));
  const cells = Array.from({ length: rows * columns }, (_, at) => {
    const value = values[at];
    if (value === null) return h("span", { class: "is-outside" }, "");
    const [red, green, blue] = signed ? colour("diverging", (value / most + 1) / 2) : colour("ink", value / most);
    const isLight = 0.299 * red + 0.587 * green + 0.114 * blue > 140;
    return h("span", {
      class: mark === at ? "is-marked" : null,
      style: { background: `rgb(${red} ${green} ${blue})`, color: isLight ? "#181714" : "#ffffff" },
    }, Math.abs(value) < 0.005 ? "0.00" : withMinus(value));
  });
  return h("div", { class: "number-grid", role: "img", "aria-label": label, style: { "--columns": columns } }, cells);
}

// --- sums -------------------------------------------------------------------------------------------

/** The terms of a sum in a table, the largest first or in their order: [{name, parts, value}]. */
export function termTable(terms, { most = 6, sorted = true, others = "others" } = {}) {
  const order = sorted ? [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)) : terms;
  const [shown, rest] = [order.slice(0, most), order.slice(most)];
  const left = rest.reduce((sum, { value }) => sum + value, 0);
  const limit = Math.max(...shown.map(({ value }) => Math.abs(value))) || 1;
  return h("table", { class: "terms lesson-terms" }, h("tbody", {},
    shown.map(({ name, parts, value }) => termRow(name, parts, value, limit)),
    rest.length ? termRow(`${number(rest.length)} ${others}`, "", left, limit) : null));
}

function termRow(name, parts, value, limit) {
  return h("tr", {},
    h("th", { scope: "row" }, name), h("td", { class: "terms-product" }, parts),
    h("td", { class: "terms-bar" }, termBar(value, limit)), h("td", {}, num(value)));
}

/** The sum after each term, as a line that ends at the total. */
export function runningSum(values, label) {
  const [width, height, edge] = [360, 150, 14];
  const sums = [0];
  for (const value of values) sums.push(sums.at(-1) + value);
  const [low, high] = [Math.min(...sums), Math.max(...sums)];
  const x = (n) => edge + (n / values.length) * (width - 2 * edge - 56);
  const y = (sum) => height - edge - ((sum - low) / (high - low || 1)) * (height - 2 * edge);
  return h("svg", { class: "lesson-curve", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    h("line", { class: "chart-grid", x1: edge, x2: width - edge, y1: y(0), y2: y(0) }),
    h("polyline", { class: "chart-line", points: sums.map((sum, n) => `${x(n).toFixed(1)},${y(sum).toFixed(1)}`).join(" ") }),
    h("circle", { cx: x(values.length), cy: y(sums.at(-1)), r: 4.5, class: "lesson-dot" }),
    h("text", { x: x(values.length) + 9, y: y(sums.at(-1)) + 4, class: "lesson-dot-text" }, num(sums.at(-1))));
}

/** The curve of a function with one point on it. */
export function curve(f, at, { from = -6, to = 6 } = {}) {
  const [width, height, edge] = [420, 250, 28];
  const [low, high] = [Math.min(from, at - 1), Math.max(to, at + 1)];
  const xs = Float32Array.from({ length: 241 }, (_, n) => low + (n / 240) * (high - low));
  const ys = f(xs);
  const [bottom, top] = [Math.min(0, ...ys), Math.max(...ys)];
  const px = (x) => edge + ((x - low) / (high - low)) * (width - 2 * edge);
  const py = (y) => height - edge - ((y - bottom) / (top - bottom || 1)) * (height - 2 * edge);
  const [y] = f(Float32Array.of(at));
  const line = (x1, y1, x2, y2, name = "chart-grid") => h("line", { class: name, x1: px(x1), y1: py(y1), x2: px(x2), y2: py(y2) });
  return h("svg", { class: "lesson-curve is-large", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `At ${at.toFixed(3)} it is ${y.toFixed(3)}` },
    line(low, 0, high, 0), line(0, bottom, 0, top),
    h("polyline", { class: "chart-line", points: Array.from(xs, (x, n) => `${px(x).toFixed(1)},${py(ys[n]).toFixed(1)}`).join(" ") }),
    h("text", { x: px(at), y: height - 6, class: "chart-tick is-x" }, num(at)),
    h("g", { "data-from": 1 },
      line(at, 0, at, y, "lesson-guide"), line(0, y, at, y, "lesson-guide"),
      h("circle", { cx: px(at), cy: py(y), r: 6, class: "lesson-dot" }),
    h("text", { x: px(0) + (at < 0 ? 6 : -6), y: py(y) + 4, class: "chart-tick", style: { "text-anchor": at < 0 ? "start" : "end" } }, num(y))));
}
