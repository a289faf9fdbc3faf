// The whole network, stage by stage: what every unit says to the picture, each to be chosen.

import { h, withMinus } from "../../ui/dom.js";
import { drawHeat, limitOf, scaleOf } from "../../ui/heat.js";

/** @typedef {(stage: Stage, unit: number) => void} OnChoose is called for the unit clicked */

/**
 * Make the map of a network's stages.
 * @param {Stage[]} stages
 * @param {string[]} classes
 * @param {OnChoose} onChoose
 */
export function makeNetworkMap(stages, classes, onChoose) {
  const rows = stages.map((stage) => makeStage(stage, stage === stages.at(-1) ? classes : null, onChoose));
  return {
    element: h("div", { class: "network-map" }, rows.map((row) => row.element)),
    /** @type {(outputs: NdArray[] | null, edits: Edits) => void} */
    show(outputs, edits) {
      for (const row of rows) row.show(outputs, edits);
    },
    /** @type {OnChoose} */
    choose(stage, unit) {
      for (const row of rows) row.choose(row.stage === stage ? unit : null);
    },
  };
}

/**
 * Describe a stage in a few words: "32 feature maps of 24 × 24", "30 neurons".
 * @param {Stage} stage
 * @param {boolean} isLast
 */
function describeStage({ units, isImages, ends }, isLast) {
  if (isImages) return `${units} feature maps of ${ends.shape[0]} × ${ends.shape[1]}`;
  return isLast ? `${units} outputs` : `${units} neurons`;
}

/**
 * Name a unit: "Neuron 12 of layer 1", "Feature map 3 of layer 2", "Output “7”".
 * @param {Stage} stage
 * @param {number} unit
 * @param {string[] | null} classes of the last stage
 */
export function nameUnit(stage, unit, classes) {
  if (classes) return `Output “${classes[unit]}”`;
  return `${stage.isImages ? "Feature map" : "Neuron"} ${unit} of layer ${stage.index + 1}`;
}

/**
 * @param {Stage} stage
 * @param {string[] | null} classes
 * @param {OnChoose} onChoose
 */
function makeStage(stage, classes, onChoose) {
  const cells = Array.from({ length: stage.units }, (_, unit) => makeCell(stage, unit, classes, onChoose));
  const kinds = stage.kinds.join(" → ");
  const element = h("section", { class: "stage" },
    h("div", { class: "stage-head" },
      h("h3", {}, classes ? "Outputs" : `Layer ${stage.index + 1}`),
      h("p", { class: "note" }, `${describeStage(stage, Boolean(classes))} · ${kinds}`)),
    h("div", { class: `cells ${stage.isImages ? "is-images" : "is-numbers"}` }, cells.map((cell) => cell.element)));
  return {
    element, stage,
    /** @type {(outputs: NdArray[] | null, edits: Edits) => void} */
    show(outputs, edits) {
      const y = outputs && outputs[stage.last + 1].values;
      const [limit, scale] = y ? [limitOf(y), scaleOf(y)] : [1, scaleOf(new Float32Array())];
      cells.forEach((cell, unit) => {
        cell.show(y, limit, scale);
        cell.setOff(edits.off.some(([layer, one]) => layer === stage.last && one === unit));
      });
    },
    /** @param {number | null} unit */
    choose(unit) {
      cells.forEach((cell, one) => cell.element.setAttribute("aria-pressed", String(one === unit)));
    },
  };
}

/**
 * @param {Stage} stage
 * @param {number} unit
 * @param {string[] | null} classes
 * @param {OnChoose} onChoose
 */
function makeCell(stage, unit, classes, onChoose) {
  const canvas = h("canvas", { "aria-hidden": "true", width: 1, height: 1 });
  const label = classes?.[unit] ?? "";
  const kind = !classes ? "cell-number" : label.length > 2 ? "cell-text is-word" : "cell-text";
  const text = h("span", { class: kind }, label);
  const name = nameUnit(stage, unit, classes);
  const element = h("button", {
    class: "cell", type: "button", "aria-pressed": "false", title: name, "aria-label": name,
    onclick: () => onChoose(stage, unit),
  }, canvas, text);
  const [height, width] = stage.isImages ? stage.ends.shape : [1, 1];
  const own = new Float32Array(height * width); // what this unit says
  return {
    element,
    /** @type {(y: Float32Array | null, limit: number, scale: Scale) => void} */
    show(y, limit, scale) {
      for (let at = 0; at < own.length; at++) own[at] = y ? y[at * stage.units + unit] : 0;
      drawHeat(canvas, own, height, width, { limit, scale });
      element.classList.toggle("is-strong", scale === "ink" && own.length === 1 && own[0] > limit / 2);
      if (stage.isImages) return;
      element.title = y ? `${name}: ${withMinus(own[0], 3)}` : name;
      if (!classes) text.textContent = y ? withMinus(own[0]) : "";
    },
    /** @param {boolean} isOff */
    setOff(isOff) {
      element.classList.toggle("is-off", isOff);
    },
  };
}
