// The confusion matrix: true class by predicted class. Every cell opens its images.

import { fill, h, number, percent } from "../../ui/dom.js";
import { shortName } from "../../ui/palette.js";

/** @typedef {{label: number | null, prediction: number | null}} Pair null: any class */

/** The matrix; it calls `onChoose(pair)` for a cell, a row or a column. */
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
      h("caption", { class: "visually-hidden" }, "Number of images per true class and predicted class"),
      this.headOf(classes, names),
      h("tbody", {}, names.map((name, label) => this.rowOf(images, name, label)))));
  }

  /**
   * Mark the chosen cell, row or column.
   * @param {Pair} pair
   */
  mark(pair) {
    for (const { element, label, prediction } of this.buttons) {
      const isChosen = label === pair.label && prediction === pair.prediction;
      element.setAttribute("aria-pressed", String(isChosen));
    }
  }

  /**
   * @param {string[]} classes
   * @param {string[]} names
   */
  headOf(classes, names) {
    return h("thead", {},
      h("tr", {}, h("td"), h("th", { colspan: names.length, scope: "colgroup", class: "matrix-axis" }, "predicted class"), h("td")),
      h("tr", {}, h("td"), names.map((name, prediction) => h("th", { scope: "col" },
        this.button(name, { label: null, prediction }, `Predicted as ${classes[prediction]}`, { class: "matrix-head" }))),
      h("th", { scope: "col", class: "matrix-axis" }, "recall")));
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
        this.button(text, { label, prediction: null }, `True class ${classes[label]}`, { class: "matrix-head" })),
      counts.map((count, prediction) => this.cellOf(classes, { label, prediction }, count, most)),
      h("td", { class: "matrix-axis" }, all ? percent(counts[label] / all, 1) : ""));
  }

  /**
   * Build the cell of a pair of classes; `most` is the largest number of mistakes in a cell.
   * @param {string[]} classes
   * @param {{label: number, prediction: number}} pair
   * @param {number} count
   * @param {number} most
   */
  cellOf(classes, { label, prediction }, count, most) {
    const isCorrect = label === prediction;
    if (!count) return h("td", { class: "matrix-none" }, isCorrect ? "0" : "·");
    const share = isCorrect ? 0 : 6 + 94 * (count / most) ** 0.8;
    const kind = isCorrect ? "is-correct" : share > 60 ? "is-mistake is-many" : "is-mistake";
    const title = `${classes[label]} predicted as ${classes[prediction]}: ${number(count)} images`;
    return h("td", {}, this.button(String(count), { label, prediction }, title, { class: kind, style: { "--share": `${share}%` } }));
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
