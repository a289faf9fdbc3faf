// Lessons of the last layers: softmax, the mean of an ensemble, and the prediction.

import { argmax, lastOf } from "../../maths/arrays.js";
import { scoresOf } from "../../maths/layers.js";
import { h } from "../../ui/dom.js";
import { equation, num, result, sign } from "./figures.js";

/**
 * A column of a table of classes; `from` is the first step that shows it.
 * @typedef {{head: Child, values: ArrayLike<number>, from: number, total?: Child, isBar?: boolean}} Column
 */

/**
 * Build a table with one row per class; columns appear step by step.
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
 * Build the steps of a lesson with a table: one sentence per step.
 * @param {HTMLElement} table
 * @param {string[]} sentences
 * @param {HTMLElement[]} last elements of the last step
 * @returns {LessonStep[]}
 */
function tableSteps(table, sentences, last) {
  return sentences.map((text, n) => ({ text, show: [...(n === 0 ? [table] : []), ...(n === sentences.length - 1 ? last : [])] }));
}

/**
 * Compute the first steps of softmax: logits minus the largest, their exponentials, and the sum.
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
 * Teach softmax: the exponential of each logit, divided by their sum.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function softmax({ outputs, index, cell, classes }) {
  const { z, most, lowered, powers, sum } = powersOf(outputs[index]);
  const shares = powers.map((one) => one / sum);
  const table = classTable(classes, [
    { head: "logit", values: z, from: 0 },
    { head: "− largest", values: lowered, from: 1 },
    { head: ["e", h("sup", {}, "…")], values: powers, from: 2, total: h("b", { "data-from": 3 }, num(sum)) },
    { head: "score", values: shares, from: 4, total: "1.000" },
    { head: "", values: shares, from: 4, isBar: true },
  ], cell);
  return {
    value: shares[cell],
    steps: tableSteps(table, [
      `${z.length} logits enter, one per class. They can be any numbers.`,
      `The largest logit, ${num(most)}, is subtracted from all. The scores stay the same, and the powers of e cannot overflow.`,
      "e is raised to each of them. The results are positive, and differences become ratios.",
      `Their sum is ${num(sum)}.`,
      "Each is divided by the sum. The scores add up to 1.",
    ], [equation(powers[cell], sign("÷"), sum, sign("=")), result(shares[cell], `Score of “${classes[cell]}”`)]),
  };
}

/**
 * Teach LogSoftmax: the logarithms of the scores of softmax.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function logSoftmax({ outputs, index, cell, classes }) {
  const { z, most, lowered, powers, sum } = powersOf(outputs[index]);
  const y = lowered.map((one) => one - Math.log(sum));
  const table = classTable(classes, [
    { head: "logit", values: z, from: 0 },
    { head: "− largest", values: lowered, from: 1 },
    { head: ["e", h("sup", {}, "…")], values: powers, from: 2, total: num(sum) },
    { head: "− log(sum)", values: y, from: 3 },
  ], cell);
  return {
    value: y[cell],
    steps: tableSteps(table, [
      `${z.length} logits enter, one per class.`,
      `The largest logit, ${num(most)}, is subtracted from all.`,
      `e is raised to each of them. The sum of the results is ${num(sum)}.`,
      "The logarithm of the sum is subtracted. The results are logarithms of scores that add up to 1.",
    ], [equation(lowered[cell], sign("−"), Math.log(sum), sign("=")), result(y[cell], `“${classes[cell]}”`)]),
  };
}

/**
 * Teach an ensemble: the mean of the scores of its members.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function ensemble({ layers, outputs, index, cell, classes, members }) {
  const networks = /** @type {EnsembleLayer} */ (layers[index]).members;
  const scores = networks.map((member) => scoresOf(member, outputs[index]));
  const mean = classes.map((_, k) => scores.reduce((sum, one) => sum + one[k], 0) / scores.length);
  const sum = scores.reduce((total, one) => total + one[cell], 0);
  const table = classTable(classes, [
    ...scores.map((values, n) => ({ head: members[n] ?? `network ${n + 1}`, values, from: 0 })),
    { head: "mean", values: mean, from: 1 },
    { head: "", values: mean, from: 1, isBar: true },
  ], cell);
  return {
    value: mean[cell],
    steps: tableSteps(table, [
      `${scores.length} networks compute scores for the same picture.`,
      "The score of a class is the mean over the networks, which rarely make the same mistakes. Choose one network above to follow it.",
    ], [equation(sum, sign("÷"), String(scores.length), sign("=")), result(mean[cell], `“${classes[cell]}”`)]),
  };
}

/**
 * Teach the prediction: the class with the highest score.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function prediction({ outputs, classes, label }) {
  const values = [...lastOf(outputs).values];
  const best = argmax(values);
  const isCorrect = label === null || label === best;
  const table = classTable(classes, [
    { head: "score", values, from: 0 },
    { head: "", values: values.map((one) => (one < 0 ? Math.exp(one) : one)), from: 0, isBar: true },
  ], best);
  const verdict = isCorrect ? " It is correct." : ` The true class is ${classes[label]}.`;
  const large = h("p", {
    class: `lesson-prediction ${isCorrect ? "" : "is-mistake"} ${classes[best].length > 2 ? "is-word" : ""}`,
  }, classes[best]);
  return {
    value: values[best],
    steps: [
      { text: "These are the scores of the network, one per class.", show: [table] },
      { text: `The class with the highest score is the prediction: ${classes[best]}.${label === null ? "" : verdict}`,
        show: [large, result(values[best], `Score of “${classes[best]}”`)] },
    ],
  };
}
