// A form that saves the edited network as a new run, which the lab then shows.

import { messageOf } from "../../data/api.js";
import { NOTHING, isEdited } from "../../maths/edits.js";
import { h } from "../../ui/dom.js";

let saved = ""; // name of the last saved run, for the note in its view until the next edit

/**
 * Build the field and the button.
 * @param {string} run
 * @param {(edits: Edits, name: string | null) => Promise<string>} make saves a run, and returns its name
 * @param {(run: string) => Promise<void>} choose shows the run
 */
export function makeSave(run, make, choose) {
  const name = h("input", {
    type: "text", id: "edited-name", class: "edited-name", placeholder: `${run}-edited-…`,
    maxlength: 100, autocomplete: "off", spellcheck: "false",
  });
  const button = h("button", { class: "button" }, "Save run");
  const note = h("p", { class: "note", role: "status" }, saved === run && `Saved as run ${run}.`);
  const problem = h("p", { class: "field-problem", role: "alert", hidden: true });
  let edits = NOTHING;
  let isSaving = false;

  async function submit() {
    if (isSaving || !isEdited(edits)) return;
    isSaving = button.disabled = true;
    problem.hidden = true;
    try {
      saved = await make(edits, name.value.trim() || null);
      await choose(saved);
    } catch (error) {
      problem.textContent = messageOf(error);
      problem.hidden = false;
    } finally {
      isSaving = false;
      button.disabled = !isEdited(edits);
    }
  }

  /** @param {SubmitEvent} event */
  function onsubmit(event) {
    event.preventDefault();
    submit();
  }

  return {
    element: h("form", { class: "save-edited", onsubmit, novalidate: true },
      h("label", { class: "field-label", for: "edited-name" }, "Run name"),
      h("div", { class: "row" }, name, button), problem, note),
    /** @param {Edits} given */
    show(given) {
      edits = given;
      button.disabled = isSaving || !isEdited(edits);
      if (isEdited(edits)) saved = note.textContent = "";
    },
  };
}
