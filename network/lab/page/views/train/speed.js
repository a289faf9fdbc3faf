// Slow motion: how many steps a training makes in a second, so that each can be seen.

import { h } from "../../ui/dom.js";

/** @type {[speed: number | null, text: string][]} */
const SPEEDS = [[1, "1"], [5, "5"], [20, "20"], [null, "all it can"]];

/**
 * Make the choice; `onChoose(speed)` is called with steps per second, null: as many as possible.
 * @param {(speed: number | null) => void} onChoose
 */
export function makeSpeed(onChoose) {
  const buttons = SPEEDS.map(([speed, text]) => h("button", {
    class: "chip", type: "button", "aria-pressed": "false", onclick: () => onChoose(speed),
  }, text));
  const element = h("div", { class: "pace", role: "group", "aria-labelledby": "pace-label", hidden: true },
    h("span", { class: "note", id: "pace-label" }, "Steps a second"), h("div", { class: "row" }, buttons));
  return {
    element,
    /** @param {number | null | undefined} chosen undefined hides the choice */
    show(chosen) {
      element.hidden = chosen === undefined;
      SPEEDS.forEach(([speed], index) => buttons[index].setAttribute("aria-pressed", String(speed === chosen)));
    },
  };
}
