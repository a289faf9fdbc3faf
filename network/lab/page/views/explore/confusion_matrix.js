// The confusion matrix: what was answered, for each class; every cell opens its images.

import { fill, h, number, percent } from "../../ui/dom.js";
import { shortName } from "../../ui/palette.js";

/** Make the matrix. `onChoose({label, answer})` is called; null stands for any class. */
export function makeMatrix(onChoose) {
  const element = h("div", { class: "matrix-frame", "data-scrolls": "" });
  let cells = [];

  function show(data) {
    const k = data.classes.length;
    const names = data.classes.map((_, index) => shortName(data.classes, index));
    const most = Math.max(1, ...data.confusion.filter((_, at) => Math.floor(at / k) !== at % k));
    cells = [];
    const button = (text, choice, label, attributes = {}) => {
      const made = h("button", {
        type: "button", title: label, "aria-label": label, "aria-pressed": "false", onclick: () => onChoose(choice), ...attributes,
      }, text);
      cells.push({ ...choice, element: made });
      return made;
    };
    const rightOf = (label) => {
      const all = data.confusion.subarray(label * k, (label + 1) * k).reduce((sum, count) => sum + count, 0);
      return all ? percent(data.confusion[label * k + label] / all, 1) : "";
    };
    const cell = (label, answer) => {
      const count = data.confusion[label * k + answer];
      const isRight = label === answer;
      if (!count) return h("td", { class: "matrix-none" }, isRight ? "0" : "·");
      const share = isRight ? 0 : 6 + 94 * (count / most) ** 0.8;
      return h("td", {}, button(String(count), { label, answer },
        `${data.classes[label]} answered as ${data.classes[answer]}: ${number(count)} images`,
        { class: isRight ? "is-right" : share > 60 ? "is-wrong is-many" : "is-wrong", style: { "--share": `${share}%` } }));
    };
    fill(element, h("table", { class: `matrix ${names.every((name, k) => name === data.classes[k]) ? "" : "has-names"}`, style: { "--classes": k } },
      h("caption", { class: "visually-hidden" }, "How often each class was answered as each class"),
      h("thead", {},
        h("tr", {}, h("td", {}), h("th", { colspan: k, scope: "colgroup", class: "matrix-axis" }, "answered"), h("td", {})),
        h("tr", {}, h("td", {}), names.map((name, answer) => h("th", { scope: "col" },
          button(name, { label: null, answer }, `All answered ${data.classes[answer]}`, { class: "matrix-head" }))),
          h("th", { scope: "col", class: "matrix-axis" }, "right"))),
      h("tbody", {}, names.map((name, label) => h("tr", {},
        h("th", { scope: "row" },
          button(name === data.classes[label] ? name : `${name} ${data.classes[label]}`, { label, answer: null }, `All that show ${data.classes[label]}`, { class: "matrix-head" })),
        names.map((_, answer) => cell(label, answer)),
        h("td", { class: "matrix-axis" }, rightOf(label)))))));
  }

  /** Mark the cell, the row or the column that is chosen. */
  function mark(filter) {
    for (const { element, label, answer } of cells) {
      const isChosen = label === filter.label && answer === filter.answer;
      element.setAttribute("aria-pressed", String(isChosen));
    }
  }

  return { element, show, mark };
}
