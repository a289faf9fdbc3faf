// A choice of network: the whole ensemble, or one of its members.

import { argmax } from "../maths/arrays.js";
import { scoresOf } from "../maths/layers.js";
import { h } from "./dom.js";

/**
 * Build the choice for an ensemble; show(x) writes the prediction of each member. It calls
 * `onChoose(member)`, with null for the whole ensemble.
 * @param {NetworkSource} source
 * @param {(member: number | null) => void} onChoose
 */
export function makeMembers(source, onChoose) {
  const members = source.layers[0].members ?? [];
  if (!members.length) return { element: null, show() {} };
  const names = ["Whole ensemble", ...members.map((_, n) => source.members[n] ?? `Network ${n + 1}`)];
  const buttons = names.map((name, n) => h("button", {
    class: "chip", type: "button", "aria-pressed": String(n === 0),
    onclick: () => {
      buttons.forEach((button, m) => button.setAttribute("aria-pressed", String(m === n)));
      onChoose(n === 0 ? null : n - 1);
    },
  }, name));
  return {
    element: h("div", { class: "chips", role: "group", "aria-label": "Network" }, buttons),
    /** @param {NdArray | null} x */
    show(x) {
      members.forEach((layers, n) => {
        const prediction = x ? `: ${source.classes[argmax(scoresOf(layers, x))]}` : "";
        buttons[n + 1].textContent = names[n + 1] + prediction;
      });
    },
  };
}
