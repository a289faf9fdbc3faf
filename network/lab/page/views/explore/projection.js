// The map that a layer has made of the images: which layer, by which method, of which class.

import { api, messageOf } from "../../data/api.js";
import { decode } from "../../maths/arrays.js";
import { stagesOf } from "../../maths/model.js";
import { fill, h, number, percent } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { classColour, shortName } from "../../ui/palette.js";
import { Scatter } from "../../ui/scatter.js";
import { describeImage } from "./images.js";

const AGAIN = 700; // milliseconds until a map that is being computed is asked for again
/** @type {Record<string, string>} */
const SAID = {
  pca: "PCA turns the cloud of images so that it is seen from where it is widest: a shadow, in which nothing is bent, but what lies behind each other falls together.",
  "t-sne": "t-SNE keeps neighbours together. How far groups lie apart, and how large they are, means little.",
  umap: "UMAP keeps neighbours together, and something of how groups lie to each other.",
};

/** @typedef {{layers: number | null, method: string, member?: number}} MapChoice
 *   `layers`: how many of them, from the first on, make what is mapped */

/** The map of a run's images. */
export class ProjectionPanel {
  /** @type {number | undefined} */
  timer = undefined;
  asked = 0; // counts questions: the answers to earlier ones are forgotten
  /** @type {number | null} */
  only = null; // the class that is shown alone
  /** @type {number[]} */
  placed = []; // the images that are on the map

  /**
   * @param {object} options
   * @param {string} options.run
   * @param {ImageSet} options.images
   * @param {Layer[]} options.layers
   * @param {string[]} options.names of the members of an ensemble, of which one is mapped
   * @param {MapChoice} options.memory keeps what was chosen
   * @param {(index: number) => void} options.onChoose is called for an image
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
    this.said = h("p", { class: "note" });
    this.legend = h("div", { class: "chips legend", role: "group", "aria-label": "Classes" });
    this.frame = h("div", { class: "scatter-frame" }, this.scatter.element, this.tip, this.state, makeTools(this.scatter));
    this.layerPicker = h("select", { onchange: () => this.choose({ layers: Number(this.layerPicker.value) }) });
    this.methodPicker = h("div", { class: "chips", role: "group", "aria-label": "Method" });
    this.element = h("div", { class: "stack" },
      h("div", { class: "row map-choices" },
        h("label", { class: "explore-select" }, "what is mapped", this.layerPicker),
        this.members && this.makeMemberPicker(this.members, names), this.methodPicker),
      this.frame, this.legend, this.said);
  }

  /** Show the layers that can be mapped, and ask for the map. */
  start() {
    const stages = stagesOf(this.members ? this.members[this.memory.member ?? 0] : this.layers);
    const lastHidden = stages.at(-2);
    this.memory.layers ??= lastHidden ? lastHidden.last + 1 : 0;
    /** @type {[number, string][]} */
    const choices = [[0, "the pixels"], ...stages.map((stage) => /** @type {[number, string]} */ ([stage.last + 1, stageName(stage, stages)]))];
    fill(this.layerPicker, choices.map(([value, text]) => h("option", { value, selected: value === this.memory.layers }, text)));
    this.showChoices();
    this.ask();
  }

  /** @param {number} index the image to mark */
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

  // --- what is chosen -----------------------------------------------------------------------------

  /**
   * @param {Layer[][]} members
   * @param {string[]} names
   */
  makeMemberPicker(members, names) {
    const picker = h("select", { "aria-label": "Of which network" },
      members.map((_, n) => h("option", { value: n, selected: n === this.memory.member }, names[n] ?? `network ${n + 1}`)));
    picker.onchange = () => {
      Object.assign(this.memory, { member: Number(picker.value), layers: null });
      this.start();
    };
    return h("label", { class: "explore-select" }, "of", picker);
  }

  /** @param {Partial<MapChoice>} change */
  choose(change) {
    Object.assign(this.memory, change);
    this.showChoices();
    this.ask();
  }

  /** @param {number | null} label the class to show alone */
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
    fill(this.said, this.describe());
  }

  /** Write what is on the map, how to read it, and how to install what is missing. */
  describe() {
    const { shown, mistakes: all, methods } = this.images;
    const mistakes = this.placed.filter((index) => this.images.isWrong(index)).length;
    const part = this.placed.length === shown ? ""
      : `${number(this.placed.length)} of ${number(shown)} images, ${mistakes === all ? "all" : number(mistakes)} mistakes among them. `;
    return [
      `${part}Each stands in the colour of what it shows; a red ring is a mistake. Come near to see the images themselves. `,
      SAID[this.memory.method],
      methods.filter((method) => !method.is_there).map(({ title, install }) => [` For ${title}: `, h("code", {}, install), "."]),
    ];
  }

  // --- the map ------------------------------------------------------------------------------------

  /** Ask for the map until it is there; what was asked for before is forgotten. */
  async ask() {
    clearTimeout(this.timer);
    this.asked += 1;
    const mine = this.asked;
    this.tell("Computing the map …");
    try {
      const found = await this.fetch();
      if (mine !== this.asked) return;
      if (found.places && found.which) {
        this.placed = [...decode(found.which).values];
        this.scatter.show(this.images, this.placed, decode(found.places).values);
        this.showChoices();
        this.tell("");
      } else {
        this.tell(`Computing the map … ${number(found.seconds)} s`);
        this.timer = setTimeout(() => mine === this.asked && this.ask(), AGAIN);
      }
    } catch (error) {
      if (mine === this.asked) this.tell(messageOf(error));
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
  tell(text) {
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
      h("span", { class: "note" }, `${percent(this.images.sureness[index], 1)} sure`));
    this.tip.style.left = `${Math.min(Math.max(x, 70), this.frame.clientWidth - 70)}px`;
    this.tip.style.top = `${y}px`;
    this.tip.classList.toggle("is-below", y < 170);
  }
}

/**
 * Make the buttons that zoom.
 * @param {Scatter} scatter
 */
function makeTools(scatter) {
  /** @type {(sign: Child, label: string, onclick: () => void) => HTMLElement} */
  const tool = (sign, label, onclick) => h("button", { class: "icon-button", type: "button", "aria-label": label, onclick }, sign);
  return h("div", { class: "scatter-tools" },
    tool("+", "Nearer", () => scatter.zoom(1.6)),
    tool("−", "Farther", () => scatter.zoom(1 / 1.6)),
    tool(wholeIcon(), "All of it", () => scatter.reset()));
}

/** Draw four corners: all of it is shown. */
function wholeIcon() {
  const corners = "M2 6V2h4 M10 2h4v4 M14 10v4h-4 M6 14H2v-4";
  return h("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    h("path", { d: corners, fill: "none", stroke: "currentColor", "stroke-width": 1.8 }));
}

/**
 * Name a stage: "layer 2: 30 neurons" or "layer 1: 16 maps".
 * @param {Stage} stage
 * @param {Stage[]} stages
 */
function stageName({ index, units, isImages }, stages) {
  if (index === stages.length - 1) return `the ${units} scores`;
  return `layer ${index + 1}: ${units} ${isImages ? "maps" : "neurons"}`;
}
