// A slider with its label and its value.

import { h } from "../../ui/dom.js";

/**
 * Build a slider; `show(value)` moves it, `text` formats its value.
 * @param {string} label
 * @param {{min: number, max: number, step: number, name?: string}} range `name`: label for screen readers
 * @param {(value: number) => string} text
 */
export function makeSlider(label, { min, max, step, name = label }, text) {
  const input = h("input", { type: "range", min, max, step, "aria-label": name });
  const output = h("output", { class: "slider-text" });
  return {
    input,
    element: h("label", { class: "slider" }, h("span", { class: "field-label" }, label), input, output),
    /** @param {number} value */
    show(value) {
      input.value = String(value);
      output.textContent = text(value);
    },
  };
}
