// Slow motion: how many steps a training makes in a second, so that each can be seen.

import { h } from "../../ui/dom.js";

const PACES = [[1, "1"], [5, "5"], [20, "20"], [null, "all it can"]];

/** Make the choice; `onChoose(pace)` is told, `show(pace)` shows what is chosen, undefined hides it. */
export function paceChoice(onChoose) {
  const buttons = PACES.map(([pace, text]) => h("button", {
    class: "chip", type: "button", "aria-pressed": "false", onclick: () => onChoose(pace),
  }, text));
  const element = h("div", { class: "pace", role: "group", "aria-labelledby": "pace-label", hidden: true },
    h("span", { class: "note", id: "pace-label" }, "Steps a second"), h("div", { class: "row" }, buttons));
  return {
    element,
    show(chosen) {
      element.hidden = chosen === undefined;
      for (const [index, [pace]] of PACES.entries()) buttons[index].setAttribute("aria-pressed", String(pace === chosen));
    },
  };
}
