// Images with what they show and what the network answers, in the order in which they are worth a look.

import { argmax, decode } from "../../maths/arrays.js";
import { riskCoverage } from "../../maths/risk_coverage.js";

const SIZE = 784;

/** Fetch the images of a split ("held-out" or "test") with a run's answers, damaged if need be by
 * {name, strength}. */
export async function openImages(api, run, split, damage = null) {
  const at = `/api/runs/${encodeURIComponent(run)}`;
  const query = new URLSearchParams({ split, ...(damage && { damage: damage.name, strength: damage.strength }) });
  const [told, pixels] = await Promise.all(
    ["answers", "images"].map((what) => api.get(`${at}/${what}?${query}`)));
  const { classes, count, looks, methods, damages } = told;
  const labels = decode(told.labels).values;
  const outputs = decode(told.outputs).values;
  const images = new Uint8Array(pixels);
  const scores = (index) => outputs.subarray(index * classes.length, (index + 1) * classes.length);
  const answers = Int32Array.from(labels, (_, index) => argmax(scores(index)));
  const sureness = decode(told.sureness).values;
  const isWrong = (index) => labels[index] !== answers[index];
  return {
    split, damage, classes, count, looks, methods, damages, labels, answers, sureness, scores, isWrong,
    shown: labels.length,
    curve: riskCoverage(sureness, isWrong),
    pixels: (index) => images.subarray(index * SIZE, (index + 1) * SIZE),
    order: inOrder(sureness, isWrong),
    confusion: countPairs(labels, answers, classes.length),
    mistakes: labels.reduce((sum, _, index) => sum + isWrong(index), 0),
  };
}

/** Mistakes first, the surest before all others; then right answers, the least sure first. */
function inOrder(sureness, isWrong) {
  const all = Array.from(sureness.keys());
  const wrong = all.filter(isWrong).sort((a, b) => sureness[b] - sureness[a]);
  const right = all.filter((index) => !isWrong(index)).sort((a, b) => sureness[a] - sureness[b]);
  return [...wrong, ...right];
}

/** How often each class (row) was answered as each class (column), in one row. */
function countPairs(labels, answers, classes) {
  const counts = new Int32Array(classes ** 2);
  labels.forEach((label, index) => { counts[label * classes + answers[index]] += 1; });
  return counts;
}

const SHOWN = {
  all: () => true,
  wrong: (data, index) => data.isWrong(index),
  right: (data, index) => !data.isWrong(index),
  unanswered: (data, index, threshold) => !isAnswered(data, index, threshold),
};

/** Is the network sure enough of an image to answer? */
export function isAnswered(data, index, threshold) {
  return data.sureness[index] >= threshold;
}

/** The images that a filter lets through, in order; null lets any class through. */
export function choose(data, { show, label, answer }, threshold) {
  return data.order.filter((index) =>
    SHOWN[show](data, index, threshold) &&
    (label === null || data.labels[index] === label) &&
    (answer === null || data.answers[index] === answer));
}

/** What an image shows and what was answered, in words. */
export function describe(data, index) {
  const [label, answer] = [data.classes[data.labels[index]], data.classes[data.answers[index]]];
  return data.isWrong(index) ? `${label}, answered ${answer}` : `${label}, answered so`;
}
