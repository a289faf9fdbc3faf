// A map of the network, block by block: the output of every unit, which can be chosen.

import { h, withMinus } from "../../ui/dom.js";
import { drawHeat, limitOf, scaleOf } from "../../ui/heat.js";

/** @typedef {(block: Block, unit: number) => void} OnChoose called for the unit clicked */

/**
 * Build the map of a network.
 * @param {Block[]} blocks
 * @param {string[]} classes
 * @param {OnChoose} onChoose
 */
export function makeNetworkMap(blocks, classes, onChoose) {
  const rows = blocks.map((block) => makeBlock(block, block === blocks.at(-1) ? classes : null, onChoose));
  return {
    element: h("div", { class: "network-map" }, rows.map((row) => row.element)),
    /** @type {(outputs: NdArray[] | null, edits: Edits) => void} */
    show(outputs, edits) {
      for (const row of rows) row.show(outputs, edits);
    },
    /** @type {OnChoose} */
    choose(block, unit) {
      for (const row of rows) row.choose(row.block === block ? unit : null);
    },
  };
}

/**
 * Describe a block: "32 feature maps of 24x24", "30 neurons".
 * @param {Block} block
 * @param {boolean} isLast
 */
function describeBlock({ units, isImages, ends }, isLast) {
  if (isImages) return `${units} feature maps of ${ends.shape[0]}x${ends.shape[1]}`;
  return isLast ? `${units} outputs` : `${units} neurons`;
}

/**
 * Name a layer by its position, counted from 1: "Layer 2 (Linear)".
 * @param {Block} block
 */
export function nameLayer({ layer, first }) {
  return `Layer ${first + 1} (${layer.kind})`;
}

/**
 * Name a unit: "Layer 2 (Linear), neuron 12", "Layer 1 (Conv2D), feature map 3", "Output “7”".
 * @param {Block} block
 * @param {number} unit
 * @param {string[] | null} classes in the last block
 */
export function nameUnit(block, unit, classes) {
  if (classes) return `Output “${classes[unit]}”`;
  return `${nameLayer(block)}, ${block.isImages ? "feature map" : "neuron"} ${unit + 1}`;
}

/**
 * @param {Block} block
 * @param {string[] | null} classes
 * @param {OnChoose} onChoose
 */
function makeBlock(block, classes, onChoose) {
  const cells = Array.from({ length: block.units }, (_, unit) => makeCell(block, unit, classes, onChoose));
  const others = block.kinds.slice(1).map((kind) => ` → ${kind}`).join("");
  const element = h("section", { class: "block" },
    h("div", { class: "block-head" },
      h("h3", {}, nameLayer(block)),
      h("p", { class: "note" }, `${describeBlock(block, Boolean(classes))}${others}`)),
    h("div", { class: `cells ${block.isImages ? "is-images" : "is-numbers"}` }, cells.map((cell) => cell.element)));
  return {
    element, block,
    /** @type {(outputs: NdArray[] | null, edits: Edits) => void} */
    show(outputs, edits) {
      const y = outputs && outputs[block.last + 1].values;
      const [limit, scale] = y ? [limitOf(y), scaleOf(y)] : [1, scaleOf(new Float32Array())];
      cells.forEach((cell, unit) => {
        cell.show(y, limit, scale);
        cell.setOff(edits.off.some(([layer, one]) => layer === block.last && one === unit));
      });
    },
    /** @param {number | null} unit */
    choose(unit) {
      cells.forEach((cell, one) => cell.element.setAttribute("aria-pressed", String(one === unit)));
    },
  };
}

/**
 * @param {Block} block
 * @param {number} unit
 * @param {string[] | null} classes
 * @param {OnChoose} onChoose
 */
function makeCell(block, unit, classes, onChoose) {
  const canvas = h("canvas", { "aria-hidden": "true", width: 1, height: 1 });
  const label = classes?.[unit] ?? "";
  const kind = !classes ? "cell-number" : label.length > 2 ? "cell-text is-word" : "cell-text";
  const text = h("span", { class: kind }, label);
  const name = nameUnit(block, unit, classes);
  const element = h("button", {
    class: "cell", type: "button", "aria-pressed": "false", title: name, "aria-label": name,
    onclick: () => onChoose(block, unit),
  }, canvas, text);
  const [height, width] = block.isImages ? block.ends.shape : [1, 1];
  const own = new Float32Array(height * width); // output of this unit
  return {
    element,
    /** @type {(y: Float32Array | null, limit: number, scale: Scale) => void} */
    show(y, limit, scale) {
      for (let at = 0; at < own.length; at++) own[at] = y ? y[at * block.units + unit] : 0;
      drawHeat(canvas, own, height, width, { limit, scale });
      element.classList.toggle("is-strong", scale === "ink" && own.length === 1 && own[0] > limit / 2);
      if (block.isImages) return;
      element.title = y ? `${name}: ${withMinus(own[0], 3)}` : name;
      if (!classes) text.textContent = y ? withMinus(own[0]) : "";
    },
    /** @param {boolean} isOff */
    setOff(isOff) {
      element.classList.toggle("is-off", isOff);
    },
  };
}
