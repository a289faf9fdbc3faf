// Why: what made the network answer as it did, and what would have made it answer otherwise.

import { argmax } from "../../maths/arrays.js";
import { fill, h } from "../../ui/dom.js";
import { forward } from "../../maths/forward.js";
import { drawHeat } from "../../ui/heat.js";
import { makeMembers } from "../../ui/members.js";
import { scalePixels } from "../../maths/model.js";
import { leaveAsked, picture, takeAsked, takeDigit } from "../../data/picture.js";
import { makeChange } from "./smallest_change.js";
import { makeContributions } from "./attribution.js";
import { makeNearest } from "./nearest.js";
import { makeScores } from "../../ui/scores.js";
import { openSource } from "../../data/source.js";

export const title = "Why";
export const about = "What made the network answer so, and what would have made it answer otherwise.";

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  const room = h("div", { class: "why" }, h("p", { class: "note" }, "Fetching the network …"));
  root.append(room);
  openSource(context).then(async (source) => {
    const isAsked = await takeAsked(source);
    if (!isAsked && !picture.pixels) await takeAny(source);
    if (room.isConnected) show(room, source, context);
  }).catch((error) => fill(room, h("p", { class: "problem", role: "alert" }, error.message)));
  return () => {};
}

async function takeAny(source) {
  const { pixels, label } = await source.digit();
  takeDigit(pixels, label);
}

function show(room, source, context) {
  const state = { member: null, layers: source.layers };
  const canvas = h("canvas", { role: "img", "aria-label": "The digit" });
  const caption = h("figcaption", {});
  const scores = makeScores();
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const members = makeMembers(source, enter);
  const sections = [makeContributions(source), makeChange(source), makeNearest(source)];

  function explain() {
    const values = forward(state.layers, scalePixels(picture.pixels)).at(-1).values;
    const seen = {
      pixels: picture.pixels, layers: state.layers, member: state.member, answer: argmax(values), values,
    };
    drawHeat(canvas, picture.pixels, 28, 28, { limit: 255 });
    caption.textContent = picture.label === null
      ? "Your drawing" : `A digit of the data set, labelled ${source.classes[picture.label]}`;
    scores.show(values, source.classes);
    members.show(scalePixels(picture.pixels));
    for (const section of sections) section.show(seen);
  }

  function enter(member) {
    Object.assign(state, {
      member, layers: member === null ? source.layers : source.layers[0].members[member],
    });
    explain();
  }

  async function another() {
    try {
      await takeAny(source);
      leaveAsked();
      problem.hidden = true;
      explain();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  }

  fill(room,
    h("div", { class: "witness" },
      h("figure", { class: "figure" }, canvas, caption),
      scores.element,
      h("div", { class: "stack" },
        h("button", { class: "button", type: "button", onclick: another }, "Another digit"),
        h("a", { class: "button", href: "#draw" }, picture.strokes.length ? "Change the drawing" : "Draw one"))),
    problem,
    members.element,
    sections.map((section) => section.element));
  explain();
  context.onTheme(explain);
}
