// One unit: its weights over what comes in, its weighted sum term by term, the digits it likes, its edits.

import { messageOf } from "../../data/api.js";
import { weightedSum } from "../../maths/weighted_sum.js";
import { fill, h, number, signed, withMinus } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { nameUnit } from "./network_map.js";
import { sumTable } from "./sum_table.js";
import { makeUnitControls } from "./unit_controls.js";
import { imageFigures, numberFigures, strongestPlace } from "./unit_pictures.js";

/** The panel of the unit that is chosen. */
export class UnitPanel {
  /** @type {Unit | null} */
  unit = null;

  /**
   * @param {NetworkSource} source knows the digits that excite a unit
   * @param {(edits: Edits) => void} onEdit is called with new edits
   */
  constructor(source, onEdit) {
    this.source = source;
    this.onEdit = onEdit;
    this.element = h("section", { class: "panel unit-panel", "aria-live": "off" });
  }

  /** Show that no unit is chosen. */
  clear() {
    this.unit = null;
    fill(this.element, h("h2", {}, "One unit"), h("p", { class: "note" },
      "Choose a neuron or a feature map: its weights, its sum and the digits that it likes appear here."));
  }

  /** @param {UnitState} state */
  show(state) {
    if (this.unit?.stage !== state.stage || this.unit.index !== state.unit) {
      this.unit = new Unit(this.source, state, this.onEdit);
      fill(this.element, this.unit.parts);
    }
    this.unit.update(state);
  }
}

/** What is shown of a unit. */
class Unit {
  /** @type {[number, number] | null} */
  place = null; // of a map, that was clicked

  /**
   * @param {NetworkSource} source
   * @param {UnitState} state
   * @param {(edits: Edits) => void} onEdit
   */
  constructor(source, state, onEdit) {
    const { stage, unit, classes } = state;
    this.state = state;
    this.stage = stage;
    this.index = unit;
    this.name = nameUnit(stage, unit, classes);
    this.value = h("p", { class: "unit-value" });
    this.figures = h("div", { class: "equation" });
    this.sum = h("div");
    this.liked = h("div", { class: "liked" }, h("p", { class: "note" }, "Showing it training digits …"));
    this.controls = makeUnitControls(stage, unit, onEdit);
    this.effect = h("p", { class: "note effect", "aria-live": "polite" });
    this.fetchLiked(source, state.member);
  }

  get parts() {
    return [
      h("div", { class: "unit-head" }, h("h2", {}, this.name), this.value),
      h("div", { class: "unit-body" },
        h("div", { class: "stack" }, this.figures, this.sum),
        h("div", { class: "stack" },
          this.controls.element, this.effect,
          h("h3", {}, this.stage.isImages ? "Training digits with the strongest spot for it" : "Training digits that excite it most"),
          this.liked)),
    ];
  }

  /**
   * Show the training digits that excite it most.
   * @param {NetworkSource} source
   * @param {number | null} member
   */
  async fetchLiked(source, member) {
    try {
      const { digits, of } = await source.exciting(this.stage.last, this.index, member);
      const what = this.stage.isImages ? "map" : "neuron";
      fill(this.liked, thumbnails(digits, source.classes), h("p", { class: "note" },
        `Of ${number(of)} digits that the network was trained on. The number is what the ${what} says.`));
    } catch (error) {
      fill(this.liked, h("p", { class: "problem" }, messageOf(error)));
    }
  }

  /** @param {UnitState} state */
  update(state) {
    this.state = state;
    this.controls.show(state.edits);
    this.effect.textContent = state.effect;
    if (state.outputs) this.showSum(state, state.outputs);
    else {
      fill(this.value, "–");
      fill(this.figures, h("p", { class: "note" }, "Write a digit to see what it makes of it."));
      fill(this.sum);
    }
  }

  /**
   * Show how it comes to what it says.
   * @param {UnitState} state
   * @param {NdArray[]} outputs
   */
  showSum({ layers }, outputs) {
    const { stage, index } = this;
    const at = { layers, outputs, stage, unit: index };
    if (stage.isImages) {
      const place = this.place ?? strongestPlace(at);
      fill(this.value);
      fill(this.figures, imageFigures(at, place, (clicked) => {
        this.place = clicked;
        this.update(this.state);
      }));
      fill(this.sum, sumTable(weightedSum(layers, outputs, stage, index, place), place));
    } else {
      const taken = weightedSum(layers, outputs, stage, index, [0, 0]);
      fill(this.value,
        h("span", { class: "big-number" }, withMinus(outputs[stage.last + 1].values[index], 3)),
        h("span", { class: "note" }, taken.then.length ? `from a sum of ${signed(taken.sum)}` : "its sum"));
      fill(this.figures, numberFigures(at));
      fill(this.sum, sumTable(taken, null));
    }
  }
}

/**
 * Show digits as small pictures, each with its label and a number.
 * @param {RankedDigit[]} digits
 * @param {string[]} classes
 */
function thumbnails(digits, classes) {
  return h("div", { class: "thumbnails" }, digits.map(({ pixels, label, number: value }) =>
    h("figure", { class: "thumbnail" },
      digitImage(pixels),
      h("figcaption", {}, h("b", {}, classes[label]), ` ${withMinus(value)}`))));
}
