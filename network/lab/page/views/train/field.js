// A field of the form: a list or a text, with its label and its error.

import { h } from "../../ui/dom.js";

/**
 * Build a field.
 * @param {FieldOptions} field
 * @param {string} [id]
 */
export function makeField({ name, label, kind, choices, default: hint, help, is_basic: isBasic = true }, id = `field-${name}`) {
  const isList = kind === "choice", isNumber = kind === "number";
  const isWide = choices.some((one) => one.length > 16) || (kind === "text" && !isBasic);
  const input = isList ? makeList(id, name, choices) : h("input", {
    id, name, placeholder: hint, autocomplete: "off", spellcheck: "false", inputmode: isNumber ? "decimal" : null,
  });
  if (help) input.title = help;
  const problem = h("span", { class: "field-problem", id: `${id}-problem`, role: "alert" });
  const element = h("div", { class: `field${isWide ? " is-wide" : ""}` },
    h("label", { for: id }, label), input, problem);
  return {
    element, input, isList, isNumber,
    /**
     * Show a default: as the chosen item of a list, or as the placeholder of a text.
     * @param {string} text
     * @param {boolean} [isKept] whether the typed text stays
     */
    showDefault(text, isKept = false) {
      if (input instanceof HTMLSelectElement) input.value = text;
      else Object.assign(input, { value: isKept ? input.value : "", placeholder: text || hint });
    },
    /**
     * Show an error; "" hides it.
     * @param {string} text
     */
    showError(text) {
      problem.textContent = text;
      element.classList.toggle("is-invalid", Boolean(text));
      if (text) input.setAttribute("aria-describedby", problem.id);
      else input.removeAttribute("aria-describedby");
    },
  };
}

/** @type {(id: string, name: string, items: string[]) => HTMLSelectElement} */
function makeList(id, name, items) {
  return h("select", { id, name }, items.map((one) => h("option", { value: one }, one)));
}

/**
 * Format a value as typed in the form.
 * @param {unknown} value
 * @returns {string}
 */
export function asText(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(",") || "none";
  if (typeof value === "object") return Object.entries(value).map((pair) => pair.join("=")).join(",");
  return String(value).trim().replace(/\s+/g, " "); // layers of a preset can span several lines
}
