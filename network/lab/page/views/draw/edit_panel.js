// Edits of the whole network, and the test accuracy that follows.

import { NOTHING, isEdited } from "../../maths/edits.js";
import { h, number, percent } from "../../ui/dom.js";
import { AccuracyPanel } from "./accuracy_panel.js";
import { makeSlider } from "./slider.js";

/**
 * Make the panel.
 * @param {((edits: Edits) => Promise<Accuracy>) | null} measure null: there is no server to ask
 * @param {{element: HTMLElement, show: (edits: Edits) => void} | null} save what makeSave() has made
 * @param {(edits: Edits) => void} onEdit is called with new edits
 * @param {(text: string) => void} onAccuracy is called with what was measured
 */
export function makeEditPanel(measure, save, onEdit, onAccuracy) {
  const prune = makeSlider("Prune the smallest weights", { min: 0, max: 1, step: 0.01 }, (value) => percent(value, 0));
  const noise = makeSlider("Disturb all weights", { min: 0, max: 2, step: 0.02 }, (value) => `${value.toFixed(2)} σ`);
  const made = h("p", { class: "note" });
  const reset = h("button", { class: "button", type: "button", onclick: () => onEdit(NOTHING) }, "Undo all edits");
  const accuracy = measure ? new AccuracyPanel(measure, onAccuracy) : null;
  let edits = NOTHING;
  prune.input.oninput = () => onEdit({ ...edits, prune: Number(prune.input.value) });
  noise.input.oninput = () => onEdit({ ...edits, noise: Number(noise.input.value) });

  return {
    element: h("section", { class: "panel edit-panel" }, h("h2", {}, "Edit the network"),
      accuracy?.element, h("div", { class: "sliders" }, prune.element, noise.element),
      h("div", { class: "row edits-made" }, made, reset), save?.element),
    /** @param {Edits} given */
    show(given) {
      edits = given;
      prune.show(edits.prune);
      noise.show(edits.noise);
      made.textContent = countEdits(edits) || "Choose a neuron to switch it off, to shift its bias or to scale its weights.";
      reset.disabled = !isEdited(edits);
      accuracy?.show(edits);
      save?.show(edits);
    },
    stop: () => accuracy?.stop(),
  };
}

/**
 * Write how many units are edited, each way that there are some.
 * @param {Edits} edits
 */
function countEdits({ off, shifts, scales }) {
  const parts = [
    off.length && `${number(off.length)} switched off`,
    shifts.length && `${number(shifts.length)} with another bias`,
    scales.length && `${number(scales.length)} with scaled weights`,
  ].filter(Boolean);
  return parts.length ? `${parts.join(", ")}.` : "";
}
