// The curves of all runs that are shown: accuracy by epoch and loss by step, with what was changed.

import { accuracyRange, formatAccuracy } from "../../ui/axes.js";
import { h, short } from "../../ui/dom.js";
import { LineChart } from "../../ui/line_chart.js";
import { seriesColour } from "../../ui/palette.js";
import { accuracyPoints, describeChange, isOver, lossPoints } from "./training_run.js";

/** Make the charts; `show` draws the runs, with the changes of the one in focus. */
export function makeCurves() {
  const accuracy = new LineChart({
    label: "Accuracy on the images held out, epoch by epoch", xLabel: "epoch", dots: true,
    formatY: formatAccuracy, yRange: accuracyRange,
  });
  const loss = new LineChart({ label: "Loss, step by step", xLabel: "step", log: true, formatY: short });
  const element = h("section", { class: "grid curves", hidden: true },
    figureOf("Accuracy", "on images held out, after each epoch", accuracy),
    figureOf("Loss", "on each batch, before its update", loss));

  /** @type {(shown: ShownRun[], focus: Run | undefined) => void} */
  function show(shown, focus) {
    element.hidden = !shown.length;
    /** @param {(run: Run) => Point[]} pointsOf */
    const series = (pointsOf) => shown.map(({ run, index }) => ({
      name: run.name, color: seriesColour(index), points: pointsOf(run),
    }));
    const epochs = shown.map(({ run }) => (isOver(run.state) ? run.epochsDone.length : run.epochs));
    accuracy.update(series(accuracyPoints), {
      xMax: Math.max(1, ...epochs),
      marks: focus?.changes.map((one) => [one.epoch + partOf(focus, one), describeChange(one)]),
    });
    loss.update(series(lossPoints), {
      xMax: Math.max(1, ...shown.map(({ run }) => run.step)),
      marks: focus?.changes.map((one) => [one.step, describeChange(one)]),
    });
  }

  return { element, show };
}

/** @type {(name: string, what: string, chart: LineChart) => HTMLElement} */
function figureOf(name, what, chart) {
  return h("section", { class: "panel" }, h("h2", {}, name, " ", h("small", {}, what)), chart.element);
}

/**
 * Return how far into its epoch a change was made, from 0 to 1.
 * @param {Run} run
 * @param {SettingsChange} change
 */
function partOf({ epochsDone, told }, { epoch, step }) {
  const before = epochsDone[epoch - 1]?.step ?? 0;
  const steps = told?.images ? Math.ceil(told.images / told.configuration.batch_size) : 1;
  return Math.min(1, (step - before) / steps);
}
