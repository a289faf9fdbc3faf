// The whole network, stage by stage: what every unit says to the picture, each to be chosen.

import { h, withMinus } from "../../ui/dom.js";
import { drawHeat, limitOf } from "../../ui/heat.js";

/** Make the map of a network's stages. `onChoose(stage, unit)` is called for the unit clicked.
 * Returns {element, show(outputs, edits), choose(stage, unit)}. */
export function makeMap(stages, classes, onChoose) {
  const rows = stages.map((stage) => makeStage(stage, stage === stages.at(-1) ? classes : null, onChoose));
  return {
    element: h("div", { class: "network-map" }, rows.map((row) => row.element)),
    show(outputs, edits) {
      for (const row of rows) row.show(outputs, edits);
    },
    choose(stage, unit) {
      for (const row of rows) row.choose(row.stage === stage ? unit : null);
    },
  };
}

/** What a stage is, in a few words: "32 feature maps, 24 x 24", "30 neurons". */
export function describeStage(stage, isLast) {
  const { shape } = stage.ends;
  if (shape.length > 1) return `${stage.units} feature maps of ${shape[0]} × ${shape[1]}`;
  return isLast ? `${stage.units} outputs` : `${stage.units} neurons`;
}

/** How a unit is called: "Neuron 12 of layer 1", "Feature map 3 of layer 2", "Output 7". */
export function nameUnit(stage, unit, classes = null) {
  if (classes) return `Output “${classes[unit]}”`;
  return `${stage.isImages ? "Feature map" : "Neuron"} ${unit} of layer ${stage.index + 1}`;
}

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
    show(outputs, edits) {
      const y = outputs?.[stage.last + 1] ?? null;
      const limit = y ? limitOf(y.values) : 1;
      const isSigned = y !== null && y.values.some((value) => value < 0);
      cells.forEach((cell, unit) => {
        const isOff = edits.off.some(([layer, one]) => layer === stage.last && one === unit);
        cell.show(y, limit, isSigned, isOff);
      });
    },
    choose(unit) {
      cells.forEach((cell, one) => cell.element.setAttribute("aria-pressed", String(one === unit)));
    },
  };
}

function makeCell(stage, unit, classes, onChoose) {
  const canvas = h("canvas", { "aria-hidden": "true", width: 1, height: 1 });
  const text = h("span", {
    class: !classes ? "cell-number" : classes[unit].length > 2 ? "cell-text is-word" : "cell-text",
  }, classes?.[unit]);
  const name = nameUnit(stage, unit, classes);
  const element = h("button", {
    class: "cell", type: "button", "aria-pressed": "false", title: name, "aria-label": name,
    onclick: () => onChoose(stage, unit),
  }, canvas, text);
  const one = new Float32Array(stage.isImages ? stage.ends.shape[0] * stage.ends.shape[1] : 1);
  return {
    element,
    show(y, limit, isSigned, isOff) {
      const [height, width] = stage.isImages ? stage.ends.shape : [1, 1];
      for (let at = 0; at < one.length; at++) one[at] = y ? y.values[at * stage.units + unit] : 0;
      drawHeat(canvas, one, height, width, { limit, scale: isSigned ? "diverging" : "ink" });
      element.classList.toggle("is-off", isOff);
      element.classList.toggle("is-strong", !isSigned && one.length === 1 && one[0] > limit / 2);
      if (stage.isImages) return;
      element.title = y ? `${name}: ${withMinus(one[0], 3)}` : name;
      if (!classes) text.textContent = y ? withMinus(one[0]) : "";
    },
  };
}

