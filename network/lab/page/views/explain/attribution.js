// What each pixel added to the answer, over the digit; by one of two methods.

import { fill, h, signed } from "../../ui/dom.js";
import { explained } from "../../maths/explanations.js";
import { forward } from "../../maths/forward.js";
import { heat, limitOf } from "../../ui/heat.js";
import { scalePixels } from "../../maths/model.js";
import { latestOnly } from "../../data/latest_request.js";

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

/** Make the section: show(seen) asks about {pixels, layers, member, answer}. */
export function makeContributions(source) {
  const state = { seen: null, target: null, against: null, method: "integrated-gradients" };
  const target = h("select", { "aria-label": "Why this class" });
  const against = h("select", { "aria-label": "Rather than" });
  const methods = Object.entries(METHODS).map(([key, { name }]) => h("button", {
    class: "chip", type: "button", "data-method": key,
    onclick: () => { state.method = key; ask(); },
  }, name));
  const result = h("div", { class: "contributions" });
  target.onchange = () => { state.target = Number(target.value); ask(); };
  against.onchange = () => { state.against = against.value === "" ? null : Number(against.value); ask(); };

  const ask = latestOnly(result, async (isLatest) => {
    const { seen, method } = state;
    if (state.against === state.target) state.against = null;
    fill(target, options(source.classes, state.target));
    fill(against, h("option", { value: "", selected: state.against === null }, "anything else"),
      options(source.classes, state.against, state.target));
    for (const button of methods) button.setAttribute("aria-pressed", String(button.dataset.method === method));
    const asked = { target: state.target, against: state.against, method, member: seen.member };
    const contributions = await source.contributions({ pixels: [...seen.pixels], ...asked });
    if (isLatest()) fill(result, picturesOf(contributions.values, seen, asked, source.classes));
  });

  return {
    element: h("section", { class: "panel" },
      h("h2", {}, "What spoke for it, and what against"),
      h("div", { class: "question" },
        h("span", {}, "Why"), target, h("span", {}, "rather than"), against,
        h("div", { class: "chips", role: "group", "aria-label": "Method" }, methods)),
      result),
    show(seen) {
      if (state.seen?.pixels !== seen.pixels || state.seen.answer !== seen.answer) {
        Object.assign(state, { target: seen.answer, against: null });
      }
      state.seen = seen;
      ask();
    },
  };
}

function options(classes, chosen, without = null) {
  return classes.map((name, k) => k !== without && h("option", { value: k, selected: k === chosen }, name));
}

function picturesOf(contributions, { pixels, layers }, { target, against, method }, classes) {
  const added = contributions.reduce((sum, value) => sum + value, 0);
  const score = (image) => {
    const outputs = forward(explained(layers), image).at(-1).values;
    return outputs[target] - (against === null ? 0 : outputs[against]);
  };
  const [withInk, without] = [score(scalePixels(pixels)), score(scalePixels(new Uint8Array(784)))];
  const what = against === null
    ? `The score of ${classes[target]}` : `The lead of ${classes[target]} over ${classes[against]}`;
  const total = (keep) => contributions.reduce((sum, value) => sum + (keep(value) ? value : 0), 0);
  return [
    h("figure", { class: "figure" },
      h("div", { class: "over" },
        heat(pixels, 28, 28, { limit: 255 }),
        heat(contributions, 28, 28, { scale: "diverging", limit: limitOf(contributions) })),
      h("figcaption", { class: "legend" },
        h("span", { class: "legend-against" }, "spoke against"),
        h("span", { class: "legend-bar", "aria-hidden": "true" }),
        h("span", { class: "legend-for" }, "spoke for it"))),
    h("div", { class: "stack" },
      h("p", {}, METHODS[method].text),
      h("dl", { class: "facts" },
        fact("Ink that spoke for it", signed(total((value) => value > 0))),
        fact("Ink that spoke against it", signed(total((value) => value < 0))),
        fact("Together", signed(added)),
        fact(`${what} with this ink`, signed(withInk)),
        fact("On a blank page", signed(without)),
        fact("The difference that the ink makes", signed(withInk - without))),
      h("p", { class: "note" },
        "Scores are those before the output activation, which hides differences between clear answers.")),
  ];
}

const fact = (name, value) => [h("dt", {}, name), h("dd", {}, value)];
