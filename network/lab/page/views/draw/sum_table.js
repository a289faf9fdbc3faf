// A unit's weighted sum as a table: its largest terms, all others together, the bias, what follows.

import { h, signed, withMinus } from "../../ui/dom.js";
import { largestFirst, termRow, termRows } from "../../ui/terms_table.js";

const SHOWN = 6; // terms that are listed one by one

/**
 * List a sum.
 * @param {WeightedSum} sum
 * @param {[number, number] | null} place of a map
 */
export function sumTable({ terms, bias, sum, then }, place) {
  const sorted = largestFirst(terms).map(({ name, x, weight, value }) =>
    ({ name, parts: `${x.toFixed(2)} × ${signed(weight)}`, value }));
  const most = sorted.slice(0, SHOWN).filter(({ value }) => value !== 0).length;
  const rest = sorted.slice(most).reduce((total, { value }) => total + value, 0);
  const limit = Math.max(1e-9, ...[rest, bias, ...sorted.slice(0, most).map(({ value }) => value)].map(Math.abs));
  return h("div", {},
    h("h3", {}, place ? `Its weighted sum at ${place.join(", ")}` : "Its weighted sum, term by term"),
    h("table", { class: "terms" }, h("tbody", {},
      termRows(sorted, { most, others: "other terms", limit, write: signed }),
      termRow({ name: "bias", parts: "", value: bias }, limit, signed),
      h("tr", { class: "terms-sum" }, h("th", { scope: "row", colspan: 3 }, "sum"), h("td", {}, signed(sum))),
      then.map(({ kind, y }) => h("tr", {},
        h("th", { scope: "row", colspan: 3 }, y === null ? `${kind}: the places are merged` : `after ${kind}`),
        h("td", {}, y === null ? "" : withMinus(y, 3)))))));
}
