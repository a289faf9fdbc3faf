// Edits of the whole network, and its test accuracy.

import { NOTHING, isEdited } from "../../maths/edits.js";
import { h, number, percent } from "../../ui/dom.js";
import { AccuracyPanel } from "./accuracy_panel.js";
import { makeSlider } from "./slider.js";

/**
 * Build the panel.
 * @param {((edits: Edits) => Promise<Accuracy>) | null} measure null: without a server
 * @param {{element: HTMLElement, show: (edits: Edits) => void} | null} save from makeSave()
 * @param {(edits: Edits) => void} onEdit called with new edits
 * @param {(text: string) => void} onAccuracy called with the result
 */
export function makeEditPanel(measure, save, onEdit, onAccuracy) {
  const prune = makeSlider("Prune the smallest weights", { min: 0, max: 1, step: 0.01 }, (value) => percent(value, 0));
  const noise = makeSlider("Add noise to weights", { min: 0, max: 2, step: 0.02 }, (value) => `${value.toFixed(2)} σ`);
  const summary = h("p", { class: "note" });
  const reset = h("button", { class: "button", type: "button", onclick: () => onEdit(NOTHING) }, "Undo all edits");
  const accuracy = measure ? new AccuracyPanel(measure, onAccuracy) : null;
  let edits = NOTHING;
  prune.input.oninput = () => onEdit({ ...edits, prune: Number(prune.input.value) });
  noise.input.oninput = () => onEdit({ ...edits, noise: Number(noise.input.value) });

  return {
    element: h("section", { class: "panel edit-panel" }, h("h2", {}, "Network edits"),
      accuracy?.element, h("div", { class: "sliders" }, prune.element, noise.element),
      h("div", { class: "row edits-made" }, summary, reset), save?.element),
    /** @param {Edits} given */
    show(given) {
      edits = given;
      prune.show(edits.prune);
      noise.show(edits.noise);
      summary.textContent = countEdits(edits) || "Choose a neuron to switch it off, shift its bias or scale its weights.";
      reset.disabled = !isEdited(edits);
      accuracy?.show(edits);
      save?.show(edits);
    },
    stop: () => accuracy?.stop(),
  };
}

/**
 * Format the number of edited units per kind of edit.
 * @param {Edits} edits
 */
function countEdits({ off, shifts, scales }) {
  const parts = [
    off.length && `${number(off.length)} switched off`,
    shifts.length && `${number(shifts.length)} with a shifted bias`,
    scales.length && `${number(scales.length)} with scaled weights`,
  ].filter(Boolean);
  return parts.length ? `${parts.join(", ")}.` : "";
}
