// The edits of one unit: switch it off, shift its bias, scale its weights.

import { NOTHING } from "../../maths/edits.js";
import { h, signed, withMinus } from "../../ui/dom.js";
import { makeSlider } from "./slider.js";

const MAX_SHIFT = 5; // of a bias, up or down
const MAX_SCALE = 5; // factor of weights, positive or negative

/**
 * Build the button and the sliders; they call `onEdit(edits)` with new edits.
 * @param {Block} block
 * @param {number} unit
 * @param {(edits: Edits) => void} onEdit
 */
export function makeUnitControls(block, unit, onEdit) {
  let edits = NOTHING;
  const button = h("button", { class: "button", type: "button" });
  const shift = unitSlider(block, unit, {
    label: "Shift bias", name: "Shift of the bias", most: MAX_SHIFT, none: 0, text: (by) => signed(by, 1),
    onEdit: (edit) => onEdit({ ...edits, shifts: edit(edits.shifts) }),
  });
  const scale = unitSlider(block, unit, {
    label: "Scale weights", name: "Factor of the weights", most: MAX_SCALE, none: 1, text: (times) => withMinus(times, 1),
    onEdit: (edit) => onEdit({ ...edits, scales: edit(edits.scales) }),
  });
  /** @type {(edited: [layer: number, unit: number]) => boolean} */
  const isOwn = ([layer, one]) => layer === block.last && one === unit;
  button.onclick = () => {
    const others = edits.off.filter((edited) => !isOwn(edited));
    const isOff = others.length < edits.off.length;
    onEdit({ ...edits, off: isOff ? others : [...others, [block.last, unit]] });
  };
  return {
    element: h("div", { class: "unit-controls" }, button,
      h("div", { class: "unit-sliders" }, shift.element, scale.element)),
    /** @param {Edits} given */
    show(given) {
      edits = given;
      const isOff = edits.off.some(isOwn);
      button.textContent = isOff ? "Switch on" : "Switch off";
      button.setAttribute("aria-pressed", String(isOff));
      shift.show(edits.shifts);
      scale.show(edits.scales);
    },
  };
}

/**
 * Build the slider for one kind of edit of a unit; the value `none` means no edit.
 * @param {Block} block
 * @param {number} unit
 * @param {object} options
 * @param {string} options.label
 * @param {string} options.name
 * @param {number} options.most
 * @param {number} options.none
 * @param {(value: number) => string} options.text
 * @param {(edit: (edits: UnitEdit[]) => UnitEdit[]) => void} options.onEdit receives a function that changes the edits of this kind
 */
function unitSlider(block, unit, { label, name, most, none, text, onEdit }) {
  const slider = makeSlider(label, { min: -most, max: most, step: 0.1, name }, text);
  /** @param {UnitEdit} edit */
  const isOwn = ([layer, one]) => layer === block.first && one === unit;
  slider.input.oninput = () => onEdit((edits) => {
    const others = edits.filter((edit) => !isOwn(edit));
    const value = Number(slider.input.value);
    return value === none ? others : [...others, [block.first, unit, value]];
  });
  return {
    element: slider.element,
    /** @param {UnitEdit[]} edits */
    show: (edits) => slider.show(edits.find(isOwn)?.[2] ?? none),
  };
}
