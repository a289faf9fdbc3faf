// The images whose predictions changed from one epoch to the next.

import { decode } from "../../maths/arrays.js";
import { fill, h, number } from "../../ui/dom.js";
import { heat } from "../../ui/heat.js";

/** @type {[kind: keyof Frame["flips"], name: string, before: string][]} */
const KINDS = [
  ["put_right", "Newly correct", "incorrect one epoch earlier"],
  ["put_wrong", "Newly wrong", "correct one epoch earlier"],
  ["other_wrong", "Still wrong", "with another prediction"],
];

/**
 * Build the panels. `show(frame)` fills them; `redraw` uses the colours of the current theme.
 * @param {string[]} classes
 */
export function predictionChanges(classes) {
  const panels = KINDS.map(([kind, name, before]) => makePanel(classes, kind, name, before));
  /** @type {Frame | null} */
  let frame = null;

  function redraw() {
    if (frame) for (const panel of panels) panel.show(frame);
  }

  return {
    element: h("div", { class: "grid flips-grid" }, panels.map((panel) => panel.element)),
    redraw,
    /** @param {Frame} given */
    show(given) {
      frame = given;
      redraw();
    },
  };
}

/** @type {(classes: string[], kind: keyof Frame["flips"], name: string, before: string) => {element: HTMLElement, show: (frame: Frame) => void}} */
function makePanel(classes, kind, name, before) {
  const count = h("b", { class: "flip-count" });
  const digits = h("div", { class: "digits" });
  const more = h("p", { class: "note" });
  return {
    element: h("section", { class: "panel flips", "data-kind": kind },
      h("h2", {}, count, " ", name.toLowerCase(), " ", h("small", {}, before)), digits, more),
    show({ flips, epoch }) {
      const found = flips[kind];
      const { shape: [shown, height, width], values } = decode(found.images);
      count.textContent = number(found.count);
      fill(digits, found.labels.map((label, n) => digitOf(
        heat(values, height, width, { limit: 255, at: n * height * width }), classes, label, found.was[n], found.now[n])));
      fill(more, found.count > shown && `and ${number(found.count - shown)} more`,
        !found.count && (epoch ? "No such predictions in this epoch." : "Epoch 0 is the untrained network."));
    },
  };
}

/** @type {(canvas: HTMLCanvasElement, classes: string[], label: number, was: number, now: number) => HTMLElement} */
function digitOf(canvas, classes, label, was, now) {
  /** @param {number} one */
  const name = (one) => classes[one] ?? String(one);
  /** @param {number} one */
  const prediction = (one) => h(one === label ? "b" : "span", {}, name(one));
  const words = `True class ${name(label)}: predicted as ${name(was)} before, now as ${name(now)}`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words);
  return h("figure", { class: "digit", title: words }, canvas,
    h("figcaption", {}, prediction(was), " → ", prediction(now)));
}
