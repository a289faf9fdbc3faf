// Step by step: one image through every layer, number by number, up to the prediction.

import { messageOf } from "../../data/api.js";
import { clearAddress, loadFromAddress, picture, setDigit } from "../../data/picture.js";
import { openSource } from "../../data/source.js";
import { forward } from "../../maths/layers.js";
import { layersOf, scalePixels } from "../../maths/model.js";
import { fill, h, problemText } from "../../ui/dom.js";
import { drawDigit } from "../../ui/heat.js";
import { makeMembers } from "../../ui/members.js";
import { makeCellPicker } from "./cell_picker.js";
import { followedCell } from "./followed_cell.js";
import { LessonPanel } from "./lesson.js";
import { shapeText } from "./names.js";

export const title = "Step by step";
export const about = "Follow one image through the network, number by number.";

/**
 * Show the view; returns a function that stops it.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const room = h("div", { class: "stack" }, h("p", { class: "note" }, "Loading the network …"));
  root.append(room);
  /** @type {Walk | null} */
  let walk = null;
  openSource(context).then(async (source) => {
    if (!(await loadFromAddress(source)) && !picture.pixels) await loadValidationImage(source, 0);
    if (!room.isConnected) return;
    walk = new Walk(source);
    fill(room, walk.elements);
    walk.compute();
    context.onTheme(() => walk?.repaint());
  }).catch((error) => fill(room, problemText(messageOf(error))));
  return () => walk?.lesson.stop();
}

/**
 * Load a validation image; null: a random one.
 * @param {NetworkSource} source
 * @param {number | null} index
 */
async function loadValidationImage(source, index) {
  const { pixels, label } = await source.digit("held-out", index);
  setDigit(pixels, label);
}

/** The walk of a picture through a network: the current layer, and one of its numbers. */
class Walk {
  /** @type {NdArray[]} */
  outputs = [];
  index = 0;
  cell = 0;

  /** @param {NetworkSource} source */
  constructor(source) {
    this.source = source;
    this.layers = source.layers;
    this.canvas = h("canvas", { role: "img", "aria-label": "Picture" });
    this.caption = h("figcaption");
    this.chain = h("nav", { class: "chain", "aria-label": "Layers", "data-scrolls": "" });
    this.picker = makeCellPicker((cell) => this.go(this.index, cell));
    this.lesson = new LessonPanel((by) => this.leave(by));
    this.members = makeMembers(source, (member) => {
      this.layers = layersOf(source.layers, member);
      this.index = 0;
      this.compute();
    });
  }

  get elements() {
    const another = h("button", { class: "button", type: "button", onclick: () => this.showAnother() }, "Show another digit");
    return [this.chain, h("div", { class: "arithmetic" },
      this.lesson.element,
      h("aside", { class: "stack arithmetic-side" },
        h("figure", { class: "figure arithmetic-picture" }, this.canvas, this.caption,
          h("div", { class: "row" }, another, h("a", { class: "button", href: "#draw" }, "Draw a digit"))),
        this.members.element,
        this.picker.element))];
  }

  async showAnother() {
    try {
      await loadValidationImage(this.source, null);
      clearAddress();
      this.compute();
    } catch (error) {
      this.caption.textContent = messageOf(error);
    }
  }

  /** Compute the outputs of every layer for the picture. */
  compute() {
    const x = scalePixels(picture.pixels ?? new Uint8Array(784));
    this.outputs = forward(this.layers, x);
    this.members.show(x);
    this.drawPicture();
    this.caption.textContent = picture.label === null ? "Your drawing" : `True class ${this.source.classes[picture.label]}`;
    this.go(Math.min(this.index, this.layers.length));
  }

  drawPicture() {
    drawDigit(this.canvas, picture.pixels ?? new Uint8Array(784));
  }

  /** @param {1 | -1} by */
  leave(by) {
    const index = this.index + by;
    if (index >= 0 && index <= this.layers.length) this.go(index, null, by < 0 ? Infinity : 0);
  }

  /**
   * Show the lesson of a layer for one of its numbers, the same as before if possible.
   * @param {number} index
   * @param {number | null} cell
   * @param {number} step of the lesson
   */
  go(index, cell = null, step = 0) {
    this.cell = cell ?? followedCell(this.layers, this.outputs, this, index);
    this.index = index;
    const { layers, outputs, source: { classes, members } } = this;
    const topic = { layers, outputs, index, cell: this.cell, classes, members, label: picture.label };
    this.showChain();
    this.picker.element.hidden = index === layers.length;
    if (index < layers.length) this.picker.show(topic);
    this.lesson.show(topic, step);
    if (this.chain.getBoundingClientRect().top < 0) this.chain.scrollIntoView({ block: "start" });
  }

  showChain() {
    const names = [...this.layers.map(({ kind }) => kind), "Prediction"];
    const buttons = names.map((name, index) => h("button", {
      type: "button", "aria-current": index === this.index ? "step" : null, onclick: () => this.go(index),
    }, name, h("small", {}, index < this.layers.length ? shapeText(this.outputs[index + 1].shape) : "")));
    fill(this.chain, buttons);
    const here = buttons[this.index];
    this.chain.scrollTo({
      left: here.offsetLeft - this.chain.clientWidth / 2 + here.clientWidth / 2, behavior: "smooth",
    });
  }

  /** Draw the view in the colours of the current theme. */
  repaint() {
    this.drawPicture();
    this.go(this.index, this.cell, this.lesson.step);
  }
}
