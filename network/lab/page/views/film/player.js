// The player of a film: a slider over its epochs, and the frame of the chosen epoch.

import { api, messageOf } from "../../data/api.js";
import { decode } from "../../maths/arrays.js";
import { accuracyRange, formatAccuracy } from "../../ui/axes.js";
import { closest, fill, fraction, h, makeProblem, percent, short } from "../../ui/dom.js";
import { LineChart } from "../../ui/line_chart.js";
import { weightGrid } from "../../ui/weight_pictures.js";
import { predictionChanges } from "./prediction_changes.js";

const FRAME_TIME = 350; // milliseconds per frame
const AHEAD = 3; // frames fetched in advance
/** @type {Record<string, number>} */
const KEYS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** The player: it shows one epoch, or plays all of them. */
export class FilmPlayer {
  /** @type {Map<number, Promise<Frame>>} */
  frames = new Map(); // by epoch
  /** @type {number | undefined} */
  timer = undefined; // set during playback

  /**
   * @param {Film} film
   * @param {string} address of its frames
   */
  constructor(film, address) {
    this.film = film;
    this.address = address;
    this.last = this.epoch = film.epochs.length - 1;
    this.play = h("button", { class: "button is-primary film-play", type: "button", onclick: () => this.toggle() }, "Play");
    this.slider = h("input", {
      type: "range", min: 0, max: this.last, value: this.last, "aria-label": "Epoch",
      oninput: () => this.pauseAt(Number(this.slider.value)),
    });
    this.where = h("output", { class: "film-where" });
    this.accuracy = h("p", { class: "big-number", "aria-live": "polite" });
    this.facts = h("p", { class: "note run-facts" });
    this.chart = new LineChart({
      label: "Validation accuracy per epoch", xLabel: "epoch", yLabel: "accuracy", height: 300, dots: true,
      formatY: formatAccuracy, yRange: accuracyRange, onPick: (x) => this.pauseAt(Math.round(x)),
    });
    this.weights = weightGrid();
    this.changes = predictionChanges(film.classes);
    this.problem = makeProblem();
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.handleKey(event);
  }

  get elements() {
    return [
      h("section", { class: "panel film-bar" }, this.play, this.slider, this.where),
      this.problem.element, noteOn(this.film),
      h("div", { class: "grid film-grid" },
        h("section", { class: "panel" }, h("h2", {}, "Accuracy ", h("small", {}, "on validation images")),
          this.accuracy, this.facts, this.chart.element),
        h("section", { class: "panel" }, h("h2", {}, "First-layer weights ", h("small", {}, "one picture per unit")), this.weights.element)),
      this.changes.element,
    ];
  }

  start() {
    addEventListener("keydown", this.onKey);
    this.go(this.last);
  }

  leave() {
    this.pause();
    removeEventListener("keydown", this.onKey);
  }

  redraw() {
    this.weights.redraw();
    this.changes.redraw();
  }

  /**
   * Fetch a frame, once.
   * @param {number} epoch
   * @returns {Promise<Frame>}
   */
  fetch(epoch) {
    const fetched = this.frames.get(epoch) ?? api.get(`${this.address}/${epoch}`);
    this.frames.set(epoch, fetched);
    fetched.catch(() => this.frames.delete(epoch));
    return fetched;
  }

  /** @param {number} wanted epoch to show */
  async go(wanted) {
    const epoch = this.epoch = Math.min(Math.max(wanted, 0), this.last);
    this.slider.value = String(epoch);
    this.slider.setAttribute("aria-valuetext", `epoch ${epoch} of ${this.last}`);
    fill(this.where, `epoch ${epoch} `, h("span", { class: "note" }, `of ${this.last}`));
    try {
      const frame = await this.fetch(epoch);
      if (epoch === this.epoch) this.show(frame);
    } catch (error) {
      this.pause();
      this.problem.show(messageOf(error));
    }
    for (let next = epoch + 1; next <= Math.min(this.last, epoch + AHEAD); next++) this.fetch(next);
  }

  /** @param {Frame} frame */
  show(frame) {
    const { history } = this.film;
    this.problem.show("");
    fill(this.accuracy, frame.count ? percent(frame.right / frame.count) : "–");
    const finished = history.find((one) => one.epoch === frame.epoch);
    fill(this.facts,
      h("span", {}, frame.count ? `${fraction(frame.right, frame.count)} validation images` : "No validation images"),
      finished && [
        h("span", {}, `loss ${short(finished.loss, 3)}`), h("span", {}, `learning rate ${short(finished.learning_rate)}`),
      ]);
    const points = history.flatMap(({ epoch, validation_accuracy: accuracy }) =>
      (accuracy === null ? [] : [/** @type {Point} */ ([epoch, accuracy])]));
    this.chart.update([{ name: "accuracy", color: "var(--series-1)", points }], {
      xMax: this.last, marks: [[frame.epoch, `epoch ${frame.epoch}`]],
    });
    this.weights.show({ ...decode(frame.pictures), limit: frame.pictures.limit });
    this.changes.show(frame);
  }

  // --- playing ------------------------------------------------------------------------------------

  toggle() {
    if (this.timer) return this.pause();
    this.play.textContent = "Pause";
    if (this.epoch === this.last) this.go(0);
    this.timer = setInterval(() => {
      if (this.epoch === this.last) this.pause();
      else this.go(this.epoch + 1);
    }, FRAME_TIME);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.play.textContent = "Play";
  }

  /** @param {number} epoch */
  pauseAt(epoch) {
    this.pause();
    this.go(epoch);
  }

  /** @param {KeyboardEvent} event */
  handleKey(event) {
    const step = KEYS[event.key];
    if (closest(event, "input, select") || event.altKey || event.ctrlKey || event.metaKey) return;
    if (step) this.pauseAt(this.epoch + step);
    else if (event.key === " " && !closest(event, "button, a")) this.toggle();
    else return;
    event.preventDefault();
  }
}

/**
 * Describe a difference between the film and the run, if there is one.
 * @param {Film} film
 */
function noteOn(film) {
  if (film.shows_the_run === false) {
    return h("p", { class: "note" }, "The weights of this film differ from those of the run: it was made with other software versions, ",
      "another processor or other data. It shows a similar training run, not an identical one.");
  }
  return film.is_whole ? null
    : h("p", { class: "note" }, `The film ends at epoch ${film.epochs.length - 1}; the run has ${film.done}.`);
}
