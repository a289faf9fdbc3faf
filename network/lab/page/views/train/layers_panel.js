// Panels about the layers of a training run: weights, gradients, dead units.

import { capital, fill, h, percent, short } from "../../ui/dom.js";
import { LineChart, swatch } from "../../ui/line_chart.js";
import { seriesColour } from "../../ui/palette.js";
import { weightGrid } from "../../ui/weight_pictures.js";
import { weightHistograms } from "./histograms.js";

/** The panels about the layers of the run in focus. */
export class LayersPanel {
  hasWeights = false; // they can arrive before the rest
  hasHistograms = false;

  constructor() {
    this.weights = weightGrid();
    this.histograms = weightHistograms();
    this.gradients = new LineChart({
      label: "Gradient norm per layer and step", xLabel: "step", yLabel: "gradient norm", height: 200, log: true, formatY: short,
    });
    this.legend = h("p", { class: "note chart-legend" });
    this.dead = h("div", { class: "dead" });
    this.first = panelOf("First-layer weights", "one picture per unit", this.weights.element);
    this.spread = panelOf("Weight histograms", "per layer, current and initial", this.histograms.element, histogramLegend());
    this.inside = h("div", { class: "grid" },
      panelOf("Gradients", "norm per layer", this.gradients.element, this.legend),
      panelOf("Dead units", "share per layer", this.dead,
        h("p", { class: "note" }, "A unit is dead if the slope of its activation is below 0.5\u00a0% of the maximum slope ",
          "on all of 128 training images.")));
    this.element = h("div", { class: "stack" }, this.first, this.spread, this.inside);
    this.show(undefined);
  }

  /** @param {Run | undefined} run */
  show(run) {
    this.inside.hidden = !run?.layers.length;
    this.first.hidden = !run?.begin || !this.hasWeights;
    this.spread.hidden = !run?.begin || !this.hasHistograms;
    if (!run?.begin) return;
    this.gradients.update(run.layers.map(({ name, gradients }, index) =>
      ({ name, color: seriesColour(index), points: gradients })), { xMax: run.step || 1 });
    fill(this.legend, run.layers.map(({ name }, index) => h("span", {}, swatch(seriesColour(index)), capital(name))));
    const rows = run.layers.flatMap(({ name, dead }) => (dead === null ? [] : [barRow(name, dead)]));
    fill(this.dead, rows.length ? h("div", { class: "bars" }, rows) : h("p", { class: "note" }, "The activations of this network cannot be dead."));
  }

  /**
   * @param {WeightPictures} pictures
   * @param {Histogram[]} histograms
   */
  showWeights(pictures, histograms) {
    this.weights.show(pictures);
    this.histograms.show(histograms);
    [this.hasWeights, this.hasHistograms] = [true, histograms.length > 0];
    [this.first.hidden, this.spread.hidden] = [false, !this.hasHistograms];
  }
}

/** @type {(name: string, detail: string, ...children: Child[]) => HTMLElement} */
function panelOf(name, detail, ...children) {
  return h("section", { class: "panel" }, h("h2", {}, name, " ", h("small", {}, detail)), children);
}

function histogramLegend() {
  return h("p", { class: "note chart-legend" },
    h("span", {}, h("i", { class: "swatch is-now" }), "current"), h("span", {}, h("i", { class: "swatch is-start" }), "initial"),
    h("span", {}, "Horizontal: weight. Vertical: square root of the count, which shows rare weights, too."));
}

/**
 * Build a bar for a share.
 * @param {string} name
 * @param {number} share
 */
function barRow(name, share) {
  return h("div", { class: "bar-row" },
    h("span", { class: "bar-name" }, capital(name)),
    h("span", { class: "bar-track" }, share > 0 && h("span", { class: "bar", style: { width: `${100 * Math.min(share, 1)}%` } })),
    h("span", { class: "bar-text" }, percent(share, 0)));
}
