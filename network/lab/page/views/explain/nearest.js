// The training digits nearest to this one: as pictures, and as the last hidden layer sees them.

import { fill, h, number } from "../../ui/dom.js";
import { heat } from "../../ui/heat.js";
import { latestOnly } from "../../data/latest_request.js";

const BY = {
  pixels: ["As pictures", "How far apart the pixels are, all together; 1 is one pixel of full ink."],
  hidden: ["As the last hidden layer sees them", "How far apart the answers of its units are, all together."],
};

/** Make the section: show(seen) asks about {pixels, member, answer}. */
export function makeNearest(source) {
  const result = h("div", { class: "stack" });
  let seen = null;

  const ask = latestOnly(result, async (isLatest) => {
    const asked = seen;
    const found = await source.nearest({ pixels: [...asked.pixels], member: asked.member });
    if (!isLatest()) return;
    fill(result,
      Object.entries(BY).map(([by, texts]) => found[by] && row(texts, found[by], asked.answer, source.classes)),
      h("p", { class: "note" }, `Of ${number(found.of)} digits that the network was trained on.`));
  });

  return {
    element: h("section", { class: "panel" }, h("h2", {}, "The nearest digits that it was trained on"), result),
    show(given) {
      seen = given;
      ask();
    },
  };
}

function row([name, text], digits, answer, classes) {
  const agreeing = digits.filter(({ label }) => label === answer).length;
  return h("div", { class: "near" },
    h("h3", {}, name),
    h("p", { class: "note" }, `${text} ${agreeing} of ${digits.length} are labelled ${classes[answer]}.`),
    h("div", { class: "thumbnails is-large" }, digits.map(({ pixels, label, number: distance }) =>
      h("figure", { class: `thumbnail ${label === answer ? "" : "is-other"}` },
        heat(pixels, 28, 28, { limit: 255 }),
        h("figcaption", {}, h("b", {}, classes[label]), ` ${distance.toFixed(2)}`)))));
}
