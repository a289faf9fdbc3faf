// Draw: write a digit and watch it go through the network, neuron by neuron.

import { makeBoardInput } from "./board_input.js";
import { fill, h } from "../../ui/dom.js";
import { makeEditPanel } from "./edit_panel.js";
import { NOTHING, editLayers, isEdited } from "../../maths/edits.js";
import { forward } from "../../maths/forward.js";
import { drawHeat } from "../../ui/heat.js";
import { makeMap } from "./network_map.js";
import { makeMembers } from "../../ui/members.js";
import { scalePixels, stagesOf } from "../../maths/model.js";
import { picture, takeAsked } from "../../data/picture.js";
import { makeSave } from "./save_edited.js";
import { answerText, makeScores } from "../../ui/scores.js";
import { openSource } from "../../data/source.js";
import { makeUnitPanel } from "./unit_panel.js";

export const title = "Draw";
export const about = "Write a digit and watch it go through the network.";
const SMALL = 100; // neurons in a layer that is shown above its neurons' details, not beside

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  const room = h("div", { class: "draw" }, h("p", { class: "note" }, "Fetching the network …"));
  root.append(room);
  let stop = () => {};
  let isGone = false;
  openSource(context).then(async (source) => {
    await takeAsked(source);
    if (!isGone) stop = show(room, source, context);
  }).catch((error) => fill(room, h("p", { class: "problem", role: "alert" }, error.message)));
  return () => {
    isGone = true;
    stop();
  };
}

function show(room, source, context) {
  const state = {
    member: null, layers: source.layers, edits: NOTHING, chosen: [null, null], outputs: null, accuracy: "",
  };
  const damage = h("div", {});
  const inside = h("div", { class: "inside" });
  const scores = makeScores();
  const seen = h("canvas", { role: "img", "aria-label": "The digit as the network sees it" });
  const caption = h("figcaption", {});
  const digits = h("div", { class: "chips" });
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const input = makeBoardInput(source, { digits, problem }, compute);
  const members = makeMembers(source, enter);
  let panels = null;

  /** Let the network answer, and show what every part of it says. */
  function compute() {
    const { pixels } = picture;
    drawHeat(seen, pixels ?? new Uint8Array(784), 28, 28, { limit: 255 });
    const label = picture.label === null ? "" : `, labelled ${source.classes[picture.label]}`;
    caption.textContent = `What the network sees${label}`;
    const x = pixels && scalePixels(pixels);
    state.outputs = x && forward(state.edited, x);
    const unharmed = x && isEdited(state.edits) ? forward(state.layers, x).at(-1).values : null;
    scores.show(state.outputs?.at(-1).values, source.classes, unharmed);
    panels.map.show(state.outputs, state.edits);
    members.show(x);
    showUnit();
  }

  function showUnit() {
    const [stage, unit] = state.chosen;
    panels.unit.show({
      layers: state.edited, stage, unit, outputs: state.outputs, edits: state.edits, member: state.member,
      effect: [answerText(state.outputs?.at(-1).values, source.classes), state.accuracy].filter(Boolean).join(" "),
      classes: stage === panels.stages.at(-1) ? source.classes : null,
    });
  }

  function choose(stage, unit) {
    state.chosen = [stage, unit];
    panels.map.choose(stage, unit);
    showUnit();
    if (matchMedia("(max-width: 900px)").matches) panels.unit.element.scrollIntoView({ behavior: "smooth" });
  }

  function edit(edits) {
    Object.assign(state, { edits, edited: editLayers(state.layers, edits) });
    panels.edits.show(edits);
    compute();
  }

  /** Show a run that was made just now, unless another view is shown meanwhile. */
  async function chooseNew(run) {
    await context.refreshRuns();
    if (room.isConnected) context.chooseRun(run);
  }

  /** Look into the whole network, or into one member of an ensemble. */
  function enter(member) {
    panels?.edits.stop();
    Object.assign(state, {
      member, edits: NOTHING, chosen: [null, null],
      layers: member === null ? source.layers : source.layers[0].members[member],
    });
    state.edited = state.layers;
    const stages = stagesOf(state.layers);
    panels = {
      stages,
      map: makeMap(stages, source.classes, choose),
      unit: makeUnitPanel(source, edit),
      edits: makeEditPanel(
        source.accuracy && ((edits) => source.accuracy(edits, state.member)),
        source.save && makeSave(source.run, (edits, name) => source.save(edits, state.member, name), chooseNew),
        edit,
        (text) => {
          state.accuracy = `${text}.`;
          showUnit();
        }),
    };
    const isSmall = stages.every((stage) => !stage.isImages && stage.units <= SMALL);
    inside.classList.toggle("is-small", isSmall);
    fill(inside, stages.length
      ? [panels.map.element, h("div", { class: "inside-side" }, panels.unit.element)]
      : h("p", { class: "note" }, "Several networks answer together. Choose one of them to look inside."));
    fill(damage, stages.length > 0 && panels.edits.element);
    panels.edits.show(state.edits);
    compute();
  }

  fill(room,
    h("div", { class: "desk" },
      input.element,
      h("figure", { class: "figure seen" }, seen,
        caption, digits),
      h("div", { class: "stack" }, scores.element, damage)),
    problem,
    members.element,
    inside);
  enter(null);
  input.start();
  context.onTheme(() => { input.repaint(); compute(); });
  return () => panels.edits.stop();
}
