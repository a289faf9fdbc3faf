// The speed of a training run, in steps per second; slow speeds show every step.

import { h } from "../../ui/dom.js";

/** @type {[speed: number | null, text: string][]} */
const SPEEDS = [[1, "1"], [5, "5"], [20, "20"], [null, "Maximum"]];

/**
 * Build the choice; it calls `onChoose(speed)` with steps per second, or null for the maximum.
 * @param {(speed: number | null) => void} onChoose
 */
export function makeSpeed(onChoose) {
  const buttons = SPEEDS.map(([speed, text]) => h("button", {
    class: "chip", type: "button", "aria-pressed": "false", onclick: () => onChoose(speed),
  }, text));
  const element = h("div", { class: "speed", role: "group", "aria-labelledby": "speed-label", hidden: true },
    h("span", { class: "note", id: "speed-label" }, "Speed (steps/s)"), h("div", { class: "row" }, buttons));
  return {
    element,
    /** @param {number | null | undefined} chosen undefined hides the choice */
    show(chosen) {
      element.hidden = chosen === undefined;
      SPEEDS.forEach(([speed], index) => buttons[index].setAttribute("aria-pressed", String(speed === chosen)));
    },
  };
}
