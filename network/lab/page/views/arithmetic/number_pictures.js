// Arrays as pictures: arranged in a plane, with frames around parts, or as readable grids of numbers.

import { brushOf, h, withMinus } from "../../ui/dom.js";
import { colour, drawHeat, limitOf, scaleOf } from "../../ui/heat.js";

/** @typedef {[row: number, column: number, height: number, width: number]} Frame */

/**
 * An array on a canvas; `frame` moves its first frame.
 * @typedef {{element: HTMLElement, canvas: HTMLCanvasElement, frame: (frame: Frame) => void}} NumberPicture
 */

/**
 * Return the arrangement of an array as one picture; `place` returns the [row, column] of a number.
 * @param {number[]} shape
 * @returns {{rows: number, columns: number, place: (at: number) => [number, number]}}
 */
export function layOut(shape) {
  if (shape.length === 3) return layOutMaps(shape);
  const count = shape[0];
  const columns = shape[1] ?? (count <= 16 ? count : Math.ceil(Math.sqrt(count)));
  const rows = shape.length === 2 ? count : Math.ceil(count / columns);
  return { rows, columns, place: (at) => [Math.floor(at / columns), at % columns] };
}

/**
 * Arrange feature maps in a nearly square rectangle, one pixel apart.
 * @param {number[]} shape
 * @returns {{rows: number, columns: number, place: (at: number) => [number, number]}}
 */
function layOutMaps([height, width, channels]) {
  const side = Math.ceil(Math.sqrt(channels));
  return {
    rows: Math.ceil(channels / side) * (height + 1) - 1, columns: side * (width + 1) - 1,
    place(at) {
      const [c, w, row] = [at % channels, Math.floor(at / channels) % width, Math.floor(at / channels / width)];
      return [Math.floor(c / side) * (height + 1) + row, (c % side) * (width + 1) + w];
    },
  };
}

/**
 * Draw an array: as ink if no number is negative, else in blue and red around 0.
 * @param {HTMLCanvasElement} canvas
 * @param {NdArray} array
 * @param {{limit?: number, isSigned?: boolean}} options
 */
export function drawNumbers(canvas, { shape, values }, { limit, isSigned } = {}) {
  const { rows, columns, place } = layOut(shape);
  const laid = new Float32Array(rows * columns).fill(NaN); // NaN: gap between maps
  values.forEach((value, at) => {
    const [row, column] = place(at);
    laid[row * columns + column] = value;
  });
  drawHeat(canvas, laid.map((value) => (Number.isNaN(value) ? 0 : value)), rows, columns,
    { limit: limit ?? limitOf(values), scale: isSigned ? "diverging" : scaleOf(values) });
  const brush = brushOf(canvas);
  laid.forEach((value, at) => {
    if (Number.isNaN(value)) brush.clearRect(at % columns, Math.floor(at / columns), 1, 1);
  });
  return canvas;
}

/**
 * Build the picture of an array, with frames around parts.
 * @param {NdArray} array
 * @param {{label: string, frames?: Frame[], isStrip?: boolean, width?: number, limit?: number, isSigned?: boolean}} options
 * @returns {NumberPicture}
 */
export function picture(array, { label, frames = [], isStrip, width, ...options }) {
  const { rows, columns } = layOut(array.shape);
  const canvas = drawNumbers(h("canvas", { role: "img", "aria-label": label }), array, options);
  const marks = frames.map(() => h("span", { class: "lesson-frame" }));
  const element = h("div", {
    class: `lesson-picture ${isStrip ? "is-strip" : ""}`,
    style: { "--ratio": `${columns} / ${rows}`, ...(width && { "--width": `${width}px` }) },
  }, canvas, marks);
  /** @type {(mark: HTMLElement, frame: Frame) => void} */
  const move = (mark, [row, column, height, breadth]) => {
    const shares = { left: column / columns, top: row / rows, width: breadth / columns, height: height / rows };
    for (const [side, share] of Object.entries(shares)) mark.style.setProperty(side, `${100 * share}%`);
  };
  frames.forEach((frame, n) => move(marks[n], frame));
  return { element, canvas, frame: (frame) => move(marks[0], frame) };
}

/**
 * Build a readable grid of numbers; null is outside the picture, `mark` is the index of a marked number.
 * @param {(number | null)[]} values
 * @param {number} side
 * @param {{label: string, isSigned: boolean, mark?: number}} options
 */
export function grid(values, side, { label, isSigned, mark }) {
  const limit = limitOf(values.map((value) => value ?? 0));
  const cells = values.map((value, at) => {
    if (value === null) return h("span", { class: "is-outside" });
    const [red, green, blue] = isSigned ? colour("diverging", (value / limit + 1) / 2) : colour("ink", value / limit);
    const isLight = 0.299 * red + 0.587 * green + 0.114 * blue > 140;
    return h("span", {
      class: mark === at ? "is-marked" : null,
      style: { background: `rgb(${red} ${green} ${blue})`, color: isLight ? "#181714" : "#ffffff" },
    }, Math.abs(value) < 0.005 ? "0.00" : withMinus(value));
  });
  return h("div", { class: "number-grid", role: "img", "aria-label": label, style: { "--columns": side } }, cells);
}
