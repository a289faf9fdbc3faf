// The chosen image: large, with its scores, and buttons that open it in other views.

import { setDigit } from "../../data/picture.js";
import { confidenceText, fill, h, number } from "../../ui/dom.js";
import { digitImage } from "../../ui/heat.js";
import { makeScores } from "../../ui/scores.js";

const ACTIONS = { arithmetic: "Show the computation", why: "Explain prediction", draw: "Edit drawing" };

/** Build the panel; on narrow screens it covers the page and can be closed. */
export function makeImageDetail() {
  const picture = h("div", { class: "detail-picture" });
  const text = h("div", { class: "detail-text" });
  const scores = makeScores();
  const actions = h("div", { class: "stack detail-actions" });
  const close = h("button", {
    class: "icon-button detail-close", type: "button", "aria-label": "Close",
    onclick: () => element.classList.remove("is-open"),
  }, "×");
  const element = h("aside", { class: "panel explore-detail", "aria-label": "Chosen image" },
    close, picture, text, scores.element, actions);

  /** @type {(images: ImageSet, index: number) => void} */
  function show(images, index) {
    element.classList.add("is-open");
    fill(picture, digitImage(images.pixels(index)));
    fill(text, sentences(images, index));
    scores.show(images.scores(index), images.classes);
    fill(actions, Object.entries(ACTIONS).map(([view, name]) => h("button", {
      class: view === "arithmetic" ? "button is-primary" : "button", type: "button", "data-action": view,
      onclick() {
        setDigit(images.pixels(index).slice(), images.labels[index]);
        location.hash = view;
      },
    }, name)));
  }

  return { element, show, get isOpen() { return element.classList.contains("is-open"); } };
}

/**
 * Describe the image: its true class, the prediction, the confidence, and its number.
 * @param {ImageSet} images
 * @param {number} index
 */
function sentences(images, index) {
  const [label, prediction] = [images.classes[images.labels[index]], images.classes[images.predictions[index]]];
  const isMistake = images.isMistake(index);
  const split = images.split === "test" ? "test images" : "validation images";
  const corruption = images.corruption ? `, corrupted by ${images.corruption.name}` : "";
  return [
    h("p", { class: isMistake ? "detail-verdict is-mistake" : "detail-verdict" },
      isMistake ? [`True class ${label}, predicted as `, h("b", {}, prediction), "."] : `True class ${label}, predicted correctly.`),
    h("p", { class: "note", "data-is": "confidence" }, `Confidence ${confidenceText(images.confidence[index])} (not calibrated)`),
    h("p", { class: "note", "data-is": "index" }, `Image ${number(index)} of the ${split}${corruption}`),
  ];
}
