// Pixel attribution without a server: the same methods as network/interpret/attribution.py.

import { lastOf, map } from "./arrays.js";
import { ACTIVATIONS, backward, forward } from "./layers.js";

const POINTS = 64; // on the line from a blank image to the image
const OUTPUT_ACTIVATIONS = new Set([...Object.keys(ACTIVATIONS), "Softmax", "LogSoftmax"]);

/**
 * Remove the output activation, which hides the evidence for a confident prediction.
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
 * Return whether a layer outputs scores from 0 to 1 (`gives_scores` in Python).
 * @param {Layer} layer
 * @returns {boolean}
 */
function givesScores({ kind, members }) {
  return members?.every((member) => givesScores(lastOf(member))) ?? ["Sigmoid", "Softmax"].includes(kind);
}

/**
 * Return the gradient of `outputs @ wanted` with respect to an image.
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
 * Attribution methods: the contribution of each pixel to `outputs @ wanted`.
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
 * Return a function that pauses every 30 ms, so that the page responds during long computations.
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
 * Return the Euclidean distance of two vectors.
 * @param {Float32Array} a
 * @param {Float32Array} b
 * @returns {number}
 */
export function distanceOf(a, b) {
  return Math.sqrt(a.reduce((sum, value, at) => sum + (value - b[at]) ** 2, 0));
}

/**
 * Find the `count` nearest points: their indices and distances, nearest first.
 * @param {Float32Array[]} points
 * @param {Float32Array} point
 * @param {number} count
 * @returns {{index: number, distance: number}[]}
 */
export function nearest(points, point, count) {
  return points
    .map((other, index) => ({ index, distance: distanceOf(other, point) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count);
}
