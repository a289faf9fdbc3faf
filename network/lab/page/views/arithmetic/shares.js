// Lessons of the end: softmax makes shares of the outputs, an ensemble averages, the highest is the answer.

import { argmax, lastOf } from "../../maths/arrays.js";
import { scoresOf } from "../../maths/layers.js";
import { h } from "../../ui/dom.js";
import { equation, num, result, sign } from "./figures.js";

/**
 * A column of a table of classes; `from` is the step from which on it is shown.
 * @typedef {{head: Child, values: ArrayLike<number>, from: number, total?: Child, isBar?: boolean}} Column
 */

/**
 * Make a table with a row for each class; columns appear step by step.
 * @param {string[]} classes
 * @param {Column[]} columns
 * @param {number} marked
 */
function classTable(classes, columns, marked) {
  /** @param {(column: Column) => Child} make */
  const cells = (make) => columns.map((column) =>
    h("td", { "data-from": column.from, class: column.isBar ? "share-bar" : null }, make(column)));
  const heads = columns.map(({ head, from }) => h("th", { scope: "col", "data-from": from }, head));
  return h("div", { class: "class-table-frame", "data-scrolls": "" }, h("table", { class: "class-table" },
    h("thead", {}, h("tr", {}, h("th"), heads)),
    h("tbody", {}, classes.map((name, k) => h("tr", { class: k === marked ? "is-marked" : null },
      h("th", { scope: "row" }, name),
      cells(({ values, isBar }) => (isBar ? bar(values[k]) : num(values[k])))))),
    h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }), cells(({ total }) => total ?? "")))));
}

/** @param {number} share */
function bar(share) {
  return h("span", { style: { width: `${100 * Math.min(Math.max(share, 0), 1)}%` } });
}

/**
 * Make the steps of a table: one sentence each; the table is there from the first on.
 * @param {HTMLElement} table
 * @param {string[]} sentences
 * @param {HTMLElement[]} last what appears with the last
 * @returns {LessonStep[]}
 */
function tableSteps(table, sentences, last) {
  return sentences.map((say, n) => ({ say, show: [...(n === 0 ? [table] : []), ...(n === sentences.length - 1 ? last : [])] }));
}

/**
 * Compute what both kinds of softmax begin with: outputs less the largest, e to their power, the sum of that.
 * @param {NdArray} outputs
 */
function powersOf(outputs) {
  const z = [...outputs.values];
  const most = Math.max(...z);
  const lowered = z.map((one) => one - most);
  const powers = lowered.map(Math.exp);
  return { z, most, lowered, powers, sum: powers.reduce((total, one) => total + one, 0) };
}

/**
 * Softmax: e to the power of each output, as a share of their sum.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function softmax({ outputs, index, cell, classes }) {
  const { z, most, lowered, powers, sum } = powersOf(outputs[index]);
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
      `${z.length} numbers come in, one for each class. They may be anything.`,
      `The largest of them, ${num(most)}, is taken away from all: the shares stay the same, and e to their power cannot get too large.`,
      "e is raised to each: all are positive now, and what was a little larger is much larger.",
      `They add up to ${num(sum)}.`,
      "Each is divided by that sum: shares that add up to 1.",
    ], [equation(powers[cell], sign("÷"), sum, sign("=")), result(shares[cell], `The share of “${classes[cell]}”`)]),
  };
}

/**
 * LogSoftmax: the logarithms of those shares.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function logSoftmax({ outputs, index, cell, classes }) {
  const { z, most, lowered, powers, sum } = powersOf(outputs[index]);
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

/**
 * Ensemble: the mean of what its members say.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function ensemble({ layers, outputs, index, cell, classes, members }) {
  const networks = /** @type {EnsembleLayer} */ (layers[index]).members;
  const says = networks.map((member) => scoresOf(member, outputs[index]));
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

/**
 * The end: the class with the highest output is the answer.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function answer({ outputs, classes, label }) {
  const values = [...lastOf(outputs).values];
  const best = argmax(values);
  const isRight = label === null || label === best;
  const table = classTable(classes, [
    { head: "score", values, from: 0 },
    { head: "", values: values.map((one) => (one < 0 ? Math.exp(one) : one)), from: 0, isBar: true },
  ], best);
  const verdict = isRight ? " And that is what the picture shows." : ` But the picture shows ${classes[label]}.`;
  const large = h("p", {
    class: `lesson-answer ${isRight ? "" : "is-wrong"} ${classes[best].length > 2 ? "is-word" : ""}`,
  }, classes[best]);
  return {
    value: values[best],
    steps: [
      { say: "These are the scores of the network, one for each class.", show: [table] },
      { say: `The highest is the answer: ${classes[best]}.${label === null ? "" : verdict}`,
        show: [large, result(values[best], `The score of “${classes[best]}”`)] },
    ],
  };
}
