// The layers of a training, closely: their weights, the gradients that reach them, their dead units.

import { fill, h, percent, short } from "../../ui/dom.js";
import { LineChart } from "../../ui/line_chart.js";
import { seriesColour } from "../../ui/palette.js";
import { weightGrid } from "../../ui/weight_pictures.js";
import { weightHistograms } from "./histograms.js";

/** The panels about the layers of the run in focus. */
export class LayersPanel {
  hasWeights = false; // they can be here before the rest
  hasHistograms = false;

  constructor() {
    this.weights = weightGrid();
    this.histograms = weightHistograms();
    this.gradients = new LineChart({
      label: "Length of each layer's gradient, step by step", xLabel: "step", height: 180, log: true, formatY: short,
    });
    this.dead = h("div", { class: "dead" });
    this.first = panelOf("First weights", "as they form", this.weights.element);
    this.spread = panelOf("All weights", "layer by layer, now and at the start", this.histograms.element, histogramKey());
    this.inside = h("div", { class: "grid" },
      panelOf("Gradients", "their length in each layer", this.gradients.element),
      panelOf("Dead units", "that no image moves", this.dead,
        h("p", { class: "note" }, "A unit counts as dead when its activation is flat, less than 0.5 % of its ",
          "steepest slope, on all of 128 training images.")));
    this.element = h("div", { class: "stack" }, this.first, this.spread, this.inside);
    this.show(undefined);
  }

  /** @param {Run | undefined} run */
  show(run) {
    this.inside.hidden = !run?.layers.length;
    this.first.hidden = !run?.told || !this.hasWeights;
    this.spread.hidden = !run?.told || !this.hasHistograms;
    if (!run?.told) return;
    this.gradients.update(run.layers.map(({ name, gradients }, index) =>
      ({ name, color: seriesColour(index), points: gradients })), { xMax: run.step || 1 });
    const rows = run.layers.flatMap(({ name, dead }) => (dead === null ? [] : [barRow(name, dead)]));
    fill(this.dead, rows.length ? h("div", { class: "bars" }, rows) : h("p", { class: "note" }, "No activation here can be dead."));
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

/** @type {(name: string, what: string, ...children: Child[]) => HTMLElement} */
function panelOf(name, what, ...children) {
  return h("section", { class: "panel" }, h("h2", {}, name, " ", h("small", {}, what)), children);
}

function histogramKey() {
  return h("p", { class: "note histogram-key" },
    h("span", {}, h("i", { class: "swatch is-now" }), "now"), h("span", {}, h("i", { class: "swatch is-start" }), "at the start"),
    h("span", {}, "Across: the weight. Up: how many there are, as square roots, so that the few can be seen."));
}

/**
 * Make a bar for a share.
 * @param {string} name
 * @param {number} share
 */
function barRow(name, share) {
  return h("div", { class: "bar-row" },
    h("span", { class: "bar-name" }, name),
    h("span", { class: "bar-track" }, share > 0 && h("span", { class: "bar", style: { width: `${100 * Math.min(share, 1)}%` } })),
    h("span", { class: "bar-text" }, percent(share, 0)));
}
