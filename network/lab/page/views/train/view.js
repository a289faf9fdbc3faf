// Train: start training runs, watch them learn, and change their settings during training.

import { api, messageOf } from "../../data/api.js";
import { decode } from "../../maths/arrays.js";
import { fill, h, problemText } from "../../ui/dom.js";
import { inNextFrame } from "../../ui/drawn.js";
import { swatch } from "../../ui/line_chart.js";
import { seriesColour } from "../../ui/palette.js";
import { makeCurves } from "./curves.js";
import { TrainingForm } from "./form.js";
import { hintList } from "./hint_list.js";
import { LayersPanel } from "./layers_panel.js";
import { RunPanel } from "./run_panel.js";
import { followRun, isOver, newRun } from "./training_run.js";

export const title = "Train";
export const about = "Watch a network learn, and change its settings while it trains.";

const WEIGHTS_WAIT = 300; // milliseconds between two requests for weights

/**
 * Show the view; returns a function that stops it.
 * @param {HTMLElement} root
 * @param {ViewContext} context
 */
export function mount(root, context) {
  const view = new TrainView(context);
  root.append(view.element);
  view.start().catch((error) => root.append(problemText(messageOf(error))));
  context.onTheme(() => view.layers.weights.redraw());
  return () => view.leave();
}

/** The shown runs; the one chosen in the lab is in focus. */
class TrainView {
  /** @type {Map<string, ShownRun>} */
  shown = new Map(); // by name
  fetchedAt = -Infinity; // time of the last request for weights, since the page was opened

  /** @param {ViewContext} context */
  constructor(context) {
    this.context = context;
    this.chips = h("div", { class: "chips", role: "group", "aria-label": "Shown runs" });
    this.others = h("select", { class: "chip-select", "aria-label": "Compare with another run" });
    this.others.onchange = () => {
      this.show(this.others.value);
      this.fillOthers();
    };
    this.nothing = h("p", { class: "empty", hidden: true },
      "No runs yet. Press “Start training”: the default network, 784-30-10, learns to read handwritten digits in a few ",
      "seconds, with more than 96 % accuracy on the validation images.");
    this.panel = new RunPanel({
      control: (command) => this.control(command),
      change: (values) => api.patch(this.address, values),
      setSpeed: (speed) => api.post(`${this.address}/pace`, { steps_a_second: speed }),
    });
    this.hints = hintList();
    this.curves = makeCurves();
    this.layers = new LayersPanel();
    this.form = h("details", { class: "panel new-training" }, h("summary", {}, h("h2", {}, "New training run")));
    this.drawLater = inNextFrame(() => this.draw());
    this.element = h("div", { class: "train-layout" },
      h("div", { class: "stack train-side" }, this.form, this.panel.element, this.panel.settings.element),
      h("div", { class: "stack train-main" }, h("div", { class: "row" }, this.chips, this.others), this.nothing,
        this.hints.element, this.curves.element, this.layers.element));
  }

  async start() {
    /** @type {[FormOptions, {trainings: {run: string, state: string}[]}]} */
    const [options, { trainings }] = await Promise.all([api.get("/api/choices"), api.get("/api/trainings")]);
    if (this.isGone) return;
    this.panel.settings.offer(options.live);
    this.form.append(new TrainingForm(options, (name) => this.onBegin(name)).element);
    this.form.open = !this.context.run;
    for (const { run, state } of trainings) if (!isOver(state)) this.show(run);
    if (this.context.run) this.focusOn(this.context.run);
    this.fillOthers();
    this.draw();
  }

  leave() {
    for (const { run } of this.shown.values()) run.stop?.();
    this.shown.clear();
  }

  get isGone() {
    return !this.element.isConnected;
  }

  // --- shown runs ---------------------------------------------------------------------------------

  /** The run in focus, if it is shown. */
  get focus() {
    return this.shown.get(this.context.run)?.run;
  }

  /** @param {string} name of a run to add to the charts */
  show(name) {
    if (this.shown.has(name)) return;
    const used = [...this.shown.values()].map(({ index }) => index);
    let index = 0;
    while (used.includes(index)) index += 1;
    const run = newRun(name);
    this.shown.set(name, { run, index });
    this.follow(run);
  }

