// Pixel attribution: the contribution of each pixel to a logit, drawn over the digit.

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
    text: "The gradient of the logit for each pixel, averaged on the line from a blank image to this picture, times "
      + "the pixel. These numbers add up to the difference between the two logits.",
  },
  "gradient-times-input": {
    name: "Gradient times input",
    text: "The gradient of the logit for each pixel of this picture, times the pixel. It is exact only for small "
      + "changes: the logit is not linear, so the numbers do not add up to the difference.",
  },
};

/**
 * Build the section; show(explained) computes it for a picture.
 * @param {NetworkSource} source
 */
export function makeAttribution({ classes, contributions }) {
  /** @type {Explained | null} */
  let seen = null;
  let [target, method] = [0, "integrated-gradients"];
  /** @type {number | null} */
  let against = null;
  const targets = h("select", { "aria-label": "Class" });
  const rivals = h("select", { "aria-label": "Compared with" });
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
    fill(rivals, h("option", { value: "", selected: against === null }, "no other class"), optionsOf(classes, against, target));
    for (const button of methods) button.setAttribute("aria-pressed", String(button.dataset.method === method));
    const question = { pixels: [...seen.pixels], target, against, method, member: seen.member };
    const [asked, { values }] = [seen, await contributions(question)];
    if (isLatest()) fill(result, pictureOf(values, asked), factsOf(values, asked, question, classes));
  });

  return {
    element: h("section", { class: "panel" },
      h("h2", {}, "Pixel attribution"),
      h("div", { class: "question" },
        h("span", {}, "Class"), targets, h("span", {}, "compared with"), rivals,
        h("div", { class: "chips", role: "group", "aria-label": "Method" }, methods)),
      result),
    /** @param {Explained} given */
    show(given) {
      if (seen?.pixels !== given.pixels || seen.prediction !== given.prediction) [target, against] = [given.prediction, null];
      seen = given;
      ask();
    },
  };
}

/**
 * @param {string[]} classes
 * @param {number | null} chosen
 * @param {number | null} without class that is not listed
 */
function optionsOf(classes, chosen, without = null) {
  return classes.map((name, k) => k !== without && h("option", { value: k, selected: k === chosen }, name));
}

/**
 * Draw the contributions of the pixels over the digit.
 * @param {Float32Array} contribution
 * @param {Explained} seen
 */
function pictureOf(contribution, { pixels }) {
  return h("figure", { class: "figure" },
    h("div", { class: "over" },
      digitImage(pixels),
      heat(contribution, 28, 28, { scale: "diverging", limit: limitOf(contribution) })),
    h("figcaption", { class: "legend" },
      h("span", { class: "legend-against" }, "evidence against"),
      h("span", { class: "legend-bar", "aria-hidden": "true" }),
      h("span", { class: "legend-for" }, "evidence for")));
}

/**
 * List the sums of the contributions, and the logits that they explain.
 * @param {Float32Array} contribution
 * @param {Explained} seen
 * @param {AttributionQuestion} question
 * @param {string[]} classes
 */
function factsOf(contribution, { pixels, layers }, { target, against, method }, classes) {
  /** @param {Pixels} image */
  const logit = (image) => {
    const { values } = lastOf(forward(withoutOutputActivation(layers), scalePixels(image)));
    return values[target] - (against === null ? 0 : values[against]);
  };
  const [picture, blank] = [logit(pixels), logit(new Uint8Array(784))];
  const name = against === null
    ? `Logit of ${classes[target]}` : `Logit of ${classes[target]} minus logit of ${classes[against]}`;
  /** @param {(value: number) => boolean} keep */
  const total = (keep) => signed(contribution.reduce((sum, value) => sum + (keep(value) ? value : 0), 0));
  return h("div", { class: "stack" },
    h("p", {}, METHODS[method].text),
    h("dl", { class: "facts" },
      fact("Evidence for", total((value) => value > 0)),
      fact("Evidence against", total((value) => value < 0)),
      fact("Sum", total(() => true)),
      fact(name, signed(picture)),
      fact("The same for a blank image", signed(blank)),
      fact("Difference", signed(picture - blank))),
    h("p", { class: "note" },
      "Logits are the outputs before the output activation, which hides differences between confident predictions."));
}

/** @type {(name: string, value: string) => HTMLElement[]} */
const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
