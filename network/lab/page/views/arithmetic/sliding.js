// A window that slides over a picture, and the map that it makes.

import { h } from "../../ui/dom.js";
import { limitOf } from "../../ui/heat.js";
import { drawPicture, figure, picture, sign } from "./figures.js";

const SECONDS = 6; // for all places

/** Show the window on its way; `to` appears number by number as it passes. */
export function slidingWindow({ from, to, size, padding = 0, step = 1, names }) {
  const seen = picture(from, { frames: [[-padding, -padding, size, size]], label: "what comes in" });
  const options = { limit: limitOf(to.values), signed: to.values.some((value) => value < 0) };
  const made = picture({ shape: to.shape, values: new Float32Array(to.values.length) }, { ...options, frames: [[0, 0, 1, 1]], label: "the map" });
  const element = h("div", { class: "lesson-sliding" },
    figure(seen, names[0]), sign("→"), figure(made, names[1]));
  let began = 0;

  function show(count) {
    const values = to.values.map((value, n) => (n < count ? value : 0));
    drawPicture(made.canvas, { shape: to.shape, values }, options);
    const last = Math.max(0, Math.min(count, to.values.length) - 1);
    const [row, column] = [Math.floor(last / to.shape[1]), last % to.shape[1]];
    seen.frame([row * step - padding, column * step - padding, size, size]);
    made.frame([row, column, 1, 1]);
  }

  function go(now) {
    if (!element.isConnected) return;
    began ||= now;
    const share = Math.min(1, (now - began) / (1000 * SECONDS));
    show(Math.ceil(share * to.values.length));
    if (share < 1) requestAnimationFrame(go);
  }

  /** Called when the step comes that shows it. */
  element.begin = () => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return show(to.values.length);
    began = 0;
    requestAnimationFrame(go);
  };
  return element;
}
