// Training curves of the shown runs: accuracy per epoch and loss per step, with changed settings as marks.

import { accuracyRange, formatAccuracy } from "../../ui/axes.js";
import { h, short } from "../../ui/dom.js";
import { LineChart } from "../../ui/line_chart.js";
import { seriesColour } from "../../ui/palette.js";
import { accuracyPoints, describeChange, isOver, lossPoints } from "./training_run.js";

/** Build the charts. `show` draws the runs, and the changes of the one in focus. */
export function makeCurves() {
  const accuracy = new LineChart({
    label: "Validation accuracy per epoch", xLabel: "epoch", yLabel: "accuracy", dots: true,
    formatY: formatAccuracy, yRange: accuracyRange,
  });
  const loss = new LineChart({ label: "Training loss per step", xLabel: "step", yLabel: "loss", log: true, formatY: short });
  const element = h("section", { class: "grid curves", hidden: true },
    figureOf("Accuracy", "on validation images, per epoch", accuracy),
    figureOf("Loss", "on training batches, per step", loss));

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

/** @type {(name: string, detail: string, chart: LineChart) => HTMLElement} */
function figureOf(name, detail, chart) {
  return h("section", { class: "panel" }, h("h2", {}, name, " ", h("small", {}, detail)), chart.element);
}

/**
 * Return the position of a change in its epoch, from 0 to 1.
 * @param {Run} run
 * @param {SettingsChange} change
 */
function partOf({ epochsDone, begin }, { epoch, step }) {
  const before = epochsDone[epoch - 1]?.step ?? 0;
  const steps = begin?.images ? Math.ceil(begin.images / begin.configuration.batch_size) : 1;
  return Math.min(1, (step - before) / steps);
}
