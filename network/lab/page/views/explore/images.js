// Images with what they show and what the network answers, in the order in which they are worth a look.

import { api } from "../../data/api.js";
import { argmax, decode } from "../../maths/arrays.js";
import { riskCoverage } from "../../maths/risk_coverage.js";

const SIZE = 784; // bytes of an image

/**
 * What the server answers about images (network/lab/routes/explore.py).
 * @typedef {Pick<ImageSet, "classes" | "count" | "looks" | "methods" | "damages"> & {
 *   labels: EncodedArray<"int32">, outputs: EncodedArray, sureness: EncodedArray<"float64">,
 * }} EncodedAnswers
 */

/**
 * Fetch the images of a split ("held-out" or "test") with a run's answers, damaged if need be.
 * @param {string} run
 * @param {string} split
 * @param {Corruption | null} damage
 * @returns {Promise<ImageSet>}
 */
export async function openImages(run, split, damage = null) {
  const at = `/api/runs/${encodeURIComponent(run)}`;
  const query = new URLSearchParams({ split, ...(damage && { damage: damage.name, strength: String(damage.strength) }) });
  /** @type {[EncodedAnswers, ArrayBuffer]} */
  const [told, bytes] = await Promise.all([api.get(`${at}/answers?${query}`), api.get(`${at}/images?${query}`)]);
  const { classes, count, looks, methods, damages } = told;
  const [labels, outputs, sureness] = [decode(told.labels).values, decode(told.outputs).values, decode(told.sureness).values];
  const images = new Uint8Array(bytes);
  /** @param {number} index */
  const scores = (index) => outputs.subarray(index * classes.length, (index + 1) * classes.length);
  const answers = Int32Array.from(labels, (_, index) => argmax(scores(index)));
  /** @param {number} index */
  const isWrong = (index) => labels[index] !== answers[index];
  return {
    split, damage, classes, count, looks, methods, damages, labels, answers, sureness, scores, isWrong,
    shown: labels.length,
    curve: riskCoverage(sureness, isWrong),
    pixels: (index) => images.subarray(index * SIZE, (index + 1) * SIZE),
    order: inOrder(sureness, isWrong),
    confusion: countPairs(labels, answers, classes.length),
    mistakes: labels.reduce((sum, _, index) => sum + Number(isWrong(index)), 0),
  };
}

/**
 * Sort images: mistakes first, the surest before all others; then right answers, the least sure first.
 * @param {Float64Array} sureness
 * @param {(index: number) => boolean} isWrong
 * @returns {number[]}
 */
function inOrder(sureness, isWrong) {
  const all = Array.from(sureness.keys());
  const wrong = all.filter(isWrong).sort((a, b) => sureness[b] - sureness[a]);
  const right = all.filter((index) => !isWrong(index)).sort((a, b) => sureness[a] - sureness[b]);
  return [...wrong, ...right];
}

/**
 * Count how often each class (row) was answered as each class (column), in one row.
 * @param {Int32Array} labels
 * @param {Int32Array} answers
 * @param {number} classes
 */
function countPairs(labels, answers, classes) {
  const counts = new Int32Array(classes ** 2);
  labels.forEach((label, index) => { counts[label * classes + answers[index]] += 1; });
  return counts;
}

/** @type {Record<ImageFilter["show"], (images: ImageSet, index: number, threshold: number) => boolean>} */
const SHOWN = {
  all: () => true,
  wrong: (images, index) => images.isWrong(index),
  right: (images, index) => !images.isWrong(index),
  unanswered: (images, index, threshold) => !isAnswered(images, index, threshold),
};

/**
 * Return whether the network is sure enough of an image to answer.
 * @param {ImageSet} images
 * @param {number} index
 * @param {number} threshold
 */
export function isAnswered(images, index, threshold) {
  return images.sureness[index] >= threshold;
}

/**
 * List the images that a filter lets through, in order.
 * @param {ImageSet} images
 * @param {ImageFilter} filter
 * @param {number} threshold
 * @returns {number[]}
 */
export function chooseImages(images, { show, label, answer }, threshold) {
  return images.order.filter((index) =>
    SHOWN[show](images, index, threshold) &&
    (label === null || images.labels[index] === label) &&
    (answer === null || images.answers[index] === answer));
}

/**
 * Write what an image shows and what was answered.
 * @param {ImageSet} images
 * @param {number} index
 */
export function describeImage(images, index) {
  const [label, answer] = [images.classes[images.labels[index]], images.classes[images.answers[index]]];
  return images.isWrong(index) ? `${label}, answered ${answer}` : `${label}, answered so`;
}
