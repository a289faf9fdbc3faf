// The smallest change that turns the answer into another: the change and the result, side by side.

import { argmax } from "../../maths/arrays.js";
import { scoresOf } from "../../maths/layers.js";
import { scalePixels } from "../../maths/model.js";
import { fill, h, number } from "../../ui/dom.js";
import { figure, sign } from "../../ui/equation.js";
import { heat, limitOf } from "../../ui/heat.js";
import { latestOnly } from "../../ui/latest_request.js";
import { answerText } from "../../ui/scores.js";

/**
 * Make the section: show(seen) asks about a picture.
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
      chip.disabled = k === asked.answer;
    });
    const change = await smallestChange({ pixels: [...asked.pixels], target: wanted, member: asked.member });
    if (isLatest()) fill(result, change ? picturesOf(change, asked, classes) : noChange(classes[wanted]));
  });

  return {
    element: h("section", { class: "panel" },
      h("h2", {}, "The smallest change that makes it another digit"),
      h("div", { class: "question" }, h("span", {}, "Make it"),
        h("div", { class: "chips", role: "group", "aria-label": "The other digit" }, chips)),
      result),
    /** @param {Explained} given */
    show(given) {
      if (seen?.pixels !== given.pixels || target === given.answer) target = runnerUp(given);
      seen = given;
      ask();
    },
  };
}

/**
 * Return the class with the highest score but one.
 * @param {Explained} seen
 */
function runnerUp({ values, answer }) {
  return argmax(values.map((value, k) => (k === answer ? -Infinity : value)));
}

/** @param {string} name of the class */
function noChange(name) {
  return h("p", { class: "note" }, `No way to ${name} was found from here by small steps.`);
}

/**
 * @param {ChangedImage} change
 * @param {Explained} seen
 * @param {string[]} classes
 */
function picturesOf({ image, distance }, { pixels, layers, values, answer }, classes) {
  const before = scalePixels(pixels).values;
  const difference = image.values.map((x, at) => x - before[at]);
  const after = scoresOf(layers, image);
  const levels = [...difference].map((x) => Math.round(255 * Math.abs(x)));
  const changed = levels.filter((level) => level > 0).length;
  const limit = limitOf(difference);
  return [
    h("div", { class: "equation" },
      figure(heat(before, 28, 28), answerText(values, classes)),
      sign("+"),
      figure(heat(difference, 28, 28, { scale: "diverging", limit }),
        `The change, made ${number(1 / limit, 1)} times as strong to be seen`),
      sign("="),
      figure(heat(image.values, 28, 28), answerText(after, classes))),
    h("p", {}, `${number(changed)} pixels change, the most by ${Math.max(...levels)} of 255 grey levels; `,
      `all changes together are as long as ${number(distance, 2)} pixels of full ink. `,
      `Do you still read ${classes[answer]}? The network reads ${classes[argmax(after)]}.`),
    h("p", { class: "note" },
      "The way follows the slope of the network's scores, step by step, with every pixel kept between paper and full ink. ",
      "There may be a smaller change that it did not find."),
  ];
}
