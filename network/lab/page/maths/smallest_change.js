// Counterfactuals, the smallest change for another prediction: as in network/interpret/counterfactual.py.

import { lastOf, map } from "./arrays.js";
import { distanceOf, makePause, nearest } from "./explanations.js";
import { backward, forward } from "./layers.js";

const MAX_ROUNDS = 200; // of steps towards the boundary
const [PATIENCE, NEARER] = [10, 0.999]; // stop after 10 rounds that do not shorten the distance
const BEYOND = 1.05; // of the distance to the boundary, so that the image crosses it
const BACK = 0.9; // of the change is kept when moving back towards the image
const MAX_STEP = 0.25; // length of one step
const NEAR = 0.1; // softness of the maximum over the other classes
const GUIDES = 20; // training images to try as a guide
const HALVINGS = 20; // of the bisection that finds the boundary

/**
 * Find the nearest image that is predicted as the target; null if none was found.
 * @param {Layer[]} layers
 * @param {NdArray} image
 * @param {number} target
 * @param {NdArray[]} known images of the target class, used as guides if gradients fail
 * @returns {Promise<ChangedImage | null>}
 */
export async function smallestChange(layers, image, target, known) {
  const pause = makePause();
  const found = await refine(layers, image, image, target, pause);
  const guide = found ? null : findGuide(layers, image, target, known);
  return guide ? refine(layers, image, boundary(layers, image, guide, target), target, pause) : found;
}

/**
 * Move from a start until the target is predicted, then move closer to the image.
 * @param {Layer[]} layers
 * @param {NdArray} image
 * @param {NdArray} start
 * @param {number} target
 * @param {() => Promise<void>} pause
 * @returns {Promise<ChangedImage | null>}
 */
async function refine(layers, image, start, target, pause) {
  let [here, waited] = [start, 0];
  /** @type {ChangedImage | null} */
  let found = null;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    await pause();
    let { margin, gradient } = marginOf(layers, here, target);
    if (margin > 0) {
      const distance = distanceOf(here.values, image.values);
      if (!found || distance < NEARER * found.distance) {
        found = { image: here, distance };
        waited = 0;
      }
      waited += 1;
      if (waited > PATIENCE) break;
      here = map(here, (x, at) => image.values[at] + BACK * (x - image.values[at]));
      ({ margin, gradient } = marginOf(layers, here, target));
    }
    here = stepAlong(here, gradient, -margin);
  }
  return found;
}

/**
 * Find the nearest known image that is predicted as the target.
 * @param {Layer[]} layers
 * @param {NdArray} image
 * @param {number} target
 * @param {NdArray[]} known
 */
function findGuide(layers, image, target, known) {
  return nearest(known.map(({ values }) => values), image.values, GUIDES)
    .map(({ index }) => known[index])
    .find((one) => marginOf(layers, one, target).margin > 0);
}

/**
 * Find the decision boundary on the line from an image to a guide, by bisection.
 * @param {Layer[]} layers
 * @param {NdArray} image
 * @param {NdArray} guide
 * @param {number} target
 */
function boundary(layers, image, guide, target) {
  /** @param {number} share */
  const between = (share) => map(image, (x, at) => x + share * (guide.values[at] - x));
  let [near, far] = [0, 1];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (near + far) / 2;
    if (marginOf(layers, between(middle), target).margin > 0) far = middle;
    else near = middle;
  }
  return between(far);
}

/**
 * Return the margin of a class over the highest other score, and its gradient.
 * @param {Layer[]} layers
 * @param {NdArray} image
 * @param {number} target
 */
export function marginOf(layers, image, target) {
  const outputs = forward(layers, image);
  const { shape, values } = lastOf(outputs);
  const most = Math.max(...values.filter((_, k) => k !== target));
  const rivals = values.map((value, k) => (k === target ? 0 : Math.exp((value - most) / NEAR)));
  const total = rivals.reduce((sum, rival) => sum + rival, 0);
  const wanted = rivals.map((rival, k) => (k === target ? 1 : -rival / total));
  return { margin: values[target] - most, gradient: backward(layers, outputs, { shape, values: wanted }) };
}

/**
 * Step along a gradient for a given gain in the margin, with pixels clipped to 0..1.
 * @param {NdArray} image
 * @param {NdArray} gradient
 * @param {number} gain
 */
export function stepAlong(image, gradient, gain) {
  const free = gradient.values.map((slope, at) => {
    const x = image.values[at];
    return (slope > 0 ? x < 1 : x > 0) ? slope : 0;
  });
  const length = Math.hypot(...free);
  if (!length) return image;
  const far = Math.min(Math.max((BEYOND * gain) / length, -MAX_STEP), MAX_STEP);
  return map(image, (x, at) => Math.min(Math.max(x + (far / length) * free[at], 0), 1));
}
