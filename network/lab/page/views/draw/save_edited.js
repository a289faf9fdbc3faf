// Save the network as it is edited: a run of its own, which the lab then shows.

import { h } from "../../ui/dom.js";
import { isEdited } from "../../maths/edits.js";

let saved = null; // the name of the run that was saved last: its view says so until it is edited

/** Make the button and the field. `make(edits, name)` makes a run of the one that is shown, and returns
 * its name; `choose(name)` shows that one. Returns {element, show(edits)}. */
export function makeSave(run, make, choose) {
  const name = h("input", {
    type: "text", id: "edited-name", class: "edited-name", placeholder: `${run}-edited-…`,
    maxlength: 100, autocomplete: "off", spellcheck: "false",
  });
  const button = h("button", { class: "button" }, "Save as a run");
  const note = h("p", { class: "note", role: "status" }, saved === run && `Saved: this is the run ${run}.`);
  const problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  let edits;
  let isSaving = false;

  async function submit(event) {
    event.preventDefault();
    if (isSaving || !isEdited(edits)) return;
    isSaving = button.disabled = true;
    problem.hidden = true;
    try {
      saved = await make(edits, name.value.trim() || null);
      await choose(saved);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      isSaving = false;
      button.disabled = !isEdited(edits);
    }
  }

  return {
    element: h("form", { class: "save-edited", onsubmit: submit, novalidate: true },
      h("label", { class: "field-label", for: "edited-name" }, "Name of the run"),
      h("div", { class: "row" }, name, button), problem, note),
    show(given) {
      edits = given;
      button.disabled = isSaving || !isEdited(edits);
      if (isEdited(edits)) saved = note.textContent = null;
    },
  };
}
