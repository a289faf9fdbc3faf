// What a lesson is written with: numbers, equations, figures with captions, tables of terms.

import { h } from "../../ui/dom.js";
import { largestFirst, termRows } from "../../ui/terms_table.js";

const SHOWN = 6; // terms of a sum that are listed one by one

/**
 * Write a number as it is read out: three decimals, very small ones by their power of ten.
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
 * Put a line that names it under something.
 * @param {Child} content
 * @param {string} caption
 */
export function figure(content, caption) {
  return h("figure", { class: "figure lesson-figure" }, content, h("figcaption", {}, caption));
}

/**
 * Make a sign between two figures.
 * @param {string} text
 */
export const sign = (text) => h("span", { class: "equation-sign lesson-sign", "aria-hidden": "true" }, text);

/** End a row: what follows stands below. */
export const newRow = () => h("span", { class: "lesson-break" });

/**
 * Make an equation in large type; parts are texts, elements, numbers, of which negative ones get brackets
 * where they follow a sign.
 * @param {...(string | number | HTMLElement)} parts
 */
export function equation(...parts) {
  return h("p", { class: "lesson-equation" }, parts.map((part, n) =>
    (typeof part === "number" ? h("b", {}, part < 0 && n > 0 ? `(${num(part)})` : num(part)) : part)));
}

/**
 * Show the number that a lesson has led to.
 * @param {number} value
 * @param {string} name
 */
export function result(value, name) {
  return h("p", { class: "lesson-result", "data-value": value }, h("span", {}, name), h("b", {}, num(value)));
}

/**
 * List the terms of a sum in a table, the largest first.
 * @param {NamedTerm[]} terms
 * @param {string} others what the terms are that are not listed
 */
export function termTable(terms, others) {
  const order = largestFirst(terms);
  const limit = Math.abs(order[0]?.value) || 1;
  return h("table", { class: "terms lesson-terms" },
    h("tbody", {}, termRows(order, { most: SHOWN, others, limit, write: num })));
}
