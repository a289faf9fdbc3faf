// One training, closely: how it stands, its buttons and knobs, its layers, its first weights.

import { bars, lineChart } from "../../ui/charts.js";
import { fill, h, number, percent } from "../../ui/dom.js";
import { OVER, accuracyPoints, describeChange } from "./training_run.js";
import { knob } from "./live_settings.js";
import { weightHistograms } from "./histograms.js";
import { paceChoice } from "./speed.js";
import { weightGrid } from "../../ui/weight_pictures.js";

const STATES = {
  training: "training", paused: "paused, all saved", ended: "finished", stopped: "stopped, all saved",
  failed: "failed", watched: "trained elsewhere, watched here", "": "…",
};
const LAYER_COLOURS = 6;

/** Make the panels of the run in focus: `side` stands at the side, `main` under the curves. */
export function runPanel(context, { steer, change, keepPace }) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const state = h("p", { class: "run-state", role: "status" });
  const accuracy = h("p", { class: "big-number" });
  const facts = h("p", { class: "note run-facts" });
  const buttons = h("div", { class: "row" });
  const knobs = makeKnobs((values) => attempt(() => change(values)));
  const pace = paceChoice((chosen) => attempt(() => keepPace(chosen)));
  const gradients = lineChart({
    label: "Length of each layer's gradient, step by step", xLabel: "step", height: 180, log: true,
    formatY: (y) => String(Number(y.toPrecision(2))),
  });
  const dead = h("div", { class: "dead" });
  const weights = weightGrid();
  const histograms = weightHistograms();
  let shownButtons = "";
  let [hasPictures, hasHistograms] = [false, false];

  async function attempt(action) {
    problem.hidden = true;
    try {
      await action();
    } catch (error) {
      fill(problem, error.message);
      problem.hidden = false;
      knobs.restore();
    }
  }

  const side = h("section", { class: "panel stack run-side", hidden: true },
    h("div", {}, state, accuracy, facts), buttons, pace.element, problem);
  const inside = h("div", { class: "grid", hidden: true },
    h("section", { class: "panel" },
      h("h2", {}, "Gradients ", h("small", {}, "their length in each layer")), gradients.element),
    h("section", { class: "panel" },
      h("h2", {}, "Dead units ", h("small", {}, "that no image moves")), dead,
      h("p", { class: "note" }, "A unit counts as dead when its activation is flat, less than 0.5 % of its ",
        "steepest slope, on all of 128 training images.")));
  const first = h("section", { class: "panel", hidden: true },
    h("h2", {}, "First weights ", h("small", {}, "as they form")), weights.element);
  const spread = h("section", { class: "panel", hidden: true },
    h("h2", {}, "All weights ", h("small", {}, "layer by layer, now and at the start")), histograms.element,
    h("p", { class: "note histogram-key" },
      h("span", {}, h("i", { class: "swatch is-now" }), "now"), h("span", {}, h("i", { class: "swatch is-start" }), "at the start"),
      h("span", {}, "Across: the weight. Up: how many there are, as square roots, so that the few can be seen.")));

  function update(run) {
    side.hidden = !run?.told;
    if (!run?.told) {
      knobs.show(null, []);
      inside.hidden = first.hidden = spread.hidden = true;
      return;
    }
    const done = run.epochsDone.length;
    const last = accuracyPoints(run).at(-1);
    fill(state, h("i", { class: `dot is-${run.state}` }), STATES[run.state] ?? run.state);
    fill(accuracy, last && percent(last[1]));
    fill(facts, factsOf(run, done).map((one) => h("span", {}, one)));
    if (run.message) fill(problem, run.message);
    problem.hidden = !run.message;
    drawButtons(run);
    pace.show(["training", "paused"].includes(run.state) ? run.pace : undefined);
    knobs.show(OVER.has(run.state) ? null : run.controls, run.changes);
    inside.hidden = !run.layers.length;
    [first.hidden, spread.hidden] = [!hasPictures, !hasHistograms]; // they can be here before the rest
    gradients.update(run.layers.map((layer, index) => ({
      name: layer.name, color: `var(--series-${(index % LAYER_COLOURS) + 1})`, points: layer.gradients,
    })), { xMax: run.step || 1 });
    drawDead(run.layers);
  }

  function drawDead(layers) {
    const rows = layers.filter((layer) => layer.dead !== null);
    fill(dead, rows.length
      ? bars(rows.map((layer) => ({ name: layer.name, value: layer.dead, text: percent(layer.dead, 0) })))
      : h("p", { class: "note" }, "No activation here can be dead."));
  }

  function drawButtons(run) {
    const wanted = buttonsOf(run);
    const key = run.name + wanted.map(([order]) => order).join();
    if (key === shownButtons) return;
    shownButtons = key;
    fill(buttons, wanted.map(([order, text, isFirst]) => h("button", {
      class: `button${isFirst ? " is-primary" : ""}`, type: "button", "data-order": order,
      onclick: () => attempt(() => steer(order)),
    }, text)));
  }

  function showWeights(found, counted) {
    weights.show(found);
    histograms.show(counted);
    [hasPictures, hasHistograms] = [Boolean(found), counted.length > 0];
    [first.hidden, spread.hidden] = [!hasPictures, !hasHistograms];
  }

  return {
    side, knobs: knobs.element, main: h("div", { class: "stack" }, first, spread, inside),
    update, showWeights, redraw: weights.redraw,
  };
}

