// Explain: the evidence for a prediction, the smallest change that flips it, the nearest training images.

import { messageOf } from "../../data/api.js";
import { clearAddress, loadFromAddress, picture, setDigit } from "../../data/picture.js";
import { openSource } from "../../data/source.js";
import { argmax } from "../../maths/arrays.js";
import { scoresOf } from "../../maths/layers.js";
import { layersOf, scalePixels } from "../../maths/model.js";
import { fill, h, makeProblem, problemText } from "../../ui/dom.js";
import { drawDigit } from "../../ui/heat.js";
import { makeMembers } from "../../ui/members.js";
import { makeScores } from "../../ui/scores.js";
import { makeAttribution } from "./attribution.js";
import { makeNearest } from "./nearest.js";
import { makeSmallestChange } from "./smallest_change.js";

export const title = "Explain";
export const about = "The evidence for a prediction, and the smallest change that flips it.";

/**
 * Show the view; returns a function that stops it.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const room = h("div", { class: "why" }, h("p", { class: "note" }, "Loading the network …"));
  root.append(room);
  openSource(context).then(async (source) => {
    const isLoaded = await loadFromAddress(source);
    if (!isLoaded && !picture.pixels) await loadAny(source);
    if (room.isConnected) show(room, source, context);
  }).catch((error) => fill(room, problemText(messageOf(error))));
  return () => {};
}

/** @param {NetworkSource} source */
async function loadAny(source) {
  const { pixels, label } = await source.digit();
  setDigit(pixels, label);
}

/**
 * @param {HTMLElement} room
 * @param {NetworkSource} source
 * @param {ViewContext} context
 */
function show(room, source, context) {
  /** @type {number | null} */
  let member = null;
  const canvas = h("canvas", { role: "img", "aria-label": "Picture" });
  const caption = h("figcaption");
  const scores = makeScores();
  const problem = makeProblem();
  const members = makeMembers(source, (chosen) => { member = chosen; explain(); });
  const sections = [makeAttribution(source), makeSmallestChange(source), makeNearest(source)];

  function explain() {
    const pixels = picture.pixels ?? new Uint8Array(784);
    const layers = layersOf(source.layers, member);
    const values = scoresOf(layers, scalePixels(pixels));
    drawDigit(canvas, pixels);
    caption.textContent = picture.label === null
      ? "Your drawing" : `Image of the dataset, true class ${source.classes[picture.label]}`;
    scores.show(values, source.classes);
    members.show(scalePixels(pixels));
    for (const section of sections) section.show({ pixels, layers, member, prediction: argmax(values), values });
  }

  async function showAnother() {
    try {
      await loadAny(source);
      clearAddress();
      problem.show("");
      explain();
    } catch (error) {
      problem.show(messageOf(error));
    }
  }

  fill(room,
    h("div", { class: "explained" },
      h("figure", { class: "figure" }, canvas, caption),
      scores.element,
      h("div", { class: "stack" },
        h("button", { class: "button", type: "button", onclick: showAnother }, "Show another digit"),
        h("a", { class: "button", href: "#draw" }, picture.strokes.length ? "Edit drawing" : "Draw a digit"))),
    problem.element,
    members.element,
    sections.map((section) => section.element));
  explain();
  context.onTheme(explain);
}
