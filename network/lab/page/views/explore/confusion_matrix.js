// The confusion matrix: what was answered, for each class; every cell opens its images.

import { fill, h, number, percent } from "../../ui/dom.js";
import { shortName } from "../../ui/palette.js";

/** @typedef {{label: number | null, answer: number | null}} Pair null stands for any class */

/** The matrix; `onChoose(pair)` is called for a cell, a row or a column. */
export class ConfusionMatrix {
  /** @type {(Pair & {element: HTMLElement})[]} */
  buttons = [];

  /** @param {(pair: Pair) => void} onChoose */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.element = h("div", { class: "matrix-frame", "data-scrolls": "" });
  }

  /** @param {ImageSet} images */
  show(images) {
    const { classes } = images;
    const names = classes.map((_, index) => shortName(classes, index));
    const hasNames = names.some((name, k) => name !== classes[k]);
    this.buttons = [];
    fill(this.element, h("table", { class: `matrix ${hasNames ? "has-names" : ""}`, style: { "--classes": classes.length } },
      h("caption", { class: "visually-hidden" }, "How often each class was answered as each class"),
      this.headOf(classes, names),
      h("tbody", {}, names.map((name, label) => this.rowOf(images, name, label)))));
  }

  /**
   * Mark the cell, the row or the column that is chosen.
   * @param {Pair} pair
   */
  mark(pair) {
    for (const { element, label, answer } of this.buttons) {
      element.setAttribute("aria-pressed", String(label === pair.label && answer === pair.answer));
    }
  }

  /**
   * @param {string[]} classes
   * @param {string[]} names
   */
  headOf(classes, names) {
    return h("thead", {},
      h("tr", {}, h("td"), h("th", { colspan: names.length, scope: "colgroup", class: "matrix-axis" }, "answered"), h("td")),
      h("tr", {}, h("td"), names.map((name, answer) => h("th", { scope: "col" },
        this.button(name, { label: null, answer }, `All answered ${classes[answer]}`, { class: "matrix-head" }))),
      h("th", { scope: "col", class: "matrix-axis" }, "right")));
  }

  /**
   * @param {ImageSet} images
   * @param {string} name
   * @param {number} label
   */
  rowOf({ classes, confusion }, name, label) {
    const k = classes.length;
    const counts = [...confusion.subarray(label * k, (label + 1) * k)];
    const all = counts.reduce((sum, count) => sum + count, 0);
    const most = Math.max(1, ...confusion.filter((_, at) => Math.floor(at / k) !== at % k));
    const text = name === classes[label] ? name : `${name} ${classes[label]}`;
    return h("tr", {},
      h("th", { scope: "row" },
        this.button(text, { label, answer: null }, `All that show ${classes[label]}`, { class: "matrix-head" })),
      counts.map((count, answer) => this.cellOf(classes, { label, answer }, count, most)),
      h("td", { class: "matrix-axis" }, all ? percent(counts[label] / all, 1) : ""));
  }

  /**
   * Make the cell of a pair of classes; `most` is the count of the darkest mistake.
   * @param {string[]} classes
   * @param {{label: number, answer: number}} pair
   * @param {number} count
   * @param {number} most
   */
  cellOf(classes, { label, answer }, count, most) {
    const isRight = label === answer;
    if (!count) return h("td", { class: "matrix-none" }, isRight ? "0" : "·");
    const share = isRight ? 0 : 6 + 94 * (count / most) ** 0.8;
    const kind = isRight ? "is-right" : share > 60 ? "is-wrong is-many" : "is-wrong";
    const title = `${classes[label]} answered as ${classes[answer]}: ${number(count)} images`;
    return h("td", {}, this.button(String(count), { label, answer }, title, { class: kind, style: { "--share": `${share}%` } }));
  }

  /**
   * @param {string} text
   * @param {Pair} pair
   * @param {string} title
   * @param {Attributes} attributes
   */
  button(text, pair, title, attributes) {
    const element = h("button", {
      type: "button", title, "aria-label": title, "aria-pressed": "false", onclick: () => this.onChoose(pair), ...attributes,
    }, text);
    this.buttons.push({ ...pair, element });
    return element;
  }
}
