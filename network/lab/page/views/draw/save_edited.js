// Save the network as it is edited: a run of its own, which the lab then shows.

import { messageOf } from "../../data/api.js";
import { NOTHING, isEdited } from "../../maths/edits.js";
import { h } from "../../ui/dom.js";

let saved = ""; // the name of the run that was saved last: its view says so until it is edited

/**
 * Make the button and the field.
 * @param {string} run
 * @param {(edits: Edits, name: string | null) => Promise<string>} make makes a run, and returns its name
 * @param {(run: string) => Promise<void>} choose shows that run
 */
export function makeSave(run, make, choose) {
  const name = h("input", {
    type: "text", id: "edited-name", class: "edited-name", placeholder: `${run}-edited-…`,
    maxlength: 100, autocomplete: "off", spellcheck: "false",
  });
  const button = h("button", { class: "button" }, "Save as a run");
  const note = h("p", { class: "note", role: "status" }, saved === run && `Saved: this is the run ${run}.`);
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
      h("label", { class: "field-label", for: "edited-name" }, "Name of the run"),
      h("div", { class: "row" }, name, button), problem, note),
    /** @param {Edits} given */
    show(given) {
      edits = given;
      button.disabled = isSaving || !isEdited(edits);
      if (isEdited(edits)) saved = note.textContent = "";
    },
  };
}
