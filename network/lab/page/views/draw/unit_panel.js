// One unit: its weights over what comes in, its weighted sum term by term, the digits it likes, its edits.

import { fill, h, number, signed, withMinus } from "../../ui/dom.js";
import { heat } from "../../ui/heat.js";
import { nameUnit } from "./network_map.js";
import { imageFigures, numberFigures, strongestPlace } from "./unit_pictures.js";
import { weightedSum } from "../../maths/weighted_sum.js";
import { sumTable } from "../../ui/terms_table.js";

const SHIFT = 5; // how far a bias can be moved
const SCALE = 5; // how many times as large weights can be, or as large the other way

/** Make the panel. `source` knows the digits that excite a unit; `onEdit(edits)` is called with new edits.
 * Returns {element, show(state)} with state {layers, outputs, stage, unit, edits, classes, member, effect}. */
export function makeUnitPanel(source, onEdit) {
  const element = h("section", { class: "panel unit-panel", "aria-live": "off" });
  let [shown, place] = [null, null];

  function show(state) {
    const { stage, unit } = state;
    if (!stage) {
      shown = null;
      fill(element, h("h2", {}, "One unit"), h("p", { class: "note" },
        "Choose a neuron or a feature map: its weights, its sum and the digits that it likes appear here."));
      return;
    }
    const isNew = !shown || shown.stage !== stage || shown.unit !== unit;
    if (isNew) {
      place = null;
      shown = build(source, state, onEdit, (at) => { place = at; shown.update(shown.state, place); });
      fill(element, shown.parts);
    }
    shown.update(state, place);
  }

  return { element, show };
}

function build(source, state, onEdit, onPlace) {
  const { stage, unit, classes } = state;
  const name = nameUnit(stage, unit, classes);
  const value = h("p", { class: "unit-value" });
  const figures = h("div", { class: "equation" });
  const sum = h("div", {});
  const liked = h("div", { class: "liked" }, h("p", { class: "note" }, "Showing it training digits …"));
  const controls = makeControls(stage, unit, onEdit);
  const effect = h("p", { class: "note effect", "aria-live": "polite" });
  const built = {
    stage, unit, state,
    parts: [
      h("div", { class: "unit-head" }, h("h2", {}, name), value),
      h("div", { class: "unit-body" },
        h("div", { class: "stack" }, figures, sum),
        h("div", { class: "stack" },
          controls.element, effect,
          h("h3", {}, stage.isImages ? "Training digits with the strongest spot for it" : "Training digits that excite it most"),
          liked)),
    ],
    update(state, place) {
      built.state = state;
      controls.update(state);
      effect.textContent = state.effect;
      if (!state.outputs) {
        fill(value, "–");
        fill(figures, h("p", { class: "note" }, "Write a digit to see what it makes of it."));
        fill(sum);
        return;
      }
      const at = stage.isImages ? place ?? strongestPlace(state) : [0, 0];
      const taken = weightedSum(state.layers, state.outputs, stage, unit, at);
      fill(value, activationText(state, taken));
      fill(figures, stage.isImages ? imageFigures(state, at, onPlace) : numberFigures(state));
      fill(sum, sumTable(taken, stage.isImages ? at : null));
    },
  };
  source.exciting(stage.last, unit, state.member).then(
    ({ digits, of }) => fill(liked, thumbnails(digits, source.classes), h("p", { class: "note" },
      `Of ${number(of)} digits that the network was trained on. The number is what the ${stage.isImages ? "map" : "neuron"} says.`)),
    (error) => fill(liked, h("p", { class: "problem" }, error.message)));
  return built;
}

/** Digits as small pictures, each with its label and a number. */
function thumbnails(digits, classes) {
  return h("div", { class: "thumbnails" }, digits.map(({ pixels, label, number: value }) =>
    h("figure", { class: "thumbnail" },
      heat(pixels, 28, 28, { limit: 255 }),
      h("figcaption", {}, h("b", {}, classes[label]), ` ${withMinus(value)}`))));
}

// --- the edits of this unit -----------------------------------------------------------------------

function makeControls(stage, unit, onEdit) {
  const button = h("button", { class: "button", type: "button" });
  const shift = unitSlider(stage, unit, "Shift its bias", "Shift of the bias", SHIFT, 0);
  const scale = unitSlider(stage, unit, "Weights times", "Factor of the weights", SCALE, 1);
  let edits;
  button.onclick = () => {
    const others = edits.off.filter(([layer, one]) => layer !== stage.last || one !== unit);
    const isOff = others.length < edits.off.length;
    onEdit({ ...edits, off: isOff ? others : [...others, [stage.last, unit]] });
  };
  shift.input.oninput = () => onEdit({ ...edits, shifts: shift.edit(edits.shifts) });
  scale.input.oninput = () => onEdit({ ...edits, scales: scale.edit(edits.scales) });
  return {
    element: h("div", { class: "unit-controls" }, button,
      h("div", { class: "unit-sliders" }, shift.element, scale.element)),
    update(state) {
      edits = state.edits;
      const isOff = edits.off.some(([layer, one]) => layer === stage.last && one === unit);
      button.textContent = isOff ? "Switch on again" : "Switch off";
      button.setAttribute("aria-pressed", String(isOff));
      shift.show(edits.shifts, (by) => signed(by, 1));
      scale.show(edits.scales, (times) => withMinus(times, 1));
    },
  };
}

/** A slider for one of a unit's edits, kept as [[layer, unit, number], ...]; at `none` there is no edit. */
function unitSlider(stage, unit, label, name, most, none) {
  const input = h("input", { type: "range", min: -most, max: most, step: 0.1, "aria-label": name });
  const output = h("output", { class: "slider-text" });
  const isOwn = ([layer, one]) => layer === stage.first && one === unit;
  return {
    input,
    element: h("label", { class: "slider" }, h("span", { class: "field-label" }, label), input, output),
    edit(edits) {
      const others = edits.filter((edit) => !isOwn(edit));
      const value = Number(input.value);
      return value === none ? others : [...others, [stage.first, unit, value]];
    },
    show(edits, text) {
      const value = edits.find(isOwn)?.[2] ?? none;
      input.value = value;
      output.textContent = text(value);
    },
  };
}

function activationText({ outputs, stage, unit }, { then, sum }) {
  if (stage.isImages) return "";
  const y = outputs[stage.last + 1].values[unit];
  return [
    h("span", { class: "big-number" }, withMinus(y, 3)),
    h("span", { class: "note" }, then.length ? `from a sum of ${signed(sum)}` : "its sum"),
  ];
}
