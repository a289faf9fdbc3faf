// The nearest training images: by pixels, and by the activations of the last hidden layer.

import { fill, h, number } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { latestOnly } from "../../ui/latest_request.js";

const BY_PIXELS = {
  name: "By pixels", text: "Euclidean distance between the pixels; 1 means one pixel of full ink.",
};
const BY_HIDDEN = {
  name: "By the last hidden layer", text: "Euclidean distance between the activations.",
};

/**
 * Build the section; show(explained) computes it for a picture.
 * @param {NetworkSource} source
 */
export function makeNearest({ classes, nearest }) {
  const result = h("div", { class: "stack" });
  /** @type {Explained | null} */
  let seen = null;

  const ask = latestOnly(result, async (isLatest) => {
    if (!seen) return;
    const { pixels, member, prediction } = seen;
    const found = await nearest({ pixels: [...pixels], member });
    if (!isLatest()) return;
    fill(result,
      digitsRow(BY_PIXELS, found.pixels, prediction, classes),
      found.hidden && digitsRow(BY_HIDDEN, found.hidden, prediction, classes),
      h("p", { class: "note" }, `From ${number(found.of)} training images.`));
  });

  return {
    element: h("section", { class: "panel" }, h("h2", {}, "Nearest training images"), result),
    /** @param {Explained} given */
    show(given) {
      seen = given;
      ask();
    },
  };
}

/** @type {(by: {name: string, text: string}, digits: RankedDigit[], prediction: number, classes: string[]) => HTMLElement} */
function digitsRow({ name, text }, digits, prediction, classes) {
  const agreeing = digits.filter(({ label }) => label === prediction).length;
  return h("div", { class: "near" },
    h("h3", {}, name),
    h("p", { class: "note" }, `${text} ${agreeing} of ${digits.length} have the label ${classes[prediction]}.`),
    h("div", { class: "thumbnails is-large" }, digits.map(({ pixels, label, number: distance }) =>
      h("figure", { class: `thumbnail ${label === prediction ? "" : "is-other"}` },
        digitImage(pixels),
        h("figcaption", {}, h("b", {}, classes[label]), ` ${distance.toFixed(2)}`)))));
}
