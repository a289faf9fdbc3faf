// A choice of one output number of a layer: by a click on the picture, or by its position.

import { fill, h } from "../../ui/dom.js";
import { num } from "./figures.js";
import { isOfClasses, many } from "./names.js";
import { layOut, picture } from "./number_pictures.js";

/**
 * The axes of an array, and the first number of each: pixels count from 0, units from 1.
 * @type {Record<number, [name: string, first: number][]>}
 */
const AXES = { 1: [["number", 1]], 2: [["row", 0], ["column", 0]], 3: [["row", 0], ["column", 0], ["map", 1]] };

/**
 * Build the picker; it calls `onPick(cell)` with the index of a number.
 * @param {(cell: number) => void} onPick
 */
export function makeCellPicker(onPick) {
  const element = h("section", { class: "cell-picker" });

  /** @param {LessonTopic} topic */
  function show({ layers, outputs, index, cell, classes }) {
    const y = outputs[index + 1];
    const isClasses = y.shape.length === 1 && isOfClasses(layers, index + 1);
    fill(element, h("h3", {}, isClasses ? "Class" : "Number"),
      isClasses ? classChips(classes, y, cell, onPick) : [
        clickable(y, cell, onPick), h("div", { class: "row" }, axisInputs(y.shape, cell, onPick)),
        h("p", { class: "note" }, `One of ${many(y.shape)}. Choose another one to see its computation.`)]);
  }

  return { element, show };
}

/** @type {(classes: string[], y: NdArray, cell: number, onPick: (cell: number) => void) => HTMLElement} */
function classChips(classes, y, cell, onPick) {
  return h("div", { class: "chips" }, classes.map((name, k) => h("button", {
    class: "chip", type: "button", "aria-pressed": String(k === cell), title: num(y.values[k]), onclick: () => onPick(k),
  }, name)));
}

/** @type {(y: NdArray, cell: number, onPick: (cell: number) => void) => HTMLElement} */
function clickable(y, cell, onPick) {
  const { rows, columns, place } = layOut(y.shape);
  const { element, canvas } = picture(y, { frames: [[...place(cell), 1, 1]], label: "Outputs of this layer" });
  element.classList.add("is-clickable");
  element.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * rows);
    const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
    const found = y.values.findIndex((_, n) => place(n)[0] === row && place(n)[1] === column);
    if (found >= 0) onPick(found);
  });
  return element;
}

/** @type {(shape: number[], cell: number, onPick: (cell: number) => void) => HTMLElement[]} */
function axisInputs(shape, cell, onPick) {
  /** @type {number[]} */
  const at = [];
  for (let axis = shape.length - 1, left = cell; axis >= 0; axis--) {
    at[axis] = left % shape[axis];
    left = Math.floor(left / shape[axis]);
  }
  return AXES[shape.length].map(([name, first], axis) => {
    const input = h("input", { type: "number", min: first, max: shape[axis] - 1 + first, value: at[axis] + first });
    input.onchange = () => {
      at[axis] = Math.min(Math.max(Math.round(Number(input.value) - first) || 0, 0), shape[axis] - 1);
      onPick(at.reduce((index, one, n) => index * shape[n] + one, 0));
    };
    return h("label", { class: "cell-axis" }, name, input);
  });
}
