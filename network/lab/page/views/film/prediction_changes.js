// The digits whose answers flipped from one epoch to the next.

import { decode } from "../../maths/arrays.js";
import { fill, h, number } from "../../ui/dom.js";
import { heat } from "../../ui/heat.js";

/** @type {[kind: keyof Frame["flips"], name: string, what: string][]} */
const KINDS = [
  ["put_right", "Now right", "wrong an epoch before"],
  ["put_wrong", "Now wrong", "right an epoch before"],
  ["other_wrong", "Still wrong", "with another answer"],
];

/**
 * Make the panels. `show(frame)` fills them; `redraw` draws again in the colours of now.
 * @param {string[]} classes
 */
export function predictionChanges(classes) {
  const panels = KINDS.map(([kind, name, what]) => makePanel(classes, kind, name, what));
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

/** @type {(classes: string[], kind: keyof Frame["flips"], name: string, what: string) => {element: HTMLElement, show: (frame: Frame) => void}} */
function makePanel(classes, kind, name, what) {
  const count = h("b", { class: "flip-count" });
  const digits = h("div", { class: "digits" });
  const more = h("p", { class: "note" });
  return {
    element: h("section", { class: "panel flips", "data-kind": kind },
      h("h2", {}, count, " ", name.toLowerCase(), " ", h("small", {}, what)), digits, more),
    show({ flips, epoch }) {
      const found = flips[kind];
      const { shape: [shown, height, width], values } = decode(found.images);
      count.textContent = number(found.count);
      fill(digits, found.labels.map((label, n) => digitOf(
        heat(values, height, width, { limit: 255, at: n * height * width }), classes, label, found.was[n], found.now[n])));
      fill(more, found.count > shown && `and ${number(found.count - shown)} more`,
        !found.count && (epoch ? "None from the epoch before to this one." : "Nothing comes before the first epoch."));
    },
  };
}

/** @type {(canvas: HTMLCanvasElement, classes: string[], label: number, was: number, now: number) => HTMLElement} */
function digitOf(canvas, classes, label, was, now) {
  /** @param {number} one */
  const name = (one) => classes[one] ?? String(one);
  /** @param {number} one */
  const answer = (one) => h(one === label ? "b" : "span", {}, name(one));
  const words = `A ${name(label)}: the answer was ${name(was)}, now it is ${name(now)}`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", words);
  return h("figure", { class: "digit", title: words }, canvas,
    h("figcaption", {}, answer(was), " → ", answer(now)));
}
