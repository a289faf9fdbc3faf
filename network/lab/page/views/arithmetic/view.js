// Arithmetic: one image through one layer after the other, number by number, to the answer.

import { messageOf } from "../../data/api.js";
import { leaveAsked, picture, takeAsked, takeDigit } from "../../data/picture.js";
import { openSource } from "../../data/source.js";
import { forward } from "../../maths/layers.js";
import { layersOf, scalePixels } from "../../maths/model.js";
import { fill, h, problemText } from "../../ui/dom.js";
import { drawDigit } from "../../ui/heat.js";
import { makeMembers } from "../../ui/members.js";
import { makeCellPicker } from "./cell_picker.js";
import { followedCell } from "./followed_cell.js";
import { LessonPanel } from "./lesson.js";

export const title = "Arithmetic";
export const about = "One image on its way through the network, number by number, to the answer.";

/**
 * Show the view; returns the function that takes it away.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const room = h("div", { class: "stack" }, h("p", { class: "note" }, "Fetching the network …"));
  root.append(room);
  /** @type {Walk | null} */
  let walk = null;
  openSource(context).then(async (source) => {
    if (!(await takeAsked(source)) && !picture.pixels) await takeHeldOut(source, 0);
    if (!room.isConnected) return;
    walk = new Walk(source);
    fill(room, walk.elements);
    walk.see();
    context.onTheme(() => walk?.repaint());
  }).catch((error) => fill(room, problemText(messageOf(error))));
  return () => walk?.lesson.stop();
}

/**
 * Take a digit that the network was not trained on; null: any.
 * @param {NetworkSource} source
 * @param {number | null} index
 */
async function takeHeldOut(source, index) {
  const { pixels, label } = await source.digit("held-out", index);
  takeDigit(pixels, label);
}

/** The way of the picture through a network: at one layer, about one of its numbers. */
class Walk {
  /** @type {NdArray[]} */
  outputs = [];
  index = 0;
  cell = 0;

  /** @param {NetworkSource} source */
  constructor(source) {
    this.source = source;
    this.layers = source.layers;
    this.canvas = h("canvas", { role: "img", "aria-label": "The picture" });
    this.caption = h("figcaption");
    this.chain = h("nav", { class: "chain", "aria-label": "Layers", "data-scrolls": "" });
    this.picker = makeCellPicker((cell) => this.go(this.index, cell));
    this.lesson = new LessonPanel((by) => this.leave(by));
    this.members = makeMembers(source, (member) => {
      this.layers = layersOf(source.layers, member);
      this.index = 0;
      this.see();
    });
  }

  get elements() {
    const another = h("button", { class: "button", type: "button", onclick: () => this.showAnother() }, "Another one");
    return [this.chain, h("div", { class: "arithmetic" },
      this.lesson.element,
      h("aside", { class: "stack arithmetic-side" },
        h("figure", { class: "figure arithmetic-picture" }, this.canvas, this.caption,
          h("div", { class: "row" }, another, h("a", { class: "button", href: "#draw" }, "Draw one"))),
        this.members.element,
        this.picker.element))];
  }

  async showAnother() {
    try {
      await takeHeldOut(this.source, null);
      leaveAsked();
      this.see();
    } catch (error) {
      this.caption.textContent = messageOf(error);
    }
  }

  /** Let the picture go through the network. */
  see() {
    const x = scalePixels(picture.pixels ?? new Uint8Array(784));
    this.outputs = forward(this.layers, x);
    this.members.show(x);
    this.drawPicture();
    this.caption.textContent = picture.label === null ? "Your drawing" : `It shows ${this.source.classes[picture.label]}`;
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
   * Show the lesson of a layer, about one of its numbers: the same as before if that is possible.
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
    const names = [...this.layers.map(({ kind }) => kind), "Answer"];
    const buttons = names.map((name, index) => h("button", {
      type: "button", "aria-current": index === this.index ? "step" : null, onclick: () => this.go(index),
    }, name, h("small", {}, index < this.layers.length ? this.outputs[index + 1].shape.join(" × ") : "")));
    fill(this.chain, buttons);
    const here = buttons[this.index];
    this.chain.scrollTo({
      left: here.offsetLeft - this.chain.clientWidth / 2 + here.clientWidth / 2, behavior: "smooth",
    });
  }

  /** Draw all of it in the colours of now. */
  repaint() {
    this.drawPicture();
    this.go(this.index, this.cell, this.lesson.step);
  }
}
