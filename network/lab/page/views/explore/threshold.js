// Answer only when sure enough: what is answered then, and how much of it is right.

import { lineChart } from "../../ui/charts.js";
import { h, number, percent } from "../../ui/dom.js";
import { countAnswered } from "../../maths/risk_coverage.js";

const STEPS = 400; // of the slider: each hundred leaves a tenth of the doubt, 90 %, 99 %, 99.9 %, 99.99 %

/** Make the panel. `onThreshold(threshold)` is called while the slider moves. */
export function makeThreshold(onThreshold) {
  const slider = h("input", { id: "threshold", type: "range", min: 0, max: STEPS, step: 1, oninput: () => move(Number(slider.value)) });
  const least = h("output", { class: "threshold-least", for: "threshold" });
  const told = h("p", { class: "threshold-told", "aria-live": "polite" });
  const chart = lineChart({
    label: "Errors among the answers, over the share of images that is answered", xLabel: "answered", height: 210,
    formatX: (share) => percent(share, share < 1 ? 1 : 0), formatY: (share) => percent(share, 2),
    yRange: (_, most) => [0, 1.1 * most || 0.01],
  });
  const element = h("div", { class: "stack" },
    h("label", { class: "threshold-label", for: "threshold" }, "Answer only when at least so sure", least), slider, told,
    chart.element,
    h("p", { class: "note" }, "Errors among the answers, for every threshold: the surest answers alone are at the left. The dot is yours."));
  let data = null;

  function move(step) {
    const threshold = thresholdAt(step);
    write(threshold);
    onThreshold(threshold);
  }

  function write(threshold) {
    const { answered, wrong } = countAnswered(data.sureness, data.isWrong, threshold);
    least.textContent = sureText(threshold);
    slider.setAttribute("aria-valuetext", sureText(threshold));
    told.replaceChildren(...sentence(data, answered, wrong));
    const point = answered ? [[[answered / data.shown, wrong / answered]]] : [];
    chart.update([
      { name: "errors", color: "var(--series-1)", points: data.curve },
      ...point.map((points) => ({ color: "var(--series-2)", points, isMarker: true })),
    ]);
  }

  /** Show what a threshold is worth on images. */
  function show(newData, threshold) {
    data = newData;
    slider.value = stepAt(threshold);
    write(threshold);
  }

  return { element, show };
}

/** The threshold of a step: the doubt that is left shrinks evenly, and is a number of two digits. */
export function thresholdAt(step) {
  const doubt = Number((10 ** ((-4 * step) / STEPS)).toPrecision(2));
  return Number((1 - doubt).toFixed(6));
}

function stepAt(threshold) {
  return Math.round((-Math.log10(1 - threshold) * STEPS) / 4);
}

/** A threshold as a percentage, with the digits that it has. */
function sureText(threshold) {
  return `${Number((100 * threshold).toFixed(4))} %`;
}

function sentence(data, answered, wrong) {
  const left = data.shown - answered;
  if (!answered) return ["It is so sure of none of these images: all are left unanswered."];
  return [
    `It answers ${number(answered)} of ${number(data.shown)} images (`, h("b", { "data-is": "coverage" }, percent(answered / data.shown)), "), and ",
    h("b", { "data-is": "accuracy" }, percent(1 - wrong / answered)), " of these answers are right. ",
    left ? `${number(left)} are left unanswered, ${number(data.mistakes - wrong)} of its ${number(data.mistakes)} mistakes among them.`
      : "None is left unanswered.",
  ];
}
