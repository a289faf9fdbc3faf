// Knobs: sliders with a number beside them, straight or in powers of ten.

import { h } from "../../ui/dom.js";

const STEPS = 1000;

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

/** A knob. Options: label, low, high, scale ("straight" or "powers"), lacks (why it is off, where
 * it can be), onTurn(value). `set(value)` shows a value; null switches the knob off. */
export function knob({ id, label, low, high, scale = "straight", lacks = "", onTurn }) {
  const { toShare, toValue } = SCALES[scale];
  const slider = h("input", { type: "range", min: 0, max: STEPS, "aria-label": label });
  const exact = h("input", { type: "text", inputmode: "decimal", id, class: "knob-number" });
  const note = h("span", { class: "note" });
  let shown = null;

  const rounded = (value) => Number(value.toPrecision(2));
  const write = (value) => { exact.value = String(Number(value.toPrecision(4))); };
  slider.oninput = () => write(rounded(toValue(slider.value / STEPS, low, high)));
  slider.onchange = () => turn(rounded(toValue(slider.value / STEPS, low, high)));
  exact.onchange = () => turn(Number(exact.value));

  function turn(value) {
    if (Number.isFinite(value) && value !== shown) onTurn(value);
    else set(shown);
  }

  function set(value) {
    shown = value;
    for (const input of [slider, exact]) input.disabled = value === null;
    note.textContent = value === null ? lacks : "";
    if (value === null) exact.value = "";
    else if (document.activeElement !== slider) {
      write(value);
      slider.value = STEPS * toShare(value, low, high);
    }
  }

  const element = h("div", { class: "knob" },
    h("label", { for: id }, label, " ", note), h("div", { class: "knob-row" }, slider, exact));
  return { element, set };
}
