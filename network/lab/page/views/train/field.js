// One field of the form: a list or a text, with its label and what is wrong with it.

import { h } from "../../ui/dom.js";

/**
 * Make a field.
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
     * @param {string} text shown as what is chosen; of a text, as what stands there until one writes
     * @param {boolean} [isKept] whether what was written stays
     */
    showDefault(text, isKept = false) {
      if (input instanceof HTMLSelectElement) input.value = text;
      else Object.assign(input, { value: isKept ? input.value : "", placeholder: text || hint });
    },
    /** @param {string} text "" when all is well */
    complain(text) {
      problem.textContent = text;
      element.classList.toggle("is-wrong", Boolean(text));
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
 * Write a value as one types it.
 * @param {unknown} value
 * @returns {string}
 */
export function asText(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(",") || "none";
  if (typeof value === "object") return Object.entries(value).map((pair) => pair.join("=")).join(",");
  return String(value).trim().replace(/\s+/g, " "); // layers of a preset stand in several lines
}
