// The panel of one unit: its inputs and weights, its weighted sum, the digits with the highest activation, its edits.

import { messageOf } from "../../data/api.js";
import { weightedSum } from "../../maths/weighted_sum.js";
import { fill, h, number, signed, withMinus } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { nameUnit } from "./network_map.js";
import { sumTable } from "./sum_table.js";
import { makeUnitControls } from "./unit_controls.js";
import { imageFigures, maximumOf, numberFigures } from "./unit_pictures.js";

/** The panel of the chosen unit. */
export class UnitPanel {
  /** @type {Unit | null} */
  unit = null;

  /**
   * @param {NetworkSource} source
   * @param {(edits: Edits) => void} onEdit called with new edits
   */
  constructor(source, onEdit) {
    this.source = source;
    this.onEdit = onEdit;
    this.element = h("section", { class: "panel unit-panel", "aria-live": "off" });
  }

  /** Show the empty panel. */
  clear() {
    this.unit = null;
    fill(this.element, h("h2", {}, "Unit"), h("p", { class: "note" },
      "Choose a neuron or a feature map to see its weights, its weighted sum and the digits with the highest activation."));
  }

  /** @param {UnitState} state */
  show(state) {
    if (this.unit?.block !== state.block || this.unit.index !== state.unit) {
      this.unit = new Unit(this.source, state, this.onEdit);
      fill(this.element, this.unit.parts);
    }
    this.unit.update(state);
  }
}

/** The content of the panel for one unit. */
class Unit {
  /** @type {[number, number] | null} */
  position = null; // clicked position in a feature map

  /**
   * @param {NetworkSource} source
   * @param {UnitState} state
   * @param {(edits: Edits) => void} onEdit
   */
  constructor(source, state, onEdit) {
    const { block, unit, classes } = state;
    this.state = state;
    this.block = block;
    this.index = unit;
    this.name = nameUnit(block, unit, classes);
    this.value = h("p", { class: "unit-value" });
    this.figures = h("div", { class: "equation" });
    this.sum = h("div");
    this.topDigits = h("div", {}, h("p", { class: "note" }, "Computing activations …"));
    this.controls = makeUnitControls(block, unit, onEdit);
    this.effect = h("p", { class: "note effect", "aria-live": "polite" });
    this.fetchTopDigits(source, state.member);
  }

  get parts() {
    return [
      h("div", { class: "unit-head" }, h("h2", {}, this.name), this.value),
      h("div", { class: "unit-body" },
        h("div", { class: "stack" }, this.figures, this.sum),
        h("div", { class: "stack" },
          this.controls.element, this.effect,
          h("h3", {}, "Training digits with the highest activation"), this.topDigits)),
    ];
  }

  /**
   * Show the training digits with the highest activation.
   * @param {NetworkSource} source
   * @param {number | null} member
   */
  async fetchTopDigits(source, member) {
    try {
      const { digits, of } = await source.exciting(this.block.last, this.index, member);
      const activation = this.block.isImages ? "The number is the maximum of the feature map." : "The number is the activation.";
      fill(this.topDigits, thumbnails(digits, source.classes), h("p", { class: "note" },
        `From ${number(of)} training digits. ${activation}`));
    } catch (error) {
      fill(this.topDigits, h("p", { class: "problem" }, messageOf(error)));
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
      fill(this.figures, h("p", { class: "note" }, "Write a digit to see the inputs of this unit."));
      fill(this.sum);
    }
  }

  /**
   * Show the computation of the output.
   * @param {UnitState} state
   * @param {NdArray[]} outputs
   */
  showSum({ layers }, outputs) {
    const { block, index } = this;
    const at = { layers, outputs, block, unit: index };
    if (block.isImages) {
      const position = this.position ?? maximumOf(at);
      fill(this.value);
      fill(this.figures, imageFigures(at, position, (clicked) => {
        this.position = clicked;
        this.update(this.state);
      }));
      fill(this.sum, sumTable(weightedSum(layers, outputs, block, index, position), position));
    } else {
      const sum = weightedSum(layers, outputs, block, index, [0, 0]);
      fill(this.value,
        h("span", { class: "big-number" }, withMinus(outputs[block.last + 1].values[index], 3)),
        h("span", { class: "note" }, sum.then.length ? `from a weighted sum of ${signed(sum.sum)}` : "weighted sum"));
      fill(this.figures, numberFigures(at));
      fill(this.sum, sumTable(sum, null));
    }
  }
}

/**
 * Build small pictures of digits, each with its label and a number.
 * @param {RankedDigit[]} digits
 * @param {string[]} classes
 */
function thumbnails(digits, classes) {
  return h("div", { class: "thumbnails" }, digits.map(({ pixels, label, number: value }) =>
    h("figure", { class: "thumbnail" },
      digitImage(pixels),
      h("figcaption", {}, h("b", {}, classes[label]), ` ${withMinus(value)}`))));
}
