// Lessons of the end: softmax makes shares of the outputs, an ensemble averages, the highest is the answer.

import { argmax } from "../../maths/arrays.js";
import { forward } from "../../maths/forward.js";
import { h } from "../../ui/dom.js";
import { equation, num, result, sign } from "./figures.js";

/** A table with a row for each class; columns appear step by step: [{head, values, from, total?}]. */
function classTable(classes, columns, marked) {
  const cells = (make) => columns.map((column) => h("td", { "data-from": column.from, class: column.isBar ? "share-bar" : null }, make(column)));
  return h("div", { class: "class-table-frame", "data-scrolls": "" }, h("table", { class: "class-table" },
    h("thead", {}, h("tr", {}, h("th", {}), columns.map(({ head, from }) => h("th", { scope: "col", "data-from": from }, head)))),
    h("tbody", {}, classes.map((name, k) => h("tr", { class: k === marked ? "is-marked" : null },
      h("th", { scope: "row" }, name),
      cells(({ values, isBar }) => (isBar ? bar(values[k]) : num(values[k])))))),
    h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }), cells(({ total }) => total ?? "")))));
}

function bar(share) {
  return h("span", { style: { width: `${100 * Math.min(Math.max(share, 0), 1)}%` } });
}

/** The steps of a table: one sentence each; the table is there from the first on. */
function tableSteps(table, sentences, last) {
  return sentences.map((say, n) => ({ say, show: [...(n === 0 ? [table] : []), ...(n === sentences.length - 1 ? last : [])] }));
}

/** Softmax: e to the power of each output, as a share of their sum. */
export function softmax({ outputs, index, cell, classes }) {
  const z = [...outputs[index].values];
  const most = Math.max(...z);
  const lowered = z.map((one) => one - most);
  const powers = lowered.map(Math.exp);
  const sum = powers.reduce((total, one) => total + one, 0);
  const shares = powers.map((one) => one / sum);
  const table = classTable(classes, [
    { head: "output", values: z, from: 0 },
    { head: "− largest", values: lowered, from: 1 },
    { head: ["e", h("sup", {}, "…")], values: powers, from: 2, total: h("b", { "data-from": 3 }, num(sum)) },
    { head: "÷ sum", values: shares, from: 4, total: "1.000" },
    { head: "", values: shares, from: 4, isBar: true },
  ], cell);
  return {
    value: shares[cell],
    steps: tableSteps(table, [
      "Ten numbers come in, one for each class. They may be anything.".replace("Ten", String(z.length)),
      `The largest of them, ${num(most)}, is taken away from all: the shares stay the same, and e to their power cannot get too large.`,
      "e is raised to each: all are positive now, and what was a little larger is much larger.",
      `They add up to ${num(sum)}.`,
      "Each is divided by that sum: shares that add up to 1.",
    ], [equation(powers[cell], sign("÷"), sum, sign("=")), result(shares[cell], `The share of “${classes[cell]}”`)]),
  };
}

/** LogSoftmax: the logarithms of those shares. */
export function logSoftmax({ outputs, index, cell, classes }) {
  const z = [...outputs[index].values];
  const most = Math.max(...z);
  const lowered = z.map((one) => one - most);
  const powers = lowered.map(Math.exp);
  const sum = powers.reduce((total, one) => total + one, 0);
  const y = lowered.map((one) => one - Math.log(sum));
  const table = classTable(classes, [
    { head: "output", values: z, from: 0 },
    { head: "− largest", values: lowered, from: 1 },
    { head: ["e", h("sup", {}, "…")], values: powers, from: 2, total: num(sum) },
    { head: "− log of the sum", values: y, from: 3 },
  ], cell);
  return {
    value: y[cell],
    steps: tableSteps(table, [
      `${z.length} numbers come in, one for each class.`,
      `The largest of them, ${num(most)}, is taken away from all.`,
      `e is raised to each, and they are added up: ${num(sum)}.`,
      "The logarithm of that sum is taken away: what is left are the logarithms of shares that add up to 1.",
    ], [equation(lowered[cell], sign("−"), Math.log(sum), sign("=")), result(y[cell], `“${classes[cell]}”`)]),
  };
}

/** Ensemble: the mean of what its members say. */
export function ensemble({ layers, outputs, index, cell, classes, members }) {
  const says = layers[index].members.map((member) => forward(member, outputs[index]).at(-1).values);
  const mean = classes.map((_, k) => says.reduce((sum, one) => sum + one[k], 0) / says.length);
  const sum = says.reduce((total, one) => total + one[cell], 0);
  const table = classTable(classes, [
    ...says.map((values, n) => ({ head: members[n] ?? `network ${n + 1}`, values, from: 0 })),
    { head: "mean", values: mean, from: 1 },
    { head: "", values: mean, from: 1, isBar: true },
  ], cell);
  return {
    value: mean[cell],
    steps: tableSteps(table, [
      `${says.length} networks look at the same picture, and each gives every class a score.`,
      "The score of a class is the mean of what they say: where one is wrong, the others seldom are. Choose one of them above to follow it.",
    ], [equation(sum, sign("÷"), String(says.length), sign("=")), result(mean[cell], `“${classes[cell]}”`)]),
  };
}

/** The end: the class with the highest output is the answer. */
export function answer({ outputs, classes, label }) {
  const values = [...outputs.at(-1).values];
  const best = argmax(values);
  const isRight = label === null || label === best;
  const table = classTable(classes, [
    { head: "score", values, from: 0 }, { head: "", values: values.map((one) => (one < 0 ? Math.exp(one) : one)), from: 0, isBar: true },
  ], best);
  return {
    value: values[best],
    steps: [
      { say: "These are the scores of the network, one for each class.", show: [table] },
      { say: `The highest is the answer: ${classes[best]}.${label === null ? "" : isRight ? " And that is what the picture shows." : ` But the picture shows ${classes[label]}.`}`,
        show: [h("p", { class: `lesson-answer ${isRight ? "" : "is-wrong"} ${classes[best].length > 2 ? "is-word" : ""}` }, classes[best]), result(values[best], `The score of “${classes[best]}”`)] },
    ],
  };
}
