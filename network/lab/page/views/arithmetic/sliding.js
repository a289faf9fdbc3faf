// An animation: a window that slides over a picture, and the resulting map.

import { h } from "../../ui/dom.js";
import { inNextFrame } from "../../ui/drawn.js";
import { limitOf } from "../../ui/heat.js";
import { figure, sign } from "./figures.js";
import { drawNumbers, picture } from "./number_pictures.js";

const SECONDS = 6; // for all positions

/**
 * Build the animation: `to` appears number by number while the window moves. It starts at the event
 * "begin" of the element.
 * @param {object} options
 * @param {NdArray} options.from
 * @param {NdArray} options.to
 * @param {number} options.size of the window
 * @param {number} [options.padding]
 * @param {number} [options.step]
 * @param {[string, string]} options.names
 */
export function slidingWindow({ from, to, size, padding = 0, step = 1, names }) {
  const source = picture(from, { frames: [[-padding, -padding, size, size]], label: "input" });
  const options = { limit: limitOf(to.values), isSigned: to.values.some((value) => value < 0) };
  const empty = { shape: to.shape, values: new Float32Array(to.values.length) };
  const target = picture(empty, { ...options, frames: [[0, 0, 1, 1]], label: "output" });
  const element = h("div", { class: "lesson-sliding" },
    figure(source.element, names[0]), sign("→"), figure(target.element, names[1]));
  let began = 0;

  /** @param {number} count of the numbers to show */
  function show(count) {
    drawNumbers(target.canvas, { shape: to.shape, values: to.values.map((value, n) => (n < count ? value : 0)) }, options);
    const last = Math.max(0, Math.min(count, to.values.length) - 1);
    const [row, column] = [Math.floor(last / to.shape[1]), last % to.shape[1]];
    source.frame([row * step - padding, column * step - padding, size, size]);
    target.frame([row, column, 1, 1]);
  }

  const move = inNextFrame(() => {
    if (!element.isConnected) return;
    const share = Math.min(1, (performance.now() - began) / (1000 * SECONDS));
    show(Math.ceil(share * to.values.length));
    if (share < 1) move();
  });

  element.addEventListener("begin", () => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return show(to.values.length);
    began = performance.now();
    move();
  });
  return element;
}
