// The prediction of a network, and its score for every class.

import { argmax } from "../maths/arrays.js";
import { cut, fill, h, withMinus } from "./dom.js";

/** Build the panel. show(values, classes, before) draws it; `before` are the scores without edits. */
export function makeScores() {
  const prediction = h("p", { class: "prediction", "aria-live": "polite" });
  const rows = h("div", { class: "scores" });

  /** @type {(values: Float32Array | null, classes: string[], before?: Float32Array | null) => void} */
  function show(values, classes, before = null) {
    if (!values) {
      fill(prediction, h("span", { class: "prediction-none" }, "?"));
      fill(rows, classes.map((name) => scoreRow(name, 0, "–", false, null)));
      return;
    }
    const best = argmax(values);
    fill(prediction, h("span", { class: classes[best].length > 2 ? "prediction-word" : "prediction-digit" }, classes[best]),
      h("span", { class: "prediction-score" }, `score ${scoreText(values[best])}`));
    fill(rows, classes.map((name, k) =>
      scoreRow(name, share(values[k]), scoreText(values[k]), k === best, before && share(before[k]))));
  }

  return { element: h("div", { class: "prediction-and-scores" }, prediction, rows), show };
}

/**
 * Describe the prediction: "Predicted as 3 (score 0.996)."
 * @param {Float32Array | null} values
 * @param {string[]} classes
 */
export function predictionText(values, classes) {
  if (!values) return "";
  const best = argmax(values);
  return `Predicted as ${classes[best]} (score ${scoreText(values[best])}).`;
}

/** @type {(name: string, share: number, text: string, isBest: boolean, before: number | null) => HTMLElement} */
function scoreRow(name, share, text, isBest, before) {
  return h("div", { class: `score ${isBest ? "is-best" : ""}` },
    h("span", { class: "score-name" }, name),
    h("span", { class: "score-track" },
      h("span", { class: "score-bar", style: { width: `${100 * share}%` } }),
      before !== null && h("span", { class: "score-before", style: { left: `${100 * before}%` } })),
    h("span", { class: "score-text" }, text));
}

/** @param {number} value */
const share = (value) => Math.min(Math.max(value, 0), 1);
/** @param {number} value */
const scoreText = (value) => (value >= 0 && value <= 1 ? cut(value).toFixed(3) : withMinus(value, 2));
