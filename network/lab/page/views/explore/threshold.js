// The confidence threshold: share of images predicted, and their accuracy.

import { countPredicted } from "../../maths/risk_coverage.js";
import { fill, h, number, percent } from "../../ui/dom.js";
import { LineChart } from "../../ui/line_chart.js";

const STEPS = 400; // of the slider: 100 is 90 %, 200 is 99 %, 300 is 99.9 %, 400 is 99.99 %

/**
 * Build the panel; it calls `onThreshold(threshold)` while the slider moves.
 * @param {(threshold: number) => void} onThreshold
 */
export function makeThreshold(onThreshold) {
  /** @type {ImageSet | null} */
  let images = null;
  const slider = h("input", { id: "threshold", type: "range", min: 0, max: STEPS, step: 1 });
  const value = h("output", { class: "threshold-value", for: "threshold" });
  const result = h("p", { class: "threshold-result", "aria-live": "polite" });
  const chart = new LineChart({
    label: "Risk-coverage curve: error rate by share of images predicted", height: 230,
    xLabel: "share of images predicted", yLabel: "error rate",
    formatX: (share) => percent(share, share < 1 ? 1 : 0), formatY: (share) => percent(share, 2),
    yRange: (_, most) => [0, 1.1 * most || 0.01],
  });
  const element = h("div", { class: "stack" },
    h("label", { class: "threshold-label", for: "threshold" }, "Minimum confidence", value), slider, result,
    chart.element,
    h("p", { class: "note" }, "Risk-coverage curve: error rate on the most confident predictions, for every threshold. The dot is your threshold."));
  slider.oninput = () => {
    const threshold = thresholdAt(Number(slider.value));
    write(threshold);
    onThreshold(threshold);
  };

  /** @param {number} threshold */
  function write(threshold) {
    if (!images) return;
    const { predicted, mistakes } = countPredicted(images.confidence, images.isMistake, threshold);
    value.textContent = thresholdText(threshold);
    slider.setAttribute("aria-valuetext", thresholdText(threshold));
    fill(result, sentence(images, predicted, mistakes));
    /** @type {Point[]} */
    const dot = predicted ? [[predicted / images.shown, mistakes / predicted]] : [];
    chart.update([
      { name: "error rate", color: "var(--series-1)", points: images.curve },
      { name: "your threshold", color: "var(--series-2)", points: dot, isMarker: true },
    ]);
  }

  /**
   * Show the effect of a threshold on images.
   * @param {ImageSet} given
   * @param {number} threshold
   */
  function show(given, threshold) {
    images = given;
    slider.value = String(stepAt(threshold));
    write(threshold);
  }

  return { element, show };
}

/**
 * Return the threshold of a slider step: 1 minus a power of ten, rounded to two digits.
 * @param {number} step
 */
function thresholdAt(step) {
  const rest = Number((10 ** ((-4 * step) / STEPS)).toPrecision(2));
  return Number((1 - rest).toFixed(6));
}

/** @param {number} threshold */
function stepAt(threshold) {
  return Math.round((-Math.log10(1 - threshold) * STEPS) / 4);
}

/**
 * Format a threshold as a percentage with all of its digits.
 * @param {number} threshold
 */
function thresholdText(threshold) {
  return `${Number((100 * threshold).toFixed(4))} %`;
}

/**
 * Describe the predictions above a threshold.
 * @param {ImageSet} images
 * @param {number} predicted
 * @param {number} mistakes among them
 */
function sentence({ shown, mistakes: all }, predicted, mistakes) {
  const below = shown - predicted;
  if (!predicted) return ["No image reaches this threshold, so the network makes no predictions."];
  return [
    `The network predicts ${number(predicted)} of ${number(shown)} images (`, h("b", { "data-is": "coverage" }, percent(predicted / shown)),
    ") with an accuracy of ", h("b", { "data-is": "accuracy" }, percent(1 - mistakes / predicted)), ". ",
    below ? `${number(below)} images are below the threshold, with ${number(all - mistakes)} of the ${number(all)} mistakes.`
      : "No images are below the threshold.",
  ];
}
