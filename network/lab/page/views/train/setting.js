// One setting: a slider with a number beside it, straight or in powers of ten.

import { h } from "../../ui/dom.js";

const STEPS = 1000; // of a slider

/** @typedef {(number: number, low: number, high: number) => number} Conversion */

/** @type {Record<"straight" | "powers", {toShare: Conversion, toValue: Conversion}>} */
const SCALES = {
  straight: {
    toShare: (value, low, high) => (value - low) / (high - low),
    toValue: (share, low, high) => low + share * (high - low),
  },
  // 0 lies at the left end, where the scale begins
  powers: {
    toShare: (value, low, high) => (value <= low ? 0 : Math.log(value / low) / Math.log(high / low)),
    toValue: (share, low, high) => (share === 0 ? 0 : low * (high / low) ** share),
  },
};

/**
 * Make a setting. `set(value)` shows a value; null switches it off.
 * @param {object} options
 * @param {string} options.id
 * @param {string} options.label
 * @param {number} options.low
 * @param {number} options.high
 * @param {"straight" | "powers"} options.scale
 * @param {string} [options.lacks] why it is off, if it can be
 * @param {(value: number) => void} options.onTurn
 */
export function makeSetting({ id, label, low, high, scale, lacks = "", onTurn }) {
  const { toShare, toValue } = SCALES[scale];
  const slider = h("input", { type: "range", min: 0, max: STEPS, "aria-label": label });
  const exact = h("input", { type: "text", inputmode: "decimal", id, class: "knob-number" });
  const note = h("span", { class: "note" });
  /** @type {number | null} */
  let shown = null;

  const slid = () => Number(toValue(Number(slider.value) / STEPS, low, high).toPrecision(2));
  /** @param {number} value */
  const write = (value) => { exact.value = String(Number(value.toPrecision(4))); };
  slider.oninput = () => write(slid());
  slider.onchange = () => turn(slid());
  exact.onchange = () => turn(Number(exact.value));

  /** @param {number} value */
  function turn(value) {
    if (Number.isFinite(value) && value !== shown) onTurn(value);
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

  const element = h("div", { class: "knob" },
    h("label", { for: id }, label, " ", note), h("div", { class: "knob-row" }, slider, exact));
  return { element, set };
}
