// Train: begin trainings, watch them learn, and turn their knobs while they do.

import { decode } from "../../data/api.js";
import { accuracyRange, formatAccuracy, lineChart, swatch } from "../../ui/charts.js";
import { fill, h } from "../../ui/dom.js";
import { OVER, accuracyPoints, describeChange, follow, lossPoints, newRun } from "./training_run.js";
import { hintList } from "./hint_list.js";
import { runPanel } from "./run_panel.js";
import { trainingForm } from "./form.js";

export const title = "Train";
export const about = "Watch a network learn, and turn its knobs while it does.";

const COLOURS = 6;
const colourOf = (index) => `var(--series-${(index % COLOURS) + 1})`;

/** Show the view; returns the function that takes it away. */
export function mount(root, context) {
  const { api } = context;
  const runs = new Map(); // name -> what is known, for each run that is shown
  let isGone = false;
  let isDue = false;
  let fetchedAt = 0;

  const accuracy = lineChart({
    label: "Accuracy on the images held out, epoch by epoch", xLabel: "epoch", dots: true,
    formatY: formatAccuracy, yRange: accuracyRange,
  });
  const loss = lineChart({
    label: "Loss, step by step", xLabel: "step", log: true, formatY: (y) => String(Number(y.toPrecision(2))),
  });
  const chips = h("div", { class: "chips", role: "group", "aria-label": "Runs that are shown" });
  const other = h("select", { class: "chip-select", "aria-label": "Show another run beside these" });
  const nothing = h("p", { class: "empty", hidden: true },
    "Nothing is trained yet. Press “Start training”: the network of the textbooks, 784-30-10, learns in a few ",
    "seconds to read more than 96 of 100 digits that it has never seen.");
  const panel = runPanel(context, { steer, change, keepPace });
  const hints = hintList();
  const form = h("details", { class: "panel new-training" },
    h("summary", {}, h("h2", {}, "New training")));
  const curves = h("section", { class: "grid curves", hidden: true },
    figure("Accuracy", "on images held out, after each epoch", accuracy.element),
    figure("Loss", "on each batch, before its update", loss.element));

  root.append(
    h("div", { class: "train-layout" },
      h("div", { class: "stack train-side" }, form, panel.side, panel.knobs),
      h("div", { class: "stack train-main" }, h("div", { class: "row" }, chips, other), nothing, hints.element, curves, panel.main)),
  );

  /** Take a run into the charts. */
  function show(name) {
    if (runs.has(name)) return;
    const run = newRun(name);
    run.index = firstFree();
    runs.set(name, run);
    follow(run, onEvent);
  }

  function firstFree() {
    const taken = new Set([...runs.values()].map((run) => run.index));
    let index = 0;
    while (taken.has(index)) index += 1;
    return index;
  }

  function hide(name) {
    runs.get(name)?.stop();
    runs.delete(name);
    draw();
  }

  function onEvent(run, event) {
    if (isGone) return;
    if (event.type === "state" && OVER.has(event.state)) {
      context.refreshRuns().then(fillOthers);
      fetchedAt = 0; // and so the last weights are seen
    }
    if (run.name === context.run && ["progress", "begin", "state"].includes(event.type)) fetchWeights();
    if (!isDue) {
      isDue = true;
      requestAnimationFrame(draw);
    }
  }

  function draw() {
    isDue = false;
    if (isGone) return;
    const shown = [...runs.values()].filter((run) => run.told);
    curves.hidden = !shown.length;
    nothing.hidden = Boolean(context.run || shown.length);
    const series = (points) => shown.map((run) => ({
      name: run.name, color: colourOf(run.index), points: points(run),
    }));
    const focus = runs.get(context.run);
    const marks = focus?.changes ?? [];
    accuracy.update(series(accuracyPoints), {
      xMax: Math.max(1, ...shown.map((run) => (OVER.has(run.state) ? run.epochsDone.length : run.epochs))),
      marks: marks.map((one) => [one.epoch + partOf(focus, one), describeChange(one)]),
    });
    loss.update(series(lossPoints), {
      xMax: Math.max(1, ...shown.map((run) => run.step)),
      marks: marks.map((one) => [one.step, describeChange(one)]),
    });
    drawChips();
    hints.show(focus);
    panel.update(focus);
  }

  function drawChips() {
    const names = [...runs.keys()].join("\n") + context.run;
    if (chips.dataset.names === names) return;
    chips.dataset.names = names;
    fill(chips, [...runs.values()].map((run) => h("span", { class: "chip-pair" },
      h("button", {
        class: "chip", type: "button", "aria-pressed": String(run.name === context.run),
        onclick: () => focusOn(run.name), title: "Show this run below",
      }, swatch(colourOf(run.index)), run.name),
      runs.size > 1 && h("button", {
        class: "chip chip-close", type: "button", "aria-label": `Take ${run.name} out of the charts`,
        onclick: () => { if (run.name === context.run) focusOn(nextTo(run.name)); hide(run.name); },
      }, "×"))));
  }

  const nextTo = (name) => [...runs.keys()].find((one) => one !== name);

  function focusOn(name) {
    show(name);
    context.chooseRun(name, { remount: false });
    fetchedAt = 0;
    fetchWeights();
    draw();
  }

  function fillOthers() {
    const others = context.runs.filter((run) => !run.problem && !run.members.length && !runs.has(run.name));
    other.hidden = !others.length;
    fill(other, h("option", { value: "" }, "+ compare with …"),
      others.map((run) => h("option", { value: run.name }, run.name)));
  }
  other.onchange = () => {
    show(other.value);
    fillOthers();
  };

  /** Fetch what is shown of the weights, not more often than they can be shown. */
  async function fetchWeights() {
    const now = performance.now();
    if (!context.run || now - fetchedAt < 300) return;
    fetchedAt = now;
    const name = context.run;
    const { pictures, histograms } = await api.get(`/api/trainings/${encodeURIComponent(name)}/weights`);
    if (!isGone && name === context.run) {
      panel.showWeights({ ...decode(pictures), limit: pictures.limit }, histograms);
    }
  }

  /** Tell a training what to do; a stream that had ended is opened again. */
  async function steer(order) {
    const run = runs.get(context.run);
    const wasOver = OVER.has(run.state);
    await api.post(`/api/trainings/${encodeURIComponent(run.name)}/${order}`);
    if (wasOver) follow(run, onEvent);
  }

  function change(values) {
    return api.patch(`/api/trainings/${encodeURIComponent(context.run)}`, values);
  }

  function keepPace(pace) {
    return api.post(`/api/trainings/${encodeURIComponent(context.run)}/pace`, { steps_a_second: pace });
  }

  async function begun(name) {
    await context.refreshRuns();
    form.open = false;
    focusOn(name);
    fillOthers();
    scrollTo({ top: 0, behavior: "smooth" });
  }

  async function start() {
    const [choices, { trainings }] = await Promise.all([api.get("/api/choices"), api.get("/api/trainings")]);
    if (isGone) return;
    form.append(trainingForm(api, choices, begun));
    const live = trainings.filter((one) => !OVER.has(one.state));
    form.open = !context.run;
    for (const { run } of live) show(run);
    if (context.run) focusOn(context.run);
    fillOthers();
    draw();
  }
  start().catch((error) => root.append(h("p", { class: "problem", role: "alert" }, error.message)));
  context.onTheme(() => panel.redraw());

  return () => {
    isGone = true;
    for (const run of runs.values()) run.stop();
  };
}

function figure(name, what, element) {
  return h("section", { class: "panel" }, h("h2", {}, name, " ", h("small", {}, what)), element);
}

/** How far into its epoch a change was made, from 0 to 1. */
function partOf(run, { epoch, step }) {
  const before = run.epochsDone[epoch - 1]?.step ?? 0;
  const steps = run.told?.images ? Math.ceil(run.told.images / run.told.configuration.batch_size) : 1;
  return Math.min(1, (step - before) / steps);
}
