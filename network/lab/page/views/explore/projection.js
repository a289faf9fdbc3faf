// The projection of images by the outputs of a layer: a choice of layer, method and class.

import { api, messageOf } from "../../data/api.js";
import { decode } from "../../maths/arrays.js";
import { blocksOf } from "../../maths/model.js";
import { confidenceText, fill, h, number } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { classColour, shortName } from "../../ui/palette.js";
import { Scatter } from "../../ui/scatter.js";
import { describeImage } from "./images.js";

const POLL = 700; // milliseconds between two requests for a projection that is being computed
/** @type {Record<string, string>} */
const METHOD_NOTES = {
  pca: "PCA projects the images onto the two directions in which they vary most. Points that overlap here may be far apart.",
  "t-sne": "t-SNE keeps neighbours together. Distances between groups and sizes of groups mean little.",
  umap: "UMAP keeps neighbours together, and partly the arrangement of groups.",
};

/** @typedef {{layers: number | null, method: string, member?: number}} ProjectionChoice
 *   `layers`: number of layers, from the first, whose output is projected */

/** The panel with the projection of the images of a run. */
export class ProjectionPanel {
  /** @type {number | undefined} */
  timer = undefined;
  asked = 0; // number of requests; responses to earlier ones are ignored
  /** @type {number | null} */
  only = null; // highlighted class
  /** @type {number[]} */
  placed = []; // projected images

  /**
   * @param {object} options
   * @param {string} options.run
   * @param {ImageSet} options.images
   * @param {Layer[]} options.layers
   * @param {string[]} options.names of the members of an ensemble; one of them is projected
   * @param {ProjectionChoice} options.memory keeps the choice
   * @param {(index: number) => void} options.onChoose called for an image
   */
  constructor({ run, images, layers, names, memory, onChoose }) {
    this.run = run;
    this.images = images;
    this.layers = layers;
    this.members = layers[0].members;
    this.memory = memory;
    if (this.members) memory.member ??= 0;
    this.scatter = new Scatter({ onHover: (index, x, y) => this.showTip(index, x, y), onChoose });
    this.tip = h("div", { class: "scatter-tip", hidden: true });
    this.state = h("p", { class: "scatter-state", role: "status", hidden: true });
    this.note = h("p", { class: "note" });
    this.legend = h("div", { class: "chips legend", role: "group", "aria-label": "Classes" });
    this.frame = h("div", { class: "scatter-frame" }, this.scatter.element, this.tip, this.state, makeTools(this.scatter));
    this.layerPicker = h("select", { onchange: () => this.choose({ layers: Number(this.layerPicker.value) }) });
    this.methodPicker = h("div", { class: "chips", role: "group", "aria-label": "Method" });
    this.element = h("div", { class: "stack" },
      h("div", { class: "row projection-choices" },
        h("label", { class: "explore-select" }, "Layer", this.layerPicker),
        this.members && this.makeMemberPicker(this.members, names), this.methodPicker),
      this.frame, this.legend, this.note);
  }

  /** List the layers, and request the projection. */
  start() {
    const blocks = blocksOf(this.members ? this.members[this.memory.member ?? 0] : this.layers);
    const lastHidden = blocks.at(-2);
    this.memory.layers ??= lastHidden ? lastHidden.last + 1 : 0;
    /** @type {[number, string][]} */
    const choices = [[0, "Pixels"], ...blocks.map((block) => /** @type {[number, string]} */ ([block.last + 1, blockName(block, blocks)]))];
    fill(this.layerPicker, choices.map(([value, text]) => h("option", { value, selected: value === this.memory.layers }, text)));
    this.showChoices();
    this.request();
  }

  /** @param {number} index of the image to mark */
  mark(index) {
    this.scatter.choose(index);
  }

  repaint() {
    this.scatter.repaint();
    this.showChoices();
  }

  stop() {
    this.asked += 1;
    clearTimeout(this.timer);
  }

  // --- choices ------------------------------------------------------------------------------------

  /**
   * @param {Layer[][]} members
   * @param {string[]} names
   */
  makeMemberPicker(members, names) {
    const picker = h("select", { "aria-label": "Network" },
      members.map((_, n) => h("option", { value: n, selected: n === this.memory.member }, names[n] ?? `Network ${n + 1}`)));
    picker.onchange = () => {
      Object.assign(this.memory, { member: Number(picker.value), layers: null });
      this.start();
    };
    return h("label", { class: "explore-select" }, "Network", picker);
  }

  /** @param {Partial<ProjectionChoice>} change */
  choose(change) {
    Object.assign(this.memory, change);
    this.showChoices();
    this.request();
  }

  /** @param {number | null} label class to highlight; null: all classes */
  keep(label) {
    this.only = label;
    this.scatter.keep(label);
    this.showChoices();
  }