  /** @param {string} name of a run to remove from the charts */
  hide(name) {
    const next = [...this.shown.keys()].find((one) => one !== name);
    if (name === this.context.run && next) this.focusOn(next);
    this.shown.get(name)?.run.stop?.();
    this.shown.delete(name);
    this.draw();
  }

  /** @param {string} name */
  focusOn(name) {
    this.show(name);
    this.context.chooseRun(name, { remount: false });
    this.fetchedAt = -Infinity;
    this.fetchWeights();
    this.draw();
  }

  fillOthers() {
    const others = this.context.runs.filter((run) => !run.problem && !run.members.length && !this.shown.has(run.name));
    this.others.hidden = !others.length;
    fill(this.others, h("option", { value: "" }, "+ Compare with …"),
      others.map((run) => h("option", { value: run.name }, run.name)));
  }

  // --- events and commands ------------------------------------------------------------------------

  /** @param {Run} run */
  follow(run) {
    followRun(run, (_, event) => this.onEvent(run, event));
  }

  /**
   * @param {Run} run
   * @param {TrainingEvent} event
   */
  onEvent(run, event) {
    if (this.isGone) return;
    if (event.type === "state" && isOver(event.state)) {
      this.context.refreshRuns().then(() => this.fillOthers());
      this.fetchedAt = -Infinity; // so that the final weights are requested
    }
    if (run.name === this.context.run && ["progress", "begin", "state"].includes(event.type)) this.fetchWeights();
    this.drawLater();
  }

  /** @param {string} name of the run that has started */
  async onBegin(name) {
    await this.context.refreshRuns();
    this.form.open = false;
    this.focusOn(name);
    this.fillOthers();
    scrollTo({ top: 0, behavior: "smooth" });
  }

  /** The address of the run in focus. */
  get address() {
    return `/api/trainings/${encodeURIComponent(this.context.run)}`;
  }

  /**
   * Send a command to the run in focus; if its stream of events has ended, open it again.
   * @param {string} command
   */
  async control(command) {
    const run = this.focus;
    const wasOver = run && isOver(run.state);
    await api.post(`${this.address}/${command}`);
    if (wasOver) this.follow(run);
  }

  /** Fetch the weights to show, at most every WEIGHTS_WAIT milliseconds. */
  async fetchWeights() {
    const now = performance.now();
    if (!this.context.run || now - this.fetchedAt < WEIGHTS_WAIT) return;
    this.fetchedAt = now;
    const name = this.context.run;
    /** @type {{pictures: EncodedPictures, histograms: Histogram[]}} */
    const { pictures, histograms } = await api.get(`${this.address}/weights`);
    if (this.isGone || name !== this.context.run) return;
    this.layers.showWeights({ ...decode(pictures), limit: pictures.limit }, histograms);
  }

  // --- drawing ------------------------------------------------------------------------------------

  draw() {
    if (this.isGone) return;
    const { focus } = this;
    const started = [...this.shown.values()].filter(({ run }) => run.begin);
    this.nothing.hidden = Boolean(this.context.run || started.length);
    this.curves.show(started, focus);
    this.drawChips();
    this.hints.show(focus);
    this.panel.show(focus);
    this.layers.show(focus);
  }

  drawChips() {
    const names = [...this.shown.keys(), this.context.run].join("\n");
    if (this.chips.dataset.names === names) return; // a chip may have the keyboard focus
    this.chips.dataset.names = names;
    fill(this.chips, [...this.shown.values()].map(({ run: { name }, index }) => h("span", { class: "chip-pair" },
      h("button", {
        class: "chip", type: "button", "aria-pressed": String(name === this.context.run),
        onclick: () => this.focusOn(name), title: "Show this run",
      }, swatch(seriesColour(index)), name),
      this.shown.size > 1 && h("button", {
        class: "chip chip-close", type: "button", "aria-label": `Remove ${name} from charts`,
        onclick: () => this.hide(name),
      }, "×"))));
  }
}
