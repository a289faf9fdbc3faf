// Explore: predictions for images that the network was not trained on, mistakes first, and projections of layers.

import { api, messageOf } from "../../data/api.js";
import { readLayers } from "../../maths/model.js";
import { fill, fraction, h, number, percent, problemText } from "../../ui/dom.js";
import { ConfusionMatrix } from "./confusion_matrix.js";
import { CorruptionPanel } from "./corruption.js";
import { makeImageDetail } from "./image_detail.js";
import { ImagePages } from "./image_pages.js";
import { chooseImages, openImages } from "./images.js";
import { ProjectionPanel } from "./projection.js";
import { makeThreshold } from "./threshold.js";

export const title = "Explore";
export const about = "Predictions for images that the network was not trained on: mistakes, the confusion matrix, and projections of its layers.";

const SPLITS = { "held-out": "Validation images", test: "Test images" };
/** @type {ImageFilter} */
const ANY = { show: "all", label: null, prediction: null };

/**
 * The choices for a run, kept until the page is closed.
 * @typedef {object} Memory
 * @property {string} split
 * @property {ImageFilter} filter
 * @property {number} threshold
 * @property {Corruption | null} corruption
 * @property {number | null} chosen
 * @property {{layers: number | null, method: string, member?: number}} projection
 */

/** @type {Map<string, Memory>} */
const memories = new Map();

/**
 * @param {string} run
 * @returns {Memory}
 */
function memoryOf(run) {
  const fresh = { split: "held-out", filter: ANY, threshold: 0, corruption: null, chosen: null, projection: { layers: null, method: "pca" } };
  const memory = memories.get(run) ?? fresh;
  memories.set(run, memory);
  return memory;
}

/**
 * Show the view; returns a function that stops it.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const { run } = context;
  const memory = memoryOf(run);
  const room = h("div", { class: "stack" });
  const splits = h("div", { class: "chips", role: "group", "aria-label": "Images" });
  const head = h("div");
  root.append(h("div", { class: "explore-head" }, head, splits), room);
  /** @type {Exploration | null} */
  let shown = null;
  let asked = 0;

  /** @param {string} split */
  async function open(split) {
    asked += 1;
    const current = asked;
    shown?.stop();
    shown = null;
    if (split !== memory.split) Object.assign(memory, { split, chosen: null });
    fill(splits, Object.entries(SPLITS).map(([name, text]) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(name === split), onclick: () => open(name),
    }, text)));
    fill(head, h("p", { class: "note", role: "status" }, "Computing predictions …"));
    fill(room);
    try {
      /** @type {[ImageSet, EncodedModel]} */
      const [original, model] = await Promise.all([
        openImages(run, split), api.get(`/api/runs/${encodeURIComponent(run)}/model`)]);
      if (current !== asked) return;
      shown = new Exploration(run, original, model, memory, head);
      fill(room, shown.elements);
      shown.start();
    } catch (error) {
      if (current !== asked) return;
      fill(head);
      fill(room, problemText(messageOf(error)));
    }
  }

  open(memory.split);
  context.onTheme(() => shown?.repaint());
  return () => {
    asked += 1;
    shown?.stop();
  };
}

/** The panels about the images of one split. */
class Exploration {
  /**
   * @param {string} run
   * @param {ImageSet} original the images without corruption
   * @param {EncodedModel} model
   * @param {Memory} memory
   * @param {HTMLElement} head element of the summary
   */
  constructor(run, original, model, memory, head) {
    this.images = original;
    this.model = model;
    this.memory = memory;
    this.head = head;
    this.matrix = new ConfusionMatrix(({ label, prediction }) => {
      const isOn = label === memory.filter.label && prediction === memory.filter.prediction;
      this.setFilter(isOn ? ANY : { show: "all", label, prediction });
    });
    this.pages = new ImagePages(original, (filter) => this.setFilter(filter), (index) => this.pick(index));
    this.projection = new ProjectionPanel({
      run, images: original, layers: readLayers(model.layers), names: model.members, memory: memory.projection,
      onChoose: (index) => this.pick(index),
    });
    this.detail = makeImageDetail();
    this.threshold = makeThreshold((threshold) => {
      memory.threshold = threshold;
      this.pages.setThreshold(threshold);
    });
    this.corruption = new CorruptionPanel({
      original, memory, open: (corruption) => openImages(run, original.split, corruption),
      onImages: (images) => this.showImages(images),
    });
    this.uncorrupted = h("p", { class: "note" }, "The projection shows the images without corruption.");
  }

