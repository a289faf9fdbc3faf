// Ask what takes a while: the answer to the latest question counts, those to earlier ones are late.

import { fill, h } from "../ui/dom.js";

/** Make a question of a function; `element` is busy meanwhile, and tells what went wrong. The
 * function is given isLatest(), which says whether somebody still wants its answer. */
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
      if (isLatest()) fill(element, h("p", { class: "problem", role: "alert" }, error.message));
    }
    if (number === count) element.setAttribute("aria-busy", "false");
  };
}
