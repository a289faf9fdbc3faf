// A weighted sum as a table: its largest terms, the sum of the others, and a bar for each.

import { h, number } from "./dom.js";

/**
 * Build the rows of the first terms, and one row for the sum of the others.
 * @param {NamedTerm[]} terms in order
 * @param {{most: number, others: string, limit: number, write: (value: number) => string}} options
 *   `limit`: the value of a full bar
 */
export function termRows(terms, { most, others, limit, write }) {
  const [shown, rest] = [terms.slice(0, most), terms.slice(most)];
  const left = rest.reduce((sum, { value }) => sum + value, 0);
  return [
    ...shown.map((term) => termRow(term, limit, write)),
    rest.length ? termRow({ name: `${number(rest.length)} ${others}`, parts: "", value: left }, limit, write) : null,
  ];
}

/**
 * Build the row of a term.
 * @param {NamedTerm} term
 * @param {number} limit
 * @param {(value: number) => string} write
 */
export function termRow({ name, parts, value }, limit, write) {
  return h("tr", {},
    h("th", { scope: "row" }, name), h("td", { class: "terms-product" }, parts),
    h("td", { class: "terms-bar" }, termBar(value, limit)), h("td", {}, write(value)));
}

/**
 * Sort terms by absolute value, largest first.
 * @template {{value: number}} SomeTerm
 * @param {SomeTerm[]} terms
 * @returns {SomeTerm[]}
 */
export function largestFirst(terms) {
  return [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

/**
 * Build a bar from the middle: to the right if positive, to the left if negative.
 * @param {number} value
 * @param {number} limit
 */
function termBar(value, limit) {
  const share = Math.min(50, (50 * Math.abs(value)) / limit);
  return h("span", { class: "term-track" }, h("span", {
    class: value < 0 ? "term is-against" : "term is-for",
    style: { width: `${share}%`, left: value < 0 ? `${50 - share}%` : "50%" },
  }));
}