  showChoices() {
    const { classes, methods } = this.images;
    fill(this.methodPicker, methods.map(({ name, title, is_there, install }) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(name === this.memory.method), disabled: !is_there,
      title: is_there ? null : `Not installed: ${install}`, onclick: () => this.choose({ method: name }),
    }, title)));
    fill(this.legend, classes.map((name, index) => {
      const [short, isOnly] = [shortName(classes, index), this.only === index];
      return h("button", {
        class: "chip", type: "button", "aria-pressed": String(isOnly), onclick: () => this.keep(isOnly ? null : index),
      }, h("b", { style: { color: classColour(index) } }, short), name !== short && name);
    }));
    fill(this.note, this.describe());
  }

  /** Describe the projection, how to read it, and how to install missing methods. */
  describe() {
    const { shown, mistakes: all, methods } = this.images;
    const mistakes = this.placed.filter((index) => this.images.isMistake(index)).length;
    const part = this.placed.length === shown ? ""
      : `${number(this.placed.length)} of ${number(shown)} images, with ${mistakes === all ? "all" : number(mistakes)} mistakes. `;
    return [
      `${part}The colour is the true class; a red ring is a mistake. Zoom in to see the images. `,
      METHOD_NOTES[this.memory.method],
      methods.filter((method) => !method.is_there).map(({ title, install }) => [` To install ${title}: `, h("code", {}, install), "."]),
    ];
  }

  // --- projection ---------------------------------------------------------------------------------

  /** Request the projection until it is computed; earlier requests are ignored. */
  async request() {
    clearTimeout(this.timer);
    this.asked += 1;
    const current = this.asked;
    this.setState("Computing the projection …");
    try {
      const found = await this.fetch();
      if (current !== this.asked) return;
      if (found.places && found.which) {
        this.placed = [...decode(found.which).values];
        this.scatter.show(this.images, this.placed, decode(found.places).values);
        this.showChoices();
        this.setState("");
      } else {
        this.setState(`Computing the projection … ${number(found.seconds)} s`);
        this.timer = setTimeout(() => current === this.asked && this.request(), POLL);
      }
    } catch (error) {
      if (current === this.asked) this.setState(messageOf(error));
    }
  }

  /** @returns {Promise<{seconds: number, which: EncodedArray<"int32"> | null, places: EncodedArray | null}>} */
  fetch() {
    const { layers, method, member } = this.memory;
    const query = new URLSearchParams({
      split: this.images.split, layers: String(layers), method, ...(this.members && { member: String(member) }),
    });
    return api.get(`/api/runs/${encodeURIComponent(this.run)}/map?${query}`);
  }

  /** @param {string} text */
  setState(text) {
    this.state.textContent = text;
    this.state.hidden = !text;
    this.frame.classList.toggle("is-waiting", Boolean(text));
  }

  /**
   * Show the image under the pointer.
   * @param {number | null} index
   * @param {number} x
   * @param {number} y
   */
  showTip(index, x, y) {
    this.tip.hidden = index === null;
    if (index === null) return;
    fill(this.tip, digitImage(this.images.pixels(index)), h("span", {}, describeImage(this.images, index)),
      h("span", { class: "note" }, `confidence ${confidenceText(this.images.confidence[index])}`));
    this.tip.style.left = `${Math.min(Math.max(x, 70), this.frame.clientWidth - 70)}px`;
    this.tip.style.top = `${y}px`;
    this.tip.classList.toggle("is-below", y < 170);
  }
}

/**
 * Build the zoom buttons.
 * @param {Scatter} scatter
 */
function makeTools(scatter) {
  /** @type {(sign: Child, label: string, onclick: () => void) => HTMLElement} */
  const tool = (sign, label, onclick) => h("button", { class: "icon-button", type: "button", "aria-label": label, onclick }, sign);
  return h("div", { class: "scatter-tools" },
    tool("+", "Zoom in", () => scatter.zoom(1.6)),
    tool("−", "Zoom out", () => scatter.zoom(1 / 1.6)),
    tool(wholeIcon(), "Show all", () => scatter.reset()));
}

/** Draw the icon of the button that shows everything: four corners. */
function wholeIcon() {
  const corners = "M2 6V2h4 M10 2h4v4 M14 10v4h-4 M6 14H2v-4";
  return h("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    h("path", { d: corners, fill: "none", stroke: "currentColor", "stroke-width": 1.8 }));
}

/**
 * Name a block: "Layer 2 (Linear): 30 neurons" or "Layer 1 (Conv2D): 16 maps".
 * @param {Block} block
 * @param {Block[]} blocks
 */
function blockName({ index, layer, first, units, isImages }, blocks) {
  const unit = index === blocks.length - 1 ? "scores" : isImages ? "maps" : "neurons";
  return `Layer ${first + 1} (${layer.kind}): ${units} ${unit}`;
}
