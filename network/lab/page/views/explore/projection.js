// The map that a layer has made of the images: which layer, by which method, of which class.

import { decode } from "../../maths/arrays.js";
import { describe } from "./images.js";
import { fill, h, number, percent } from "../../ui/dom.js";
import { heat } from "../../ui/heat.js";
import { stagesOf } from "../../maths/model.js";
import { classColour, shortName } from "../../ui/palette.js";
import { makeScatter } from "../../ui/scatter.js";

const AGAIN = 700; // milliseconds until a map that is being computed is asked for again
const SAID = {
  pca: "PCA turns the cloud of images so that it is seen from where it is widest: a shadow, in which nothing is bent, but what lies behind each other falls together.",
  "t-sne": "t-SNE keeps neighbours together. How far groups lie apart, and how large they are, means little.",
  umap: "UMAP keeps neighbours together, and something of how groups lie to each other.",
};

/** Make the map of a run with these layers, of an ensemble: of one member, by these names; `memory` keeps
 * what was chosen, `onChoose(index)` is called for an image. */
export function makeMap({ api, run, layers, names, memory, onChoose }) {
  const scatter = makeScatter({ onHover, onChoose });
  const tip = h("div", { class: "scatter-tip", hidden: true });
  const state = h("p", { class: "scatter-state", role: "status", hidden: true });
  const said = h("p", { class: "note" });
  const legend = h("div", { class: "chips legend", role: "group", "aria-label": "Classes" });
  const tools = [["+", "Nearer", () => scatter.zoom(1.6)], ["−", "Farther", () => scatter.zoom(1 / 1.6)], [wholeIcon(), "All of it", scatter.reset]];
  const frame = h("div", { class: "scatter-frame" }, scatter.element, tip, state,
    h("div", { class: "scatter-tools" }, tools.map(([text, label, onclick]) =>
      h("button", { class: "icon-button", type: "button", "aria-label": label, onclick }, text))));
  const [layerPicker, methodPicker] = [h("select", { onchange: (event) => choose({ layers: Number(event.target.value) }) }), h("div", { class: "chips", role: "group", "aria-label": "Method" })];
  const members = layers[0].members;
  if (members) memory.member ??= 0;
  const memberPicker = members && h("label", { class: "explore-select" }, "of", h("select", {
    "aria-label": "Of which network",
    onchange: (event) => enter(Number(event.target.value)),
  }, members.map((_, n) => h("option", { value: n, selected: n === memory.member }, names[n] ?? `network ${n + 1}`))));
  const element = h("div", { class: "stack" },
    h("div", { class: "row map-choices" },
      h("label", { class: "explore-select" }, "what is mapped", layerPicker), memberPicker, methodPicker),
    frame, legend, said);
  let [data, timer, asked, only, placed] = [null, 0, 0, null, []];

  function choose(change) {
    Object.assign(memory, change);
    showChoices();
    ask();
  }

  /** Map what another member makes of the images. */
  function enter(member) {
    Object.assign(memory, { member, layers: null });
    show(data);
  }

  function show(newData) {
    data = newData;
    const stages = stagesOf(members ? members[memory.member] : layers);
    memory.layers ??= stages.at(-2) ? stages.at(-2).last + 1 : 0;
    fill(layerPicker, [[0, "the pixels"], ...stages.map((stage) => [stage.last + 1, stageName(stage, stages)])]
      .map(([value, text]) => h("option", { value, selected: value === memory.layers }, text)));
    showChoices();
    ask();
  }

  function showChoices() {
    fill(methodPicker, data.methods.map(({ name, title, is_there, install }) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(name === memory.method), disabled: !is_there,
      title: is_there ? null : `Not installed: ${install}`, onclick: () => choose({ method: name }),
    }, title)));
    fill(legend, data.classes.map((name, index) => h("button", {
      class: "chip", type: "button", "aria-pressed": String(only === index), onclick: () => keep(only === index ? null : index),
    }, h("b", { style: { color: classColour(index) } }, shortName(data.classes, index)),
      name !== shortName(data.classes, index) && name)));
    const missing = data.methods.filter((method) => !method.is_there);
    const mistakes = placed.filter(data.isWrong).length;
    const whole = placed.length === data.shown ? ""
      : `${number(placed.length)} of ${number(data.shown)} images, ${mistakes === data.mistakes ? "all" : number(mistakes)} mistakes among them. `;
    fill(said, `${whole}Each stands in the colour of what it shows; a red ring is a mistake. Come near to see the images themselves. `,
      SAID[memory.method], missing.map(({ title, install }) => [` For ${title}: `, h("code", {}, install), "."]));
  }

  function keep(index) {
    only = index;
    scatter.keep(only);
    showChoices();
  }

  /** Ask for the map until it is there; what was asked for before is forgotten. */
  async function ask() {
    clearTimeout(timer);
    const mine = ++asked;
    tell("Computing the map …");
    try {
      const query = new URLSearchParams({ split: data.split, layers: memory.layers, method: memory.method, ...(members && { member: memory.member }) });
      const found = await api.get(`/api/runs/${encodeURIComponent(run)}/map?${query}`);
      if (mine !== asked) return;
      if (!found.places) {
        tell(`Computing the map … ${number(found.seconds)} s`);
        timer = setTimeout(() => mine === asked && ask(), AGAIN);
        return;
      }
      const which = decode(found.which).values;
      scatter.show(data, which, decode(found.places).values);
      placed = [...which];
      showChoices();
      tell("");
    } catch (error) {
      if (mine === asked) tell(error.message);
    }
  }

  function tell(text) {
    state.textContent = text;
    state.hidden = !text;
    frame.classList.toggle("is-waiting", Boolean(text));
  }

  function onHover(index, x, y) {
    tip.hidden = index === null;
    if (index === null) return;
    fill(tip, heat(data.pixels(index), 28, 28, { limit: 255 }),
      h("span", {}, describe(data, index)), h("span", { class: "note" }, `${percent(data.sureness[index], 1)} sure`));
    tip.style.left = `${Math.min(Math.max(x, 70), frame.clientWidth - 70)}px`;
    tip.style.top = `${y}px`;
    tip.classList.toggle("is-below", y < 170);
  }

  return {
    element, show,
    mark: (index) => scatter.choose(index),
    repaint() {
      scatter.repaint();
      if (data) showChoices();
    },
    stop() {
      asked += 1;
      clearTimeout(timer);
    },
  };
}

/** Four corners: all of it is shown. */
function wholeIcon() {
  const corners = "M2 6V2h4 M10 2h4v4 M14 10v4h-4 M6 14H2v-4";
  return h("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    h("path", { d: corners, fill: "none", stroke: "currentColor", "stroke-width": 1.8 }));
}

/** A stage in words: "layer 2: 30 neurons" or "layer 1: 16 maps". */
function stageName({ index, units, isImages }, stages) {
  if (index === stages.length - 1) return `the ${units} scores`;
  return `layer ${index + 1}: ${units} ${isImages ? "maps" : "neurons"}`;
}
