// The smallest change that turns the answer into another: the change and the result, side by side.

import { argmax } from "../../maths/arrays.js";
import { fill, h, number } from "../../ui/dom.js";
import { forward } from "../../maths/forward.js";
import { heat, limitOf } from "../../ui/heat.js";
import { latestOnly } from "../../data/latest_request.js";
import { scalePixels } from "../../maths/model.js";
import { answerText } from "../../ui/scores.js";

/** Make the section: show(seen) asks about {pixels, layers, member, answer, values}. */
export function makeChange(source) {
  const state = { seen: null, target: null };
  const chips = source.classes.map((name, k) => h("button", {
    class: "chip", type: "button", onclick: () => { state.target = k; ask(); },
  }, name));
  const result = h("div", { class: "change" });

  const ask = latestOnly(result, async (isLatest) => {
    const { seen, target } = state;
    chips.forEach((chip, k) => {
      chip.setAttribute("aria-pressed", String(k === target));
      chip.disabled = k === seen.answer;
    });
    const change = await source.smallestChange({ pixels: [...seen.pixels], target, member: seen.member });
    if (isLatest()) fill(result, change ? picturesOf(change, seen, source.classes) : none(source.classes[target]));
  });

  return {
    element: h("section", { class: "panel" },
      h("h2", {}, "The smallest change that makes it another digit"),
      h("div", { class: "question" }, h("span", {}, "Make it"),
        h("div", { class: "chips", role: "group", "aria-label": "The other digit" }, chips)),
      result),
    show(seen) {
      if (state.seen?.pixels !== seen.pixels || state.target === null || state.target === seen.answer) {
        state.target = runnerUp(seen);
      }
      state.seen = seen;
      ask();
    },
  };
}

/** The class with the highest score but one. */
function runnerUp({ values, answer }) {
  return argmax(values.map((value, k) => (k === answer ? -Infinity : value)));
}

function none(name) {
  return h("p", { class: "note" }, `No way to ${name} was found from here by small steps.`);
}

function picturesOf({ image, distance }, { pixels, layers, values, answer }, classes) {
  const before = scalePixels(pixels);
  const difference = image.values.map((x, at) => x - before.values[at]);
  const after = forward(layers, image).at(-1).values;
  const levels = difference.map((x) => Math.round(255 * Math.abs(x)));
  const changed = levels.filter((level) => level > 0).length;
  const now = classes[argmax(after)];
  return [
    h("div", { class: "equation" },
      figure(heat(before.values, 28, 28), answerText(values, classes)),
      sign("+"),
      figure(heat(difference, 28, 28, { scale: "diverging", limit: limitOf(difference) }),
        `The change, made ${number(1 / limitOf(difference), 1)} times as strong to be seen`),
      sign("="),
      figure(heat(image.values, 28, 28), answerText(after, classes))),
    h("p", {}, `${number(changed)} pixels change, the most by ${Math.max(...levels)} of 255 grey levels; `,
      `all changes together are as long as ${number(distance, 2)} pixels of full ink. `,
      `Do you still read ${classes[answer]}? The network reads ${now}.`),
    h("p", { class: "note" },
      "The way follows the slope of the network's scores, step by step, with every pixel kept between paper and full ink. ",
      "There may be a smaller change that it did not find."),
  ];
}

const figure = (picture, caption) =>
  h("figure", { class: "figure" }, picture, h("figcaption", {}, caption));
const sign = (text) => h("span", { class: "equation-sign", "aria-hidden": "true" }, text);
