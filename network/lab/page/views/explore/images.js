// Images with their labels and predictions, mistakes first.

import { api } from "../../data/api.js";
import { argmax, decode } from "../../maths/arrays.js";
import { riskCoverage } from "../../maths/risk_coverage.js";

const SIZE = 784; // bytes of an image

/**
 * The response of the server about images (network/lab/routes/explore.py).
 * @typedef {Pick<ImageSet, "classes" | "count" | "looks" | "methods"> & {damages: CorruptionKind[],
 *   labels: EncodedArray<"int32">, outputs: EncodedArray, sureness: EncodedArray<"float64">,
 * }} EncodedPredictions
 */

/**
 * Fetch the images of a split ("held-out" or "test") and the predictions of a run, with or without corruption.
 * @param {string} run
 * @param {string} split
 * @param {Corruption | null} corruption
 * @returns {Promise<ImageSet>}
 */
export async function openImages(run, split, corruption = null) {
  const at = `/api/runs/${encodeURIComponent(run)}`;
  const damage = corruption && { damage: corruption.name, strength: String(corruption.strength) };
  const query = new URLSearchParams({ split, ...damage });
  /** @type {[EncodedPredictions, ArrayBuffer]} */
  const [response, bytes] = await Promise.all([api.get(`${at}/answers?${query}`), api.get(`${at}/images?${query}`)]);
  const { classes, count, looks, methods, damages: corruptions } = response;
  const [labels, outputs] = [decode(response.labels).values, decode(response.outputs).values];
  const confidence = decode(response.sureness).values;
  const images = new Uint8Array(bytes);
  /** @param {number} index */
  const scores = (index) => outputs.subarray(index * classes.length, (index + 1) * classes.length);
  const predictions = Int32Array.from(labels, (_, index) => argmax(scores(index)));
  /** @param {number} index */
  const isMistake = (index) => labels[index] !== predictions[index];
  return {
    split, corruption, classes, count, looks, methods, corruptions, labels, predictions, confidence, scores, isMistake,
    shown: labels.length,
    curve: riskCoverage(confidence, isMistake),
    pixels: (index) => images.subarray(index * SIZE, (index + 1) * SIZE),
    order: mistakesFirst(confidence, isMistake),
    confusion: countPairs(labels, predictions, classes.length),
    mistakes: labels.reduce((sum, _, index) => sum + Number(isMistake(index)), 0),
  };
}

/**
 * Sort images: first mistakes, most confident first; then correct predictions, least confident first.
 * @param {Float64Array} confidence
 * @param {(index: number) => boolean} isMistake
 * @returns {number[]}
 */
function mistakesFirst(confidence, isMistake) {
  const all = Array.from(confidence.keys());
  const mistakes = all.filter(isMistake).sort((a, b) => confidence[b] - confidence[a]);
  const correct = all.filter((index) => !isMistake(index)).sort((a, b) => confidence[a] - confidence[b]);
  return [...mistakes, ...correct];
}

/**
 * Return the confusion matrix, flattened: true classes in rows, predicted classes in columns.
 * @param {Int32Array} labels
 * @param {Int32Array} predictions
 * @param {number} classes
 */
function countPairs(labels, predictions, classes) {
  const counts = new Int32Array(classes ** 2);
  labels.forEach((label, index) => { counts[label * classes + predictions[index]] += 1; });
  return counts;
}

/** @type {Record<ImageFilter["show"], (images: ImageSet, index: number, threshold: number) => boolean>} */
const SHOWN = {
  all: () => true,
  mistakes: (images, index) => images.isMistake(index),
  correct: (images, index) => !images.isMistake(index),
  abstained: (images, index, threshold) => !isPredicted(images, index, threshold),
};

/**
 * Return whether the confidence for an image reaches the threshold.
 * @param {ImageSet} images
 * @param {number} index
 * @param {number} threshold
 */
export function isPredicted(images, index, threshold) {
  return images.confidence[index] >= threshold;
}

/**
 * List the images that match a filter, in order.
 * @param {ImageSet} images
 * @param {ImageFilter} filter
 * @param {number} threshold
 * @returns {number[]}
 */
export function chooseImages(images, { show, label, prediction }, threshold) {
  return images.order.filter((index) =>
    SHOWN[show](images, index, threshold) &&
    (label === null || images.labels[index] === label) &&
    (prediction === null || images.predictions[index] === prediction));
}

/**
 * Describe the true class of an image and its prediction.
 * @param {ImageSet} images
 * @param {number} index
 */
export function describeImage(images, index) {
  const [label, prediction] = [images.classes[images.labels[index]], images.classes[images.predictions[index]]];
  return images.isMistake(index) ? `${label}, predicted as ${prediction}` : `${label}, predicted correctly`;
}
