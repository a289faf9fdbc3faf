// What each pixel added to the answer, over the digit; by one of two methods.

import { lastOf } from "../../maths/arrays.js";
import { withoutOutputActivation } from "../../maths/explanations.js";
import { forward } from "../../maths/layers.js";
import { scalePixels } from "../../maths/model.js";
import { fill, h, signed } from "../../ui/dom.js";
import { digitImage, heat, limitOf } from "../../ui/heat.js";
import { latestOnly } from "../../ui/latest_request.js";

/** @type {Record<string, {name: string, text: string}>} */
const METHODS = {
  "integrated-gradients": {
    name: "Integrated gradients",
    text: "The slope of the score at each pixel, averaged on the way from a blank page to this picture, times the "
      + "ink. These numbers add up to the difference that the ink makes.",
  },
  "gradient-times-input": {
    name: "Gradient times input",
    text: "The slope of the score at each pixel of this very picture, times the ink. It is exact for small changes "
      + "only: where the score is curved, the numbers add up to something else.",
  },
};

/**
 * Make the section: show(seen) asks about a picture.
 * @param {NetworkSource} source
 */
export function makeAttribution({ classes, contributions }) {
  /** @type {Explained | null} */
  let seen = null;
  let [target, method] = [0, "integrated-gradients"];
  /** @type {number | null} */
  let against = null;
  const targets = h("select", { "aria-label": "Why this class" });
  const rivals = h("select", { "aria-label": "Rather than" });
  const methods = Object.entries(METHODS).map(([key, { name }]) => h("button", {
    class: "chip", type: "button", "data-method": key,
    onclick() { method = key; ask(); },
  }, name));
  const result = h("div", { class: "contributions" });
  targets.onchange = () => { target = Number(targets.value); ask(); };
  rivals.onchange = () => { against = rivals.value === "" ? null : Number(rivals.value); ask(); };

  const ask = latestOnly(result, async (isLatest) => {
    if (!seen) return;
    if (against === target) against = null;
    fill(targets, optionsOf(classes, target));
    fill(rivals, h("option", { value: "", selected: against === null }, "anything else"), optionsOf(classes, against, target));
    for (const button of methods) button.setAttribute("aria-pressed", String(button.dataset.method === method));
    const question = { pixels: [...seen.pixels], target, against, method, member: seen.member };
    const [asked, { values }] = [seen, await contributions(question)];
    if (isLatest()) fill(result, pictureOf(values, asked), factsOf(values, asked, question, classes));
  });

  return {
    element: h("section", { class: "panel" },
      h("h2", {}, "What spoke for it, and what against"),
      h("div", { class: "question" },
        h("span", {}, "Why"), targets, h("span", {}, "rather than"), rivals,
        h("div", { class: "chips", role: "group", "aria-label": "Method" }, methods)),
      result),
    /** @param {Explained} given */
    show(given) {
      if (seen?.pixels !== given.pixels || seen.answer !== given.answer) [target, against] = [given.answer, null];
      seen = given;
      ask();
    },
  };
}

/**
 * @param {string[]} classes
 * @param {number | null} chosen
 * @param {number | null} without the class that is left out
 */
function optionsOf(classes, chosen, without = null) {
  return classes.map((name, k) => k !== without && h("option", { value: k, selected: k === chosen }, name));
}

/**
 * Lay what each pixel added over the digit.
 * @param {Float32Array} added
 * @param {Explained} seen
 */
function pictureOf(added, { pixels }) {
  return h("figure", { class: "figure" },
    h("div", { class: "over" },
      digitImage(pixels),
      heat(added, 28, 28, { scale: "diverging", limit: limitOf(added) })),
    h("figcaption", { class: "legend" },
      h("span", { class: "legend-against" }, "spoke against"),
      h("span", { class: "legend-bar", "aria-hidden": "true" }),
      h("span", { class: "legend-for" }, "spoke for it")));
}

/**
 * Write what the pixels add up to, and the difference that the ink makes.
 * @param {Float32Array} added
 * @param {Explained} seen
 * @param {AttributionQuestion} question
 * @param {string[]} classes
 */
function factsOf(added, { pixels, layers }, { target, against, method }, classes) {
  /** @param {Pixels} image */
  const score = (image) => {
    const { values } = lastOf(forward(withoutOutputActivation(layers), scalePixels(image)));
    return values[target] - (against === null ? 0 : values[against]);
  };
  const [withInk, without] = [score(pixels), score(new Uint8Array(784))];
  const what = against === null
    ? `The score of ${classes[target]}` : `The lead of ${classes[target]} over ${classes[against]}`;
  /** @param {(value: number) => boolean} keep */
  const total = (keep) => signed(added.reduce((sum, value) => sum + (keep(value) ? value : 0), 0));
  return h("div", { class: "stack" },
    h("p", {}, METHODS[method].text),
    h("dl", { class: "facts" },
      fact("Ink that spoke for it", total((value) => value > 0)),
      fact("Ink that spoke against it", total((value) => value < 0)),
      fact("Together", total(() => true)),
      fact(`${what} with this ink`, signed(withInk)),
      fact("On a blank page", signed(without)),
      fact("The difference that the ink makes", signed(withInk - without))),
    h("p", { class: "note" },
      "Scores are those before the output activation, which hides differences between clear answers."));
}

/** @type {(name: string, value: string) => HTMLElement[]} */
const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
