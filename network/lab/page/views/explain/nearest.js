// The training digits nearest to this one: as pictures, and as the last hidden layer sees them.

import { fill, h, number } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { latestOnly } from "../../ui/latest_request.js";

const BY_PIXELS = {
  name: "As pictures", text: "How far apart the pixels are, all together; 1 is one pixel of full ink.",
};
const BY_HIDDEN = {
  name: "As the last hidden layer sees them", text: "How far apart the answers of its units are, all together.",
};

/**
 * Make the section: show(seen) asks about a picture.
 * @param {NetworkSource} source
 */
export function makeNearest({ classes, nearest }) {
  const result = h("div", { class: "stack" });
  /** @type {Explained | null} */
  let seen = null;

  const ask = latestOnly(result, async (isLatest) => {
    if (!seen) return;
    const { pixels, member, answer } = seen;
    const found = await nearest({ pixels: [...pixels], member });
    if (!isLatest()) return;
    fill(result,
      digitsRow(BY_PIXELS, found.pixels, answer, classes),
      found.hidden && digitsRow(BY_HIDDEN, found.hidden, answer, classes),
      h("p", { class: "note" }, `Of ${number(found.of)} digits that the network was trained on.`));
  });

  return {
    element: h("section", { class: "panel" }, h("h2", {}, "The nearest digits that it was trained on"), result),
    /** @param {Explained} given */
    show(given) {
      seen = given;
      ask();
    },
  };
}

/** @type {(by: {name: string, text: string}, digits: RankedDigit[], answer: number, classes: string[]) => HTMLElement} */
function digitsRow({ name, text }, digits, answer, classes) {
  const agreeing = digits.filter(({ label }) => label === answer).length;
  return h("div", { class: "near" },
    h("h3", {}, name),
    h("p", { class: "note" }, `${text} ${agreeing} of ${digits.length} are labelled ${classes[answer]}.`),
    h("div", { class: "thumbnails is-large" }, digits.map(({ pixels, label, number: distance }) =>
      h("figure", { class: `thumbnail ${label === answer ? "" : "is-other"}` },
        digitImage(pixels),
        h("figcaption", {}, h("b", {}, classes[label]), ` ${distance.toFixed(2)}`)))));
}
