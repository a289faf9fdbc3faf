// Requests that take a while: only the response to the latest one is used.

import { fill, h } from "./dom.js";
import { messageOf } from "../data/api.js";

/**
 * Wrap a function as a request. `element` is busy until it ends, and shows its error. The function
 * receives isLatest(), which returns whether its result is still needed.
 * @param {HTMLElement} element
 * @param {(isLatest: () => boolean) => Promise<void>} request
 * @returns {() => Promise<void>}
 */
export function latestOnly(element, request) {
  let count = 0;
  return async () => {
    count += 1;
    const number = count;
    const isLatest = () => number === count && element.isConnected;
    element.setAttribute("aria-busy", "true");
    if (!element.hasChildNodes()) fill(element, h("p", { class: "note" }, "Computing …"));
    try {
      await request(isLatest);
    } catch (error) {
      if (isLatest()) fill(element, h("p", { class: "problem", role: "alert" }, messageOf(error)));
    }
    if (number === count) element.setAttribute("aria-busy", "false");
  };
}
