// The image that was chosen: large, with its ten scores, and the ways into the other views.

import { fill, h, number, percent } from "../../ui/dom.js";
import { heat } from "../../ui/heat.js";
import { takeDigit } from "../../data/picture.js";
import { makeScores } from "../../ui/scores.js";

const WAYS = { arithmetic: "Follow its numbers", why: "Why this answer?", draw: "Change it by hand" };

/** Make the panel. `onClose()` is called where it lies over the page and is put away. */
export function makeDetail(onClose) {
  const picture = h("div", { class: "detail-picture" });
  const said = h("div", { class: "detail-said" });
  const scores = makeScores();
  const ways = h("div", { class: "stack detail-ways" });
  const close = h("button", { class: "icon-button detail-close", type: "button", "aria-label": "Close", onclick: onClose }, "×");
  const element = h("aside", { class: "panel explore-detail", "aria-label": "The chosen image" }, close, picture, said, scores.element, ways);

  function show(data, index) {
    element.classList.toggle("is-open", index !== null);
    if (index === null) return;
    const [label, answer] = [data.classes[data.labels[index]], data.classes[data.answers[index]]];
    fill(picture, heat(data.pixels(index), 28, 28, { limit: 255 }));
    fill(said,
      h("p", { class: data.isWrong(index) ? "detail-verdict is-wrong" : "detail-verdict" },
        data.isWrong(index) ? [`It shows ${label}. The network says `, h("b", {}, answer), "."] : `It shows ${label}, and the network says so.`),
      h("p", { class: "note", "data-is": "sureness" }, sureText(data, index)),
      h("p", { class: "note", "data-is": "place" }, `Image ${number(index)} of the ${data.split === "test" ? "test images" : "images held out"}${data.damage ? `, damaged by ${data.damage.name}` : ""}`));
    scores.show(data.scores(index), data.classes);
    fill(ways, Object.entries(WAYS).map(([view, text]) => h("button", {
      class: view === "arithmetic" ? "button is-primary" : "button", type: "button", "data-way": view,
      onclick() {
        takeDigit(data.pixels(index).slice(), data.labels[index]);
        location.hash = view;
      },
    }, text)));
  }

  return { element, show };
}

/** How sure it is; sigmoids say each for itself, and what they say together is another number. */
function sureText(data, index) {
  const [sure, score] = [data.sureness[index], data.scores(index)[data.answers[index]]];
  const together = Math.abs(sure - score) > 5e-4 ? ", all its scores taken together" : "";
  return `It is ${percent(sure)} sure${together}.`;
}
