// Pixel attribution, for a page without a server: the twin of network/interpret/attribution.py.

import { lastOf, map } from "./arrays.js";
import { ACTIVATIONS, backward, forward } from "./layers.js";

const POINTS = 64; // on the way from nothing to the image
const OUTPUT_ACTIVATIONS = new Set([...Object.keys(ACTIVATIONS), "Softmax", "LogSoftmax"]);

/**
 * Take the output activation away, which hides what led to a clear answer.
 * @param {Layer[]} layers
 * @returns {Layer[]}
 */
export function withoutOutputActivation(layers) {
  const last = lastOf(layers);
  if (last.members && givesScores(last)) {
    return [...layers, { kind: "Log", shape: last.shape, stage: null, params: {} }];
  }
  return OUTPUT_ACTIVATIONS.has(last.kind) ? layers.slice(0, -1) : layers;
}

/**
 * Return whether the outputs of a layer are scores from 0 to 1: its `gives_scores` in Python.
 * @param {Layer} layer
 * @returns {boolean}
 */
function givesScores({ kind, members }) {
  return members?.every((member) => givesScores(lastOf(member))) ?? ["Sigmoid", "Softmax"].includes(kind);
}

/**
 * Return the gradient of `outputs @ wanted` at an image.
 * @param {Layer[]} layers
 * @param {NdArray} image
 * @param {Float32Array} wanted
 * @returns {NdArray}
 */
function gradientAt(layers, image, wanted) {                                  // (H, W), (K,) -> (H, W)
  const outputs = forward(layers, image);
  return backward(layers, outputs, { shape: lastOf(outputs).shape, values: wanted });
}

/**
 * How much each pixel adds to `outputs @ wanted`, by one of two methods.
 * @type {Record<string, (layers: Layer[], image: NdArray, wanted: Float32Array) => Promise<NdArray>>}
 */
export const METHODS = {
  "gradient-times-input": async (layers, image, wanted) =>
    multiply(image, gradientAt(layers, image, wanted).values),

  async "integrated-gradients"(layers, image, wanted) {
    const [sum, pause] = [new Float64Array(image.values.length), makePause()];
    for (let point = 0; point < POINTS; point++) {
      await pause();
      const share = (point + 0.5) / POINTS;
      const gradient = gradientAt(layers, map(image, (x) => share * x), wanted);
      gradient.values.forEach((value, at) => { sum[at] += value / POINTS; });
    }
    return multiply(image, sum);
  },
};

/** @type {(x: NdArray, values: ArrayLike<number>) => NdArray} */
const multiply = (x, values) => map(x, (value, at) => value * values[at]);

/**
 * Make a pause now and then, so that the page can be scrolled while much is computed.
 * @returns {() => Promise<void>}
 */
export function makePause() {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < 30) return;
    await new Promise((resolve) => { setTimeout(resolve, 0); });
    since = performance.now();
  };
}

/**
 * The root of the sum of squares of the differences.
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @returns {number}
 */
export function distanceOf(a, b) {
  return Math.sqrt(a.reduce((sum, value, at) => sum + (value - b[at]) ** 2, 0));
}

/**
 * The places of the `count` points nearest to one, the nearest first, and their distances.
 * @param {Float32Array[]} points
 * @param {Float32Array} point
 * @param {number} count
 * @returns {{place: number, distance: number}[]}
 */
export function nearest(points, point, count) {
  return points
    .map((other, place) => ({ place, distance: distanceOf(other, point) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count);
}
