// A setting: a slider and a number, on a linear or logarithmic scale.

import { h } from "../../ui/dom.js";

const STEPS = 1000; // of a slider

/** @typedef {(number: number, low: number, high: number) => number} Conversion */

/** @type {Record<"linear" | "logarithmic", {toShare: Conversion, toValue: Conversion}>} */
const SCALES = {
  linear: {
    toShare: (value, low, high) => (value - low) / (high - low),
    toValue: (share, low, high) => low + share * (high - low),
  },
  // the left end of the slider is 0
  logarithmic: {
    toShare: (value, low, high) => (value <= low ? 0 : Math.log(value / low) / Math.log(high / low)),
    toValue: (share, low, high) => (share === 0 ? 0 : low * (high / low) ** share),
  },
};

/**
 * Build a setting. `set(value)` shows a value; null disables it.
 * @param {object} options
 * @param {string} options.id
 * @param {string} options.label
 * @param {number} options.low
 * @param {number} options.high
 * @param {"linear" | "logarithmic"} options.scale
 * @param {string} [options.lacks] reason why it is disabled
 * @param {(value: number) => void} options.onSet
 */
export function makeSetting({ id, label, low, high, scale, lacks = "", onSet }) {
  const { toShare, toValue } = SCALES[scale];
  const slider = h("input", { type: "range", min: 0, max: STEPS, "aria-label": label });
  const exact = h("input", { type: "text", inputmode: "decimal", id, class: "setting-number" });
  const note = h("span", { class: "note" });
  /** @type {number | null} */
  let shown = null;

  const slid = () => Number(toValue(Number(slider.value) / STEPS, low, high).toPrecision(2));
  /** @param {number} value */
  const write = (value) => { exact.value = String(Number(value.toPrecision(4))); };
  slider.oninput = () => write(slid());
  slider.onchange = () => choose(slid());
  exact.onchange = () => choose(Number(exact.value));

  /** @param {number} value */
  function choose(value) {
    if (Number.isFinite(value) && value !== shown) onSet(value);
    else set(shown);
  }

  /** @param {number | null} value */
  function set(value) {
    shown = value;
    for (const input of [slider, exact]) input.disabled = value === null;
    note.textContent = value === null ? lacks : "";
    if (value === null) exact.value = "";
    else if (document.activeElement !== slider) {
      write(value);
      slider.value = String(STEPS * toShare(value, low, high));
    }
  }

  const element = h("div", { class: "setting" },
    h("label", { for: id }, label, " ", note), h("div", { class: "setting-row" }, slider, exact));
  return { element, set };
}
