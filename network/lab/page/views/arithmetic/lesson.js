// The lesson that is shown: its steps, one after the other, by buttons, keys, or by themselves.

import { fill, h } from "../../ui/dom.js";
import { LESSONS } from "./lessons.js";

const READING = 3200; // milliseconds for a step that goes on by itself
const WATCHING = 7200; // for one in which something moves

/** Make the panel of a lesson. `onLeave(1 or -1)` is called at its end and before its beginning. */
export function makeLesson({ onLeave }) {
  const where = h("p", { class: "lesson-where" });
  const say = h("p", { class: "lesson-say", "aria-live": "polite" });
  const stage = h("div", { class: "lesson-stage" });
  const dots = h("span", { class: "lesson-dots", "aria-hidden": "true" });
  const back = h("button", { class: "button", type: "button", onclick: () => move(-1) }, "← Back");
  const play = h("button", { class: "button lesson-play", type: "button", onclick: () => setPlaying(!timer) });
  const next = h("button", { class: "button is-primary", type: "button", onclick: () => move(1) }, "Next →");
  const element = h("section", { class: "panel lesson", "aria-label": "Step by step" },
    h("header", { class: "lesson-head" }, where, say), stage, h("div", { class: "lesson-controls" }, back, play, next, dots));
  let [steps, step, timer, isFirst, isLast] = [[], 0, 0, true, false];

  /** Show what a layer does to a number, from a step on; Infinity: from the last. */
  function show(at, { step: from }) {
    const { layers, outputs, index } = at;
    const kind = layers[index]?.kind ?? "Answer";
    ({ steps } = LESSONS[kind](at));
    [isFirst, isLast] = [index === 0, index === layers.length];
    where.textContent = isLast ? "The answer"
      : `Layer ${index + 1} of ${layers.length} · ${kind} · ${outputs[index].shape.join(" × ")} → ${outputs[index + 1].shape.join(" × ")}`;
    fill(stage, steps.map(({ show }, n) => show.map((part) => Object.assign(part, { appears: n }))));
    to(Math.min(from, steps.length - 1));
  }

  function to(number) {
    step = number;
    say.textContent = steps[step].say;
    for (const part of stage.children) {
      later(part, part.appears > step);
      if (part.appears === step) for (const one of [part, ...part.querySelectorAll("*")]) one.begin?.();
    }
    for (const part of stage.querySelectorAll("[data-from]")) later(part, Number(part.dataset.from) > step);
    fill(dots, steps.map((_, n) => h("i", { class: n === step ? "is-here" : null })));
    back.disabled = isFirst && step === 0;
    next.disabled = isLast && step === steps.length - 1;
    const newest = [...stage.children].filter((part) => part.appears === step).at(-1);
    if (step > 0) newest?.scrollIntoView({ block: "nearest", behavior: "smooth" });
    setPlaying(Boolean(timer) && !next.disabled);
  }

  function later(part, isLater) {
    part.classList.toggle("is-later", isLater);
    part.setAttribute("aria-hidden", String(isLater));
  }

  function move(by) {
    if ((by > 0 ? next : back).disabled) return;
    if (step + by >= 0 && step + by < steps.length) to(step + by);
    else onLeave(by);
  }

  function setPlaying(isOn) {
    clearTimeout(timer);
    timer = 0;
    if (isOn && next.disabled) return onEnd();
    if (isOn) timer = setTimeout(() => move(1), stage.querySelector(".lesson-sliding:not(.is-later)") ? WATCHING : READING);
    play.textContent = isOn ? "❚❚ Pause" : "▶ Play";
  }

  function onEnd() {
    play.textContent = "▶ Play";
  }

  function onKey(event) {
    if (event.target.closest?.("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowRight") move(1);
    else if (event.key === "ArrowLeft") move(-1);
    else if (event.key === " " && !event.target.closest?.("button, a, summary")) setPlaying(!timer);
    else return;
    event.preventDefault();
  }

  document.addEventListener("keydown", onKey);
  setPlaying(false);
  return {
    element, show,
    get step() { return step; },
    stop() {
      clearTimeout(timer);
      document.removeEventListener("keydown", onKey);
    },
  };
}
