// The panel of a lesson: its steps, one by one, with buttons, keys, or automatically.

import { closest, fill, h } from "../../ui/dom.js";
import { LESSONS } from "./lessons.js";
import { shapeText } from "./names.js";

const READING = 3200; // milliseconds per step during playback
const WATCHING = 7200; // milliseconds per step with an animation

/** The panel of a lesson; it calls `onLeave` with 1 after its last step and with -1 before its first. */
export class LessonPanel {
  /** @type {LessonStep[]} */
  steps = [];
  step = 0;
  /** @type {number | undefined} */
  timer = undefined; // set during playback
  isFirst = true; // lesson of all lessons
  isLast = false;

  /** @param {(by: 1 | -1) => void} onLeave */
  constructor(onLeave) {
    this.onLeave = onLeave;
    this.where = h("p", { class: "lesson-where" });
    this.text = h("p", { class: "lesson-text", "aria-live": "polite" });
    this.stage = h("div", { class: "lesson-stage" });
    this.dots = h("span", { class: "lesson-dots", "aria-hidden": "true" });
    this.back = h("button", { class: "button", type: "button", onclick: () => this.move(-1) }, "← Back");
    this.play = h("button", { class: "button lesson-play", type: "button", onclick: () => this.toggle() });
    this.next = h("button", { class: "button is-primary", type: "button", onclick: () => this.move(1) }, "Next →");
    this.element = h("section", { class: "panel lesson", "aria-label": "Step by step" },
      h("header", { class: "lesson-head" }, this.where, this.text), this.stage,
      h("div", { class: "lesson-controls" }, this.back, this.play, this.next, this.dots));
    this.onKey = (/** @type {KeyboardEvent} */ event) => this.handleKey(event);
    document.addEventListener("keydown", this.onKey);
    this.setPlaying(false);
  }

  /**
   * Show the lesson of a topic, starting at a step; Infinity: the last step.
   * @param {LessonTopic} topic
   * @param {number} from
   */
  show(topic, from) {
    const { layers, outputs, index } = topic;
    const kind = layers[index]?.kind ?? "Prediction";
    this.steps = LESSONS[kind](topic).steps;
    [this.isFirst, this.isLast] = [index === 0, index === layers.length];
    this.where.textContent = this.isLast ? "Prediction"
      : `Layer ${index + 1} of ${layers.length} · ${kind} · ${shapeText(outputs[index].shape)} → ${shapeText(outputs[index + 1].shape)}`;
    fill(this.stage, this.steps.map(({ show }) => show));
    this.goTo(Math.min(from, this.steps.length - 1));
  }

  /** @param {number} step to show, together with all steps before it */
  goTo(step) {
    this.step = step;
    this.text.textContent = this.steps[step].text;
    this.steps.forEach(({ show }, n) => show.forEach((part) => setLater(part, n > step)));
    for (const part of this.stage.querySelectorAll("[data-from]")) setLater(part, Number(part.getAttribute("data-from")) > step);
    this.begin(this.steps[step].show);
    fill(this.dots, this.steps.map((_, n) => h("i", { class: n === step ? "is-here" : null })));
    this.back.disabled = this.isFirst && step === 0;
    this.next.disabled = this.isLast && step === this.steps.length - 1;
    if (step > 0) this.steps[step].show.at(-1)?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    this.setPlaying(this.isPlaying && !this.next.disabled);
  }

  /**
   * Start the animations in some parts.
   * @param {Element[]} parts
   */
  begin(parts) {
    for (const part of parts) {
      for (const one of [part, ...part.querySelectorAll("*")]) one.dispatchEvent(new Event("begin"));
    }
  }

  /** @param {1 | -1} by */
  move(by) {
    if ((by > 0 ? this.next : this.back).disabled) return;
    const step = this.step + by;
    if (step >= 0 && step < this.steps.length) this.goTo(step);
    else this.onLeave(by);
  }

  get isPlaying() {
    return this.timer !== undefined;
  }

  toggle() {
    this.setPlaying(!this.isPlaying);
  }

  /** @param {boolean} isOn whether to play the steps automatically */
  setPlaying(isOn) {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (isOn && !this.next.disabled) {
      const isMoving = this.stage.querySelector(".lesson-sliding:not(.is-later)");
      this.timer = setTimeout(() => this.move(1), isMoving ? WATCHING : READING);
    }
    this.play.textContent = this.isPlaying ? "❚❚ Pause" : "▶ Play";
  }

  /** @param {KeyboardEvent} event */
  handleKey(event) {
    if (closest(event, "input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowRight") this.move(1);
    else if (event.key === "ArrowLeft") this.move(-1);
    else if (event.key === " " && !closest(event, "button, a, summary")) this.toggle();
    else return;
    event.preventDefault();
  }

  stop() {
    clearTimeout(this.timer);
    document.removeEventListener("keydown", this.onKey);
  }
}

/**
 * Hide a part that belongs to a later step.
 * @param {Element} part
 * @param {boolean} isLater
 */
function setLater(part, isLater) {
  part.classList.toggle("is-later", isLater);
  part.setAttribute("aria-hidden", String(isLater));
}
