// The smallest change that flips the prediction: the picture, the change and the result.

import { argmax } from "../../maths/arrays.js";
import { scoresOf } from "../../maths/layers.js";
import { scalePixels } from "../../maths/model.js";
import { fill, h, number } from "../../ui/dom.js";
import { figure, sign } from "../../ui/equation.js";
import { heat, limitOf } from "../../ui/heat.js";
import { latestOnly } from "../../ui/latest_request.js";
import { predictionText } from "../../ui/scores.js";

/**
 * Build the section; show(explained) computes it for a picture.
 * @param {NetworkSource} source
 */
export function makeSmallestChange({ classes, smallestChange }) {
  /** @type {Explained | null} */
  let seen = null;
  let target = 0;
  const chips = classes.map((name, k) => h("button", {
    class: "chip", type: "button", onclick() { target = k; ask(); },
  }, name));
  const result = h("div", { class: "change" });

  const ask = latestOnly(result, async (isLatest) => {
    if (!seen) return;
    const [asked, wanted] = [seen, target];
    chips.forEach((chip, k) => {
      chip.setAttribute("aria-pressed", String(k === wanted));
      chip.disabled = k === asked.prediction;
    });
    const change = await smallestChange({ pixels: [...asked.pixels], target: wanted, member: asked.member });
    if (isLatest()) fill(result, change ? picturesOf(change, asked, classes) : noChange(classes[wanted]));
  });

  return {
    element: h("section", { class: "panel" },
      h("h2", {}, "Smallest change"),
      h("div", { class: "question" }, h("span", {}, "Find smallest change to"),
        h("div", { class: "chips", role: "group", "aria-label": "Target class" }, chips)),
      result),
    /** @param {Explained} given */
    show(given) {
      if (seen?.pixels !== given.pixels || target === given.prediction) target = runnerUp(given);
      seen = given;
      ask();
    },
  };
}

/**
 * Return the class with the second highest score.
 * @param {Explained} seen
 */
function runnerUp({ values, prediction }) {
  return argmax(values.map((value, k) => (k === prediction ? -Infinity : value)));
}

/** @param {string} name of the class */
function noChange(name) {
  return h("p", { class: "note" }, `No similar image that is predicted as ${name} was found.`);
}

/**
 * @param {ChangedImage} change
 * @param {Explained} seen
 * @param {string[]} classes
 */
function picturesOf({ image, distance }, { pixels, layers, values, prediction }, classes) {
  const before = scalePixels(pixels).values;
  const difference = image.values.map((x, at) => x - before[at]);
  const after = scoresOf(layers, image);
  const levels = [...difference].map((x) => Math.round(255 * Math.abs(x)));
  const changed = levels.filter((level) => level > 0).length;
  const limit = limitOf(difference);
  return [
    h("div", { class: "equation" },
      figure(heat(before, 28, 28), predictionText(values, classes)),
      sign("+"),
      figure(heat(difference, 28, 28, { scale: "diverging", limit }),
        `Change, amplified ${number(1 / limit, 1)} times`),
      sign("="),
      figure(heat(image.values, 28, 28), predictionText(after, classes))),
    h("p", {}, `${number(changed)} pixels change, by at most ${Math.max(...levels)} of 255 grey levels. `,
      `Euclidean distance: ${number(distance, 2)} (1 means one pixel of full ink). `,
      `Can you still read ${classes[prediction]}? The network predicts ${classes[argmax(after)]}.`),
    h("p", { class: "note" },
      "The search follows the gradient of the scores and keeps every pixel between paper and full ink. ",
      "A smaller change may exist."),
  ];
}