  get elements() {
    /** @type {(name: string, heading: string, ...children: Child[]) => HTMLElement} */
    const panel = (name, heading, ...children) => h("section", { class: `panel ${name}` }, h("h2", {}, heading), children);
    return [panel("", "Image corruption", this.corruption.element), h("div", { class: "explore" },
      h("div", { class: "explore-left" },
        panel("explore-matrix", "Confusion matrix", this.matrix.element,
          h("p", { class: "note" }, "Rows: true class. Columns: predicted class. Choose a cell to see its images.")),
        panel("", "Confidence threshold", this.threshold.element)),
      panel("explore-images", "Images", this.pages.element),
      this.detail.element,
      panel("explore-projection", "Projection of a layer", this.uncorrupted, this.projection.element))];
  }

  start() {
    const { memory } = this;
    this.corruption.begin();
    this.projection.start();
    this.setFilter(memory.filter);
    if (!matchMedia("(min-width: 1000px)").matches) return;
    memory.chosen ??= chooseImages(this.images, memory.filter, memory.threshold)[0] ?? null;
    if (memory.chosen !== null) this.pick(memory.chosen);
  }

  stop() {
    this.corruption.stop();
    this.projection.stop();
  }

  repaint() {
    this.pages.repaint();
    this.projection.repaint();
    this.showDetail();
  }

  /**
   * Show images, corrupted or not, in all panels except the projection.
   * @param {ImageSet} images
   */
  showImages(images) {
    const { memory } = this;
    this.images = images;
    fill(this.head, summaryOf(images, this.model));
    this.matrix.show(images);
    this.matrix.mark(memory.filter);
    this.threshold.show(images, memory.threshold);
    this.pages.show(images, memory.filter, memory.threshold, null);
    if (memory.chosen !== null) this.pages.mark(memory.chosen);
    this.uncorrupted.hidden = !images.corruption;
    this.showDetail();
  }

  /** @param {ImageFilter} filter */
  setFilter(filter) {
    this.memory.filter = filter;
    this.matrix.mark(filter);
    this.pages.show(this.images, filter, this.memory.threshold, this.memory.chosen);
  }

  /** @param {number} index */
  pick(index) {
    this.memory.chosen = index;
    this.pages.mark(index);
    this.projection.mark(index);
    this.detail.show(this.images, index);
  }

  showDetail() {
    if (this.memory.chosen !== null && this.detail.isOpen) this.detail.show(this.images, this.memory.chosen);
  }
}

/**
 * Build the summary: the accuracy, and a note about the images.
 * @param {ImageSet} images
 * @param {EncodedModel} model
 */
function summaryOf({ shown, mistakes, count, corruption, split, looks }, model) {
  const correct = shown - mistakes;
  const part = shown < count ? ` These are the first ${number(shown)} of ${number(count)}.` : "";
  return h("div", { class: "explore-summary" },
    h("p", {}, h("b", { class: "big-number" }, percent(correct / shown)),
      h("span", {}, `accuracy: ${fraction(correct, shown)} correct, ${number(mistakes)} mistakes${corruption ? `, corrupted by ${corruption.name}` : ""}`)),
    h("p", { class: "note" }, split === "test" ? testText(looks) : validationText(model), part));
}

/** @param {number | null} evaluations */
function testText(evaluations) {
  return `Test evaluation ${number(evaluations)} of this run (logged). Compare settings on validation images instead.`;
}

/** @param {EncodedModel} model */
function validationText({ members }) {
  const origin = members.length ? "No network of this ensemble was trained on these images." : "The network was not trained on these images.";
  return `${origin} Use them to compare settings; evaluations on the test images are logged.`;
}
