// Answer only when sure enough: what is answered then, and how much of it is right.

import { countPredicted } from "../../maths/risk_coverage.js";
import { fill, h, number, percent } from "../../ui/dom.js";
import { LineChart } from "../../ui/line_chart.js";

const STEPS = 400; // of the slider: each hundred leaves a tenth of the doubt, 90 %, 99 %, 99.9 %, 99.99 %

/**
 * Make the panel. `onThreshold(threshold)` is called while the slider moves.
 * @param {(threshold: number) => void} onThreshold
 */
export function makeThreshold(onThreshold) {
  /** @type {ImageSet | null} */
  let images = null;
  const slider = h("input", { id: "threshold", type: "range", min: 0, max: STEPS, step: 1 });
  const least = h("output", { class: "threshold-least", for: "threshold" });
  const told = h("p", { class: "threshold-told", "aria-live": "polite" });
  const chart = new LineChart({
    label: "Errors among the answers, over the share of images that is answered", xLabel: "answered", height: 210,
    formatX: (share) => percent(share, share < 1 ? 1 : 0), formatY: (share) => percent(share, 2),
    yRange: (_, most) => [0, 1.1 * most || 0.01],
  });
  const element = h("div", { class: "stack" },
    h("label", { class: "threshold-label", for: "threshold" }, "Answer only when at least so sure", least), slider, told,
    chart.element,
    h("p", { class: "note" }, "Errors among the answers, for every threshold: the surest answers alone are at the left. The dot is yours."));
  slider.oninput = () => {
    const threshold = thresholdAt(Number(slider.value));
    write(threshold);
    onThreshold(threshold);
  };

  /** @param {number} threshold */
  function write(threshold) {
    if (!images) return;
    const { predicted, wrong } = countPredicted(images.sureness, images.isWrong, threshold);
    least.textContent = thresholdText(threshold);
    slider.setAttribute("aria-valuetext", thresholdText(threshold));
    fill(told, sentence(images, predicted, wrong));
    /** @type {Point[]} */
    const dot = predicted ? [[predicted / images.shown, wrong / predicted]] : [];
    chart.update([
      { name: "errors", color: "var(--series-1)", points: images.curve },
      { name: "yours", color: "var(--series-2)", points: dot, isMarker: true },
    ]);
  }

  /**
   * Show what a threshold is worth on images.
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
 * Return the threshold of a step: the doubt that is left shrinks evenly, and is a number of two digits.
 * @param {number} step
 */
function thresholdAt(step) {
  const doubt = Number((10 ** ((-4 * step) / STEPS)).toPrecision(2));
  return Number((1 - doubt).toFixed(6));
}

/** @param {number} threshold */
function stepAt(threshold) {
  return Math.round((-Math.log10(1 - threshold) * STEPS) / 4);
}

/**
 * Write a threshold as a percentage, with the digits that it has.
 * @param {number} threshold
 */
function thresholdText(threshold) {
  return `${Number((100 * threshold).toFixed(4))} %`;
}

/**
 * @param {ImageSet} images
 * @param {number} predicted
 * @param {number} wrong
 */
function sentence({ shown, mistakes }, predicted, wrong) {
  const left = shown - predicted;
  if (!predicted) return ["It is so sure of none of these images: all are left unanswered."];
  return [
    `It answers ${number(predicted)} of ${number(shown)} images (`, h("b", { "data-is": "coverage" }, percent(predicted / shown)), "), and ",
    h("b", { "data-is": "accuracy" }, percent(1 - wrong / predicted)), " of these answers are right. ",
    left ? `${number(left)} are left unanswered, ${number(mistakes - wrong)} of its ${number(mistakes)} mistakes among them.`
      : "None is left unanswered.",
  ];
}
