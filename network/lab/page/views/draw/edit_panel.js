// Edits of the whole network, and the test accuracy that follows.

import { NOTHING, isEdited } from "../../maths/edits.js";
import { fill, h, number, percent, signed } from "../../ui/dom.js";

const WAIT = 350; // milliseconds after the last edit before the server is asked

/** Make the panel. `measure(edits)` asks for {correct, count, looks}, or is null where nobody can; `save`
 * is what makeSave() has made, or null. Returns {element, show(edits), stop()}; `onEdit(edits)` is called
 * with new edits, and `onAccuracy(text)` with what was measured. */
export function makeEditPanel(measure, save, onEdit, onAccuracy = () => {}) {
  const [prune, noise] = [
    slider("Prune the smallest weights", { max: 1, step: 0.01 }, (value) => percent(value, 0)),
    slider("Disturb all weights", { max: 2, step: 0.02 }, (value) => `${value.toFixed(2)} σ`),
  ];
  const made = h("p", { class: "note" });
  const reset = h("button", { class: "button", type: "button" }, "Undo all edits");
  const accuracy = measure ? makeAccuracy(measure, onAccuracy) : null;
  let edits = NOTHING;
  prune.input.oninput = () => onEdit({ ...edits, prune: Number(prune.input.value) });
  noise.input.oninput = () => onEdit({ ...edits, noise: Number(noise.input.value) });
  reset.onclick = () => onEdit(NOTHING);

  return {
    element: h("section", { class: "panel edit-panel" }, h("h2", {}, "Edit the network"),
      accuracy?.element, h("div", { class: "sliders" }, prune.element, noise.element),
      h("div", { class: "row edits-made" }, made, reset), save?.element),
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

/** Say how many units are edited, each way that there are some. */
function countEdits({ off, shifts, scales }) {
  const counts = [[off, "switched off"], [shifts, "with another bias"], [scales, "with scaled weights"]];
  const said = counts.filter(([units]) => units.length).map(([units, how]) => `${number(units.length)} ${how}`);
  return said.length ? `${said.join(", ")}.` : "";
}

function slider(label, { max, step }, text) {
  const input = h("input", { type: "range", min: 0, max, step, "aria-label": label });
  const output = h("output", { class: "slider-text" });
  return {
    input,
    element: h("label", { class: "slider" }, h("span", { class: "field-label" }, label), input, output),
    show(value) {
      input.value = value;
      output.textContent = text(value);
    },
  };
}

/** The accuracy under the latest edits: one question at a time, and the answer of the last counts. */
function makeAccuracy(measure, onAccuracy) {
  const value = h("p", { class: "big-number", "aria-live": "polite" }, "…");
  const change = h("p", { class: "note" });
  const looks = h("p", { class: "note" });
  let [timer, wanted, isAsking, first] = [0, null, false, null];

  async function ask() {
    if (isAsking) return;
    isAsking = true;
    while (wanted) {
      const edits = wanted;
      wanted = null;
      element.classList.add("is-busy");
      try {
        tell(await measure(edits), edits);
      } catch (error) {
        fill(change, h("span", { class: "problem" }, error.message));
      }
    }
    element.classList.remove("is-busy");
    isAsking = false;
  }

  function tell({ correct, count, looks: times }, edits) {
    const share = correct / count;
    if (!isEdited(edits)) first = share;
    value.textContent = percent(share);
    const difference = isEdited(edits) && first !== null
      ? `${signed(100 * (share - first))} points against ${percent(first)} unharmed` : null;
    change.textContent = difference ?? `${number(correct)} of ${number(count)} test digits`;
    looks.textContent = `Tests of this run so far: ${times}. Whoever chooses by the test set can no longer test by it.`;
    onAccuracy(`Test accuracy ${percent(share)}${difference ? `, ${difference}` : ""}`);
  }

  const element = h("div", { class: "accuracy" },
    h("div", { class: "row" }, value, h("div", {}, h("p", { class: "field-label" }, "Test accuracy"), change)), looks);
  return {
    element,
    show(edits) {
      clearTimeout(timer);
      timer = setTimeout(() => { wanted = edits; ask(); }, first === null ? 0 : WAIT);
    },
    stop() {
      clearTimeout(timer);
      wanted = null;
    },
  };
}
