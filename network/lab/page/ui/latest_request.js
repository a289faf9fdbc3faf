// Ask what takes a while: the answer to the latest request counts, those to earlier ones are late.

import { fill, h } from "./dom.js";
import { messageOf } from "../data/api.js";

/**
 * Make a request of a function; `element` is busy meanwhile, and shows what went wrong. The
 * function is given isLatest(), which returns whether its answer is still needed.
 * @param {HTMLElement} element
 * @param {(isLatest: () => boolean) => Promise<void>} ask
 * @returns {() => Promise<void>}
 */
export function latestOnly(element, ask) {
  let count = 0;
  return async () => {
    count += 1;
    const number = count;
    const isLatest = () => number === count && element.isConnected;
    element.setAttribute("aria-busy", "true");
    if (!element.hasChildNodes()) fill(element, h("p", { class: "note" }, "Computing …"));
    try {
      await ask(isLatest);
    } catch (error) {
      if (isLatest()) fill(element, h("p", { class: "problem", role: "alert" }, messageOf(error)));
    }
    if (number === count) element.setAttribute("aria-busy", "false");
  };
}