function factsOf(run, done) {
  const parts = [`epoch ${number(done)} of ${number(run.epochs)}`];
  if (run.told.sizes) parts.push(run.told.sizes);
  if (run.state === "training" && run.rate) {
    parts.push(`${number(run.rate.steps_a_second)} steps/s`);
    parts.push(`rate now ${Number(run.rate.learning_rate.toPrecision(2))}`);
  }
  return parts;
}

function buttonsOf(run) {
  if (run.state === "watched") return [];
  if (run.state === "training") {
    return [["pause", "Pause", true], ["epoch", "Finish epoch"], ["stop", "Stop"]];
  }
  if (run.state === "paused") {
    return [["resume", "Go on", true], ["epoch", "One more epoch"], ["stop", "Stop"]];
  }
  if (run.state === "stopped") return [["resume", "Go on", true], ["epoch", "One more epoch"]];
  return run.state === "ended" ? [["epoch", "One more epoch", true]] : [];
}

function makeKnobs(onTurn) {
  const turn = (name) => (value) => onTurn({ [name]: value });
  const all = {
    learning_rate: knob({
      id: "knob-learning-rate", label: "Learning rate", low: 1e-5, high: 100, scale: "powers", onTurn: turn("learning_rate"),
    }),
    momentum: knob({
      id: "knob-momentum", label: "Momentum", low: 0, high: 0.999, lacks: "this optimizer has none", onTurn: turn("momentum"),
    }),
    weight_decay: knob({
      id: "knob-weight-decay", label: "Weight decay", low: 1e-7, high: 1, scale: "powers", onTurn: turn("weight_decay"),
    }),
    dropout: knob({
      id: "knob-dropout", label: "Dropout", low: 0, high: 0.95, lacks: "the model has no such layer", onTurn: turn("dropout"),
    }),
  };
  const augment = h("input", {
    id: "knob-augment", type: "text", placeholder: "none; as in shift=2,rotate=10", autocomplete: "off", spellcheck: "false",
  });
  const list = h("ul", { class: "note changes" });
  const element = h("section", { class: "panel stack knobs", hidden: true }, h("h2", {}, "Knobs"),
    Object.values(all).map((one) => one.element),
    h("div", { class: "knob" }, h("label", { for: "knob-augment" }, "Augmentation"), augment),
    list);
  let shown = null;
  augment.onchange = () => onTurn({ augment: parse(augment.value) });

  function show(controls, changes) {
    fill(list, changes.slice(-4).map((one) => h("li", {}, describeChange(one))));
    element.hidden = !controls;
    if (!controls || controls === shown) return;
    shown = controls;
    for (const [name, one] of Object.entries(all)) one.set(controls[name]);
    augment.value = Object.entries(controls.augment).map((pair) => pair.join("=")).join(",");
  }

  return {
    element, show,
    restore() {
      const controls = shown;
      shown = null;
      show(controls, []);
    },
  };
}

/** Read "shift=2,rotate=10"; what is no number is left for the server to refuse. */
function parse(text) {
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part && part !== "none");
  return Object.fromEntries(parts.map((part) => {
    const [name, strength] = part.split("=");
    return [name.trim(), Number.isNaN(Number(strength)) ? -1 : Number(strength)];
  }));
}
