// Hints as a list that is read out when another comes, and not at each number that changes.

import { fill, h } from "../../ui/dom.js";
import { hintsOf } from "./hints.js";

/** Make the list. `show(run)` looks for what is wrong with a run; of none there is nothing. */
export function hintList() {
  const element = h("div", { class: "hints", role: "status", "aria-live": "polite", "aria-label": "Hints" });
  let shown = "";

  /** @param {Run | undefined} run */
  function show(run) {
    const hints = run ? hintsOf(run) : [];
    const key = [run?.name, run?.state, ...hints.map((hint) => hint.rule)].join();
    if (key === shown) return;
    shown = key;
    fill(element, hints.map(({ rule, what, todo }) => h("p", { class: "hint", "data-rule": rule }, h("b", {}, what), " ", todo)));
  }

  return { element, show };
}
