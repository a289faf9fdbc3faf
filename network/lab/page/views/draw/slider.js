// A slider with its name before it and its value behind.

import { h } from "../../ui/dom.js";

/**
 * Make a slider; `show(value)` moves it, `text` writes its value.
 * @param {string} label
 * @param {{min: number, max: number, step: number, name?: string}} range `name`: what it is called for who cannot see it
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
