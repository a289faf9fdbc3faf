// The image that was chosen: large, with its ten scores, and the ways into the other views.

import { takeDigit } from "../../data/picture.js";
import { fill, h, number, percent } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { makeScores } from "../../ui/scores.js";

const WAYS = { arithmetic: "Follow its numbers", why: "Why this answer?", draw: "Change it by hand" };

/** Make the panel; where it lies over the page it can be put away. */
export function makeImageDetail() {
  const picture = h("div", { class: "detail-picture" });
  const said = h("div", { class: "detail-said" });
  const scores = makeScores();
  const ways = h("div", { class: "stack detail-ways" });
  const close = h("button", {
    class: "icon-button detail-close", type: "button", "aria-label": "Close",
    onclick: () => element.classList.remove("is-open"),
  }, "×");
  const element = h("aside", { class: "panel explore-detail", "aria-label": "The chosen image" },
    close, picture, said, scores.element, ways);

  /** @type {(images: ImageSet, index: number) => void} */
  function show(images, index) {
    element.classList.add("is-open");
    fill(picture, digitImage(images.pixels(index)));
    fill(said, sentences(images, index));
    scores.show(images.scores(index), images.classes);
    fill(ways, Object.entries(WAYS).map(([view, text]) => h("button", {
      class: view === "arithmetic" ? "button is-primary" : "button", type: "button", "data-way": view,
      onclick() {
        takeDigit(images.pixels(index).slice(), images.labels[index]);
        location.hash = view;
      },
    }, text)));
  }

  return { element, show, get isOpen() { return element.classList.contains("is-open"); } };
}

/**
 * Write what the image shows, how sure the network is, and which image it is.
 * @param {ImageSet} images
 * @param {number} index
 */
function sentences(images, index) {
  const [label, answer] = [images.classes[images.labels[index]], images.classes[images.answers[index]]];
  const isWrong = images.isWrong(index);
  const split = images.split === "test" ? "test images" : "images held out";
  const damage = images.damage ? `, damaged by ${images.damage.name}` : "";
  return [
    h("p", { class: isWrong ? "detail-verdict is-wrong" : "detail-verdict" },
      isWrong ? [`It shows ${label}. The network says `, h("b", {}, answer), "."] : `It shows ${label}, and the network says so.`),
    h("p", { class: "note", "data-is": "sureness" }, sureText(images, index)),
    h("p", { class: "note", "data-is": "place" }, `Image ${number(index)} of the ${split}${damage}`),
  ];
}

/**
 * Write how sure it is; sigmoids say each for itself, and what they say together is another number.
 * @param {ImageSet} images
 * @param {number} index
 */
function sureText(images, index) {
  const [sure, score] = [images.sureness[index], images.scores(index)[images.answers[index]]];
  const together = Math.abs(sure - score) > 5e-4 ? ", all its scores taken together" : "";
  return `It is ${percent(sure)} sure${together}.`;
}
