// Why: what made the network answer as it did, and what would have made it answer otherwise.

import { messageOf } from "../../data/api.js";
import { leaveAsked, picture, takeAsked, takeDigit } from "../../data/picture.js";
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

export const title = "Why";
export const about = "What made the network answer so, and what would have made it answer otherwise.";

/**
 * Show the view; returns the function that takes it away.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const room = h("div", { class: "why" }, h("p", { class: "note" }, "Fetching the network …"));
  root.append(room);
  openSource(context).then(async (source) => {
    const isAsked = await takeAsked(source);
    if (!isAsked && !picture.pixels) await takeAny(source);
    if (room.isConnected) show(room, source, context);
  }).catch((error) => fill(room, problemText(messageOf(error))));
  return () => {};
}

/** @param {NetworkSource} source */
async function takeAny(source) {
  const { pixels, label } = await source.digit();
  takeDigit(pixels, label);
}

/**
 * @param {HTMLElement} room
 * @param {NetworkSource} source
 * @param {ViewContext} context
 */
function show(room, source, context) {
  /** @type {number | null} */
  let member = null;
  const canvas = h("canvas", { role: "img", "aria-label": "The digit" });
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
      ? "Your drawing" : `A digit of the data set, labelled ${source.classes[picture.label]}`;
    scores.show(values, source.classes);
    members.show(scalePixels(pixels));
    for (const section of sections) section.show({ pixels, layers, member, answer: argmax(values), values });
  }

  async function showAnother() {
    try {
      await takeAny(source);
      leaveAsked();
      problem.show("");
      explain();
    } catch (error) {
      problem.show(messageOf(error));
    }
  }

  fill(room,
    h("div", { class: "witness" },
      h("figure", { class: "figure" }, canvas, caption),
      scores.element,
      h("div", { class: "stack" },
        h("button", { class: "button", type: "button", onclick: showAnother }, "Another digit"),
        h("a", { class: "button", href: "#draw" }, picture.strokes.length ? "Change the drawing" : "Draw one"))),
    problem.element,
    members.element,
    sections.map((section) => section.element));
  explain();
  context.onTheme(explain);
}
