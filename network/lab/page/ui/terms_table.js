// A weighted sum as a table: the largest terms, all others together, the bias, what follows.

import { h, number, signed, withMinus } from "./dom.js";

const SHOWN = 6; // terms that are listed one by one

/** List a sum as weightedSum() takes it apart; `place` is that of a map. */
export function sumTable({ terms, bias, sum, then }, place) {
  const sorted = [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const listed = sorted.slice(0, SHOWN).filter(({ value }) => value !== 0);
  const others = sorted.slice(listed.length);
  const rest = others.reduce((total, { value }) => total + value, 0);
  const limit = Math.max(Math.abs(rest), Math.abs(bias), ...listed.map(({ value }) => Math.abs(value)), 1e-9);
  return h("div", {},
    h("h3", {}, place ? `Its weighted sum at ${place.join(", ")}` : "Its weighted sum, term by term"),
    h("table", { class: "terms" }, h("tbody", {},
      listed.map(({ name, x, weight, value }) =>
        termRow(name, `${x.toFixed(2)} × ${signed(weight)}`, value, limit)),
      others.length ? termRow(`${number(others.length)} other terms`, "", rest, limit) : null,
      termRow("bias", "", bias, limit),
      h("tr", { class: "terms-sum" }, h("th", { scope: "row", colspan: 3 }, "sum"), h("td", {}, signed(sum))),
      then.map(({ kind, y }) => h("tr", {},
        h("th", { scope: "row", colspan: 3 }, y === null ? `${kind}: the places are merged` : `after ${kind}`),
        h("td", {}, y === null ? "" : withMinus(y, 3)))))));
}

function termRow(name, product, value, limit) {
  return h("tr", {},
    h("th", { scope: "row" }, name), h("td", { class: "terms-product" }, product),
    h("td", { class: "terms-bar" }, termBar(value, limit)),
    h("td", {}, signed(value)));
}

/** A bar from the middle to the right, or to the left for what is negative; no longer than its half. */
export function termBar(value, limit) {
  const share = Math.min(50, (50 * Math.abs(value)) / limit);
  return h("span", { class: "term-track" }, h("span", {
    class: value < 0 ? "term is-against" : "term is-for",
    style: { width: `${share}%`, left: value < 0 ? `${50 - share}%` : "50%" },
  }));
}
