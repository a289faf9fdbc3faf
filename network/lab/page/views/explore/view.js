// Explore: the images that a network has not been trained on, its mistakes first, and its map of them.

import { api, messageOf } from "../../data/api.js";
import { readLayers } from "../../maths/model.js";
import { fill, h, number, percent, problemText } from "../../ui/dom.js";
import { ConfusionMatrix } from "./confusion_matrix.js";
import { CorruptionPanel } from "./corruption.js";
import { makeImageDetail } from "./image_detail.js";
import { ImagePages } from "./image_pages.js";
import { chooseImages, openImages } from "./images.js";
import { ProjectionPanel } from "./projection.js";
import { makeThreshold } from "./threshold.js";

export const title = "Explore";
export const about = "Images that the network was not trained on: its mistakes first, what it takes for what, and the map that its layers make.";

const SPLITS = { "held-out": "Held-out images", test: "Test images" };
/** @type {ImageFilter} */
const ANY = { show: "all", label: null, answer: null };

/**
 * What was chosen for a run: it is there again when one comes back.
 * @typedef {object} Memory
 * @property {string} split
 * @property {ImageFilter} filter
 * @property {number} threshold
 * @property {Corruption | null} damage
 * @property {number | null} chosen
 * @property {{layers: number | null, method: string, member?: number}} map of a layer
 */

/** @type {Map<string, Memory>} */
const memories = new Map();

/**
 * @param {string} run
 * @returns {Memory}
 */
function memoryOf(run) {
  const fresh = { split: "held-out", filter: ANY, threshold: 0, damage: null, chosen: null, map: { layers: null, method: "pca" } };
  const memory = memories.get(run) ?? fresh;
  memories.set(run, memory);
  return memory;
}

/**
 * Show the view; returns the function that takes it away.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const { run } = context;
  const memory = memoryOf(run);
  const room = h("div", { class: "stack" });
  const splits = h("div", { class: "chips", role: "group", "aria-label": "Which images" });
  const head = h("div");
  root.append(h("div", { class: "explore-head" }, head, splits), room);
  /** @type {Exploration | null} */
  let shown = null;
  let asked = 0;

  /** @param {string} split */
  async function open(split) {
    asked += 1;
    const mine = asked;
    shown?.stop();
    shown = null;
    if (split !== memory.split) Object.assign(memory, { split, chosen: null });
    fill(splits, Object.entries(SPLITS).map(([name, text]) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(name === split), onclick: () => open(name),
    }, text)));
    fill(head, h("p", { class: "note", role: "status" }, "The network answers them all …"));
    fill(room);
    try {
      /** @type {[ImageSet, EncodedModel]} */
      const [plain, model] = await Promise.all([
        openImages(run, split), api.get(`/api/runs/${encodeURIComponent(run)}/model`)]);
      if (mine !== asked) return;
      shown = new Exploration(run, plain, model, memory, head);
      fill(room, shown.elements);
      shown.start();
    } catch (error) {
      if (mine !== asked) return;
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
   * @param {ImageSet} plain the images as they are
   * @param {EncodedModel} model
   * @param {Memory} memory
   * @param {HTMLElement} head where the summary stands
   */
  constructor(run, plain, model, memory, head) {
    this.images = plain;
    this.model = model;
    this.memory = memory;
    this.head = head;
    this.matrix = new ConfusionMatrix(({ label, answer }) => {
      const isOn = label === memory.filter.label && answer === memory.filter.answer;
      this.setFilter(isOn ? ANY : { show: "all", label, answer });
    });
    this.pages = new ImagePages(plain, (filter) => this.setFilter(filter), (index) => this.pick(index));
    this.map = new ProjectionPanel({
      run, images: plain, layers: readLayers(model.layers), names: model.members, memory: memory.map,
      onChoose: (index) => this.pick(index),
    });
    this.detail = makeImageDetail();
    this.threshold = makeThreshold((threshold) => {
      memory.threshold = threshold;
      this.pages.setThreshold(threshold);
    });
    this.damage = new CorruptionPanel({
      plain, memory, open: (damage) => openImages(run, plain.split, damage), onImages: (images) => this.showImages(images),
    });
    this.undamaged = h("p", { class: "note" }, "The map is of the images as they are, without the damage.");
  }

  get elements() {
    /** @type {(name: string, heading: string, ...children: Child[]) => HTMLElement} */
    const panel = (name, heading, ...children) => h("section", { class: `panel ${name}` }, h("h2", {}, heading), children);
    return [panel("", "Damage the images", this.damage.element), h("div", { class: "explore" },
      h("div", { class: "explore-left" },
        panel("explore-matrix", "What it takes for what", this.matrix.element,
          h("p", { class: "note" }, "A row is what the images show. Choose a cell to see its images.")),
        panel("", "Leave the doubtful ones out", this.threshold.element)),
      panel("explore-images", "The images", this.pages.element),
      this.detail.element,
      panel("explore-map", "The map of a layer", this.undamaged, this.map.element))];
  }

  start() {
    const { memory } = this;
    this.damage.begin();
    this.map.start();
    this.setFilter(memory.filter);
    if (!matchMedia("(min-width: 1000px)").matches) return;
    memory.chosen ??= chooseImages(this.images, memory.filter, memory.threshold)[0] ?? null;
    if (memory.chosen !== null) this.pick(memory.chosen);
  }

  stop() {
    this.damage.stop();
    this.map.stop();
  }

  repaint() {
    this.pages.repaint();
    this.map.repaint();
    this.showDetail();
  }

  /**
   * Show other images in all parts but the map: the same ones, damaged or not.
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
    this.undamaged.hidden = !images.damage;
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
    this.map.mark(index);
    this.detail.show(this.images, index);
  }

  showDetail() {
    if (this.memory.chosen !== null && this.detail.isOpen) this.detail.show(this.images, this.memory.chosen);
  }
}

/**
 * Write how many were right, and what these images are.
 * @param {ImageSet} images
 * @param {EncodedModel} model
 */
function summaryOf({ shown, mistakes, count, damage, split, looks }, model) {
  const right = shown - mistakes;
  const part = shown < count ? ` These are the first ${number(shown)} of ${number(count)}.` : "";
  return h("div", { class: "explore-summary" },
    h("p", {}, h("b", { class: "big-number" }, percent(right / shown)),
      h("span", {}, `${number(right)} of ${number(shown)} right, ${number(mistakes)} mistakes${damage ? `, damaged by ${damage.name}` : ""}`)),
    h("p", { class: "note" }, split === "test" ? looksText(looks) : heldOutText(model), part));
}

/** @param {number | null} looks */
function looksText(looks) {
  const times = looks === 1 ? "This is the first time" : `This is look ${number(looks)}`;
  return `${times} of this run at its test images, and it is written down: whoever chooses by them trains on them.`;
}

/** @param {EncodedModel} model */
function heldOutText(model) {
  if (model.members.length) {
    return "None of its networks was trained on these: look as often as you like. Every look at test images is counted.";
  }
  return "Held out of the training, to choose by: look as often as you like. Every look at test images is counted.";
}
