// The building blocks of lessons: numbers, equations, figures with captions, tables of terms.

import { h } from "../../ui/dom.js";
import { largestFirst, termRows } from "../../ui/terms_table.js";

const SHOWN = 6; // terms of a sum listed one by one

/**
 * Format a number with three decimals, or as a power of ten if it is very small or large.
 * @param {number} value
 * @returns {string}
 */
export function num(value) {
  const size = Math.abs(value);
  const minus = value < 0 ? "−" : "";
  if (size === 0 || (size >= 0.0005 && size < 1e6)) return minus + size.toFixed(size >= 1000 ? 1 : 3);
  const power = Math.floor(Math.log10(size));
  const raised = String(power).replace(/[-\d]/g, (digit) => (digit === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]));
  return `${minus}${(size / 10 ** power).toFixed(1)} · 10${raised}`;
}

/**
 * Build a figure with a caption.
 * @param {Child} content
 * @param {string} caption
 */
export function figure(content, caption) {
  return h("figure", { class: "figure lesson-figure" }, content, h("figcaption", {}, caption));
}

/**
 * Build a sign between two figures.
 * @param {string} text
 */
export const sign = (text) => h("span", { class: "equation-sign lesson-sign", "aria-hidden": "true" }, text);

/** Start a new row. */
export const newRow = () => h("span", { class: "lesson-break" });

/**
 * Build an equation in large type. Parts are texts, elements and numbers; negative numbers after a sign
 * are put in brackets.
 * @param {...(string | number | HTMLElement)} parts
 */
export function equation(...parts) {
  return h("p", { class: "lesson-equation" }, parts.map((part, n) =>
    (typeof part === "number" ? h("b", {}, part < 0 && n > 0 ? `(${num(part)})` : num(part)) : part)));
}

/**
 * Build the result of a lesson.
 * @param {number} value
 * @param {string} name
 */
export function result(value, name) {
  return h("p", { class: "lesson-result", "data-value": value }, h("span", {}, name), h("b", {}, num(value)));
}

/**
 * Build the table of the terms of a sum, largest first.
 * @param {NamedTerm[]} terms
 * @param {string} others name of the terms that are not listed
 */
export function termTable(terms, others) {
  const order = largestFirst(terms);
  const limit = Math.abs(order[0]?.value) || 1;
  return h("table", { class: "terms lesson-terms" },
    h("tbody", {}, termRows(order, { most: SHOWN, others, limit, write: num })));
}
