// A list of hints; screen readers read it when the hints change, but not for every new number.

import { fill, h } from "../../ui/dom.js";
import { hintsOf } from "./hints.js";

/** Build the list. `show(run)` shows the hints for a run; without a run, the list is empty. */
export function hintList() {
  const element = h("div", { class: "hints", role: "status", "aria-live": "polite", "aria-label": "Hints" });
  let shown = "";

  /** @param {Run | undefined} run */
  function show(run) {
    const hints = run ? hintsOf(run) : [];
    const key = [run?.name, run?.state, ...hints.map((hint) => hint.rule)].join();
    if (key === shown) return;
    shown = key;
    fill(element, hints.map(({ rule, problem, fix }) => h("p", { class: "hint", "data-rule": rule }, h("b", {}, problem), " ", fix)));
  }

  return { element, show };
}
