// The weighted sum of a unit as a table: its largest terms, the others, the bias, the later layers.

import { namePixel } from "../../maths/weighted_sum.js";
import { h, signed, withMinus } from "../../ui/dom.js";
import { largestFirst, termRow, termRows } from "../../ui/terms_table.js";

const SHOWN = 6; // terms listed one by one

/**
 * Build the table of a sum.
 * @param {WeightedSum} sum
 * @param {[number, number] | null} position in a feature map
 */
export function sumTable({ terms, bias, sum, then }, position) {
  const sorted = largestFirst(terms).map(({ name, x, weight, value }) =>
    ({ name, parts: `${x.toFixed(2)} × ${signed(weight)}`, value }));
  const most = sorted.slice(0, SHOWN).filter(({ value }) => value !== 0).length;
  const rest = sorted.slice(most).reduce((total, { value }) => total + value, 0);
  const limit = Math.max(1e-9, ...[rest, bias, ...sorted.slice(0, most).map(({ value }) => value)].map(Math.abs));
  return h("div", {},
    h("h3", {}, position ? `Weighted sum at ${namePixel(...position)}` : "Weighted sum, term by term"),
    h("table", { class: "terms" }, h("tbody", {},
      termRows(sorted, { most, others: "other terms", limit, write: signed }),
      termRow({ name: "bias", parts: "", value: bias }, limit, signed),
      h("tr", { class: "terms-sum" }, h("th", { scope: "row", colspan: 3 }, "sum"), h("td", {}, signed(sum))),
      then.map(({ kind, y }) => h("tr", {},
        h("th", { scope: "row", colspan: 3 }, y === null ? `${kind} merges positions` : `after ${kind}`),
        h("td", {}, y === null ? "" : withMinus(y, 3)))))));
}
