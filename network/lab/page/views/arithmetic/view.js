// Arithmetic: one image through one layer after the other, number by number, to the answer.

import { argmax } from "../../maths/arrays.js";
import { makeCellPicker } from "./cell_picker.js";
import { makeLesson } from "./lesson.js";
import { isOfClasses } from "./names.js";
import { fill, h } from "../../ui/dom.js";
import { forward } from "../../maths/forward.js";
import { drawHeat } from "../../ui/heat.js";
import { makeMembers } from "../../ui/members.js";
import { scalePixels } from "../../maths/model.js";
import { leaveAsked, picture, takeAsked, takeDigit } from "../../data/picture.js";
import { openSource } from "../../data/source.js";

export const title = "Arithmetic";
export const about = "One image on its way through the network, number by number, to the answer.";

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  const room = h("div", { class: "stack" }, h("p", { class: "note" }, "Fetching the network …"));
  root.append(room);
  let stop = () => {};
  openSource(context).then(async (source) => {
    if (!(await takeAsked(source)) && !picture.pixels) await takeFrom(source, 0);
    if (room.isConnected) stop = show(room, source, context);
  }).catch((error) => fill(room, h("p", { class: "problem", role: "alert" }, error.message)));
  return () => stop();
}

async function takeFrom(source, index = null) {
  const { pixels, label } = await source.digit("held-out", index);
  takeDigit(pixels, label);
}

function show(room, source, context) {
  const state = { layers: source.layers, outputs: null, index: 0, cell: 0 };
  const canvas = h("canvas", { role: "img", "aria-label": "The picture" });
  const caption = h("figcaption", {});
  const chain = h("nav", { class: "chain", "aria-label": "Layers", "data-scrolls": "" });
  const picker = makeCellPicker((cell) => go(state.index, { cell }));
  const lesson = makeLesson({ onLeave: (by) => go(state.index + by, { atEnd: by < 0 }) });
  const other = h("button", {
    class: "button", type: "button",
    onclick: () => takeFrom(source).then(() => { leaveAsked(); see(); }, (error) => { caption.textContent = error.message; }),
  }, "Another one");

  const members = makeMembers(source, (member) => {
    state.layers = member === null ? source.layers : source.layers[0].members[member];
    state.index = 0;
    see();
  });

  /** Let the picture go through the network. */
  function see() {
    const x = scalePixels(picture.pixels);
    state.outputs = forward(state.layers, x);
    members.show(x);
    drawHeat(canvas, picture.pixels, 28, 28, { limit: 255 });
    caption.textContent = picture.label === null ? "Your drawing" : `It shows ${source.classes[picture.label]}`;
    go(Math.min(state.index, state.layers.length));
  }

  /** Show the lesson of a layer, about one of its numbers: the same as before where that is possible. */
  function go(index, { cell = null, atEnd = false, step = 0 } = {}) {
    if (index < 0 || index > state.layers.length) return;
    state.cell = cell ?? followed(state, index);
    state.index = index;
    const at = { ...state, classes: source.classes, members: source.members, label: picture.label };
    showChain();
    picker.element.hidden = index === state.layers.length;
    if (index < state.layers.length) picker.show(at);
    lesson.show(at, { step: atEnd ? Infinity : step });
    if (chain.getBoundingClientRect().top < 0) chain.scrollIntoView({ block: "start" });
  }

  function showChain() {
    const names = [...state.layers.map(({ kind }) => kind), "Answer"];
    fill(chain, names.map((name, index) => h("button", {
      type: "button", "aria-current": index === state.index ? "step" : null, onclick: () => go(index),
    }, name, h("small", {}, index < state.layers.length ? state.outputs[index + 1].shape.join(" × ") : ""))));
    const here = chain.children[state.index];
    chain.scrollTo({ left: here.offsetLeft - chain.clientWidth / 2 + here.clientWidth / 2, behavior: "smooth" });
  }

  fill(room, chain, h("div", { class: "arithmetic" },
    lesson.element,
    h("aside", { class: "stack arithmetic-side" },
      h("figure", { class: "figure arithmetic-picture" }, canvas, caption, h("div", { class: "row" }, other, h("a", { class: "button", href: "#draw" }, "Draw one"))),
      members.element,
      picker.element)));
  see();
  context.onTheme(() => {
    drawHeat(canvas, picture.pixels, 28, 28, { limit: 255 });
    go(state.index, { cell: state.cell, step: lesson.step });
  });
  return lesson.stop;
}

/** The number to look at in a layer: the one that was followed, if it goes on as one; at the end that
 * of the answer, else the largest. */
function followed({ layers, outputs, index, cell }, to) {
  if (to >= layers.length) return 0;
  const [x, y] = [outputs[to], outputs[to + 1]];
  if (to === index + 1 && x.values.length === y.values.length && layers[to].kind !== "Linear") return cell;
  if (to === index + 1 && layers[to].kind.includes("Pool")) return pooled(x.shape, y.shape, layers[to].size, cell) ?? argmax(y.values);
  return isOfClasses(layers, to + 1) ? argmax(outputs.at(-1).values) : argmax(y.values);
}

/** Where a number goes when squares are pooled; null if it is left out. */
function pooled([, width, channels = 1], [height, columns], size, cell) {
  const place = Math.floor(cell / channels);
  const [row, column] = [Math.floor(place / width / size), Math.floor((place % width) / size)];
  return row < height && column < columns ? (row * columns + column) * channels + (cell % channels) : null;
}
