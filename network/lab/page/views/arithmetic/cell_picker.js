// Choose one of the numbers that a layer makes: by a click on their picture, or by their place.

import { fill, h } from "../../ui/dom.js";
import { layOut, num, picture } from "./figures.js";
import { isOfClasses, many } from "./names.js";

const AXES = { 1: ["number"], 2: ["row", "column"], 3: ["row", "column", "map"] };

/** Make the picker; `onPick(cell)` is called with the place of a number. */
export function makeCellPicker(onPick) {
  const element = h("section", { class: "cell-picker" });

  function show({ layers, outputs, index, cell, classes }) {
    const y = outputs[index + 1];
    const isClasses = y.shape.length === 1 && isOfClasses(layers, index + 1);
    fill(element, h("h3", {}, isClasses ? "Which class?" : "Which number?"),
      isClasses ? classChips(classes, y, cell) : [
        clickable(y, cell), h("div", { class: "row" }, axisInputs(y.shape, cell)),
        h("p", { class: "note" }, `One of ${many(y.shape)}. Choose another to see how it comes about.`)]);
  }

  function classChips(classes, y, cell) {
    return h("div", { class: "chips" }, classes.map((name, k) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(k === cell), title: num(y.values[k]), onclick: () => onPick(k),
    }, name)));
  }

  function clickable(y, cell) {
    const { rows, columns, place } = layOut(y.shape);
    const [row, column] = place(cell);
    const made = picture(y, { frames: [[row, column, 1, 1]], label: "The numbers of this layer" });
    made.classList.add("is-clickable");
    made.addEventListener("click", (event) => {
      const box = made.canvas.getBoundingClientRect();
      const at = [Math.floor(((event.clientY - box.top) / box.height) * rows), Math.floor(((event.clientX - box.left) / box.width) * columns)];
      const found = y.values.findIndex((_, n) => place(n).every((one, axis) => one === at[axis]));
      if (found >= 0) onPick(found);
    });
    return made;
  }

  function axisInputs(shape, cell) {
    const at = [];
    for (let axis = shape.length - 1, left = cell; axis >= 0; axis--) {
      at[axis] = left % shape[axis];
      left = Math.floor(left / shape[axis]);
    }
    return AXES[shape.length].map((name, axis) => h("label", { class: "cell-axis" }, name, h("input", {
      type: "number", min: 0, max: shape[axis] - 1, value: at[axis],
      onchange(event) {
        at[axis] = Math.min(Math.max(Math.round(Number(event.target.value)) || 0, 0), shape[axis] - 1);
        onPick(at.reduce((place, one, n) => place * shape[n] + one, 0));
      },
    })));
  }

  return { element, show };
}
