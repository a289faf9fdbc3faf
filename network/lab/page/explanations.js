// Why a network answered so: network/explanations.py in JavaScript, for a page without a server.

import { map } from "./arrays.js";
import { backward } from "./backward.js";
import { forward } from "./forward.js";

const POINTS = 64; // on the way from nothing to the image
const ROUNDS = 200; // of steps to the boundary, at most
const [PATIENCE, NEARER] = [10, 0.999]; // so many rounds that bring the image no nearer are enough
const BEYOND = 1.05; // of the way there, so that the answer is on the other side
const BACK = 0.9; // of the way is kept
const FARTHEST = 0.25; // that one step changes the image
const NEAR = 0.1; // how far behind a rival counts little
const OUTPUT_ACTIVATIONS = new Set([
  "Sigmoid", "Tanh", "ReLU", "LeakyReLU", "GELU", "Softmax", "LogSoftmax",
]);

/** Take the output activation away, which hides what led to a clear answer. */
export function explained(layers) {
  const last = layers.at(-1);
  const isScore = (member) => ["Sigmoid", "Softmax"].includes(member.at(-1).kind);
  if (last.kind === "Ensemble" && last.members.every(isScore)) return [...layers, { kind: "Log" }];
  return OUTPUT_ACTIVATIONS.has(last.kind) ? layers.slice(0, -1) : layers;
}

/** Return the gradient of `outputs @ wanted` at an image. */
function slopeAt(layers, image, wanted) {                                     // (H, W), (K,) -> (H, W)
  const outputs = forward(layers, image);
  return backward(layers, outputs, { shape: outputs.at(-1).shape, values: wanted });
}

/** How much each pixel adds to `outputs @ wanted`, by one of two methods. */
export const METHODS = {
  "gradient-times-input": async (layers, image, wanted) =>
    multiply(image, slopeAt(layers, image, wanted)),

  async "integrated-gradients"(layers, image, wanted) {
    const [sum, rest] = [new Float64Array(image.values.length), makeRest()];
    for (let point = 0; point < POINTS; point++) {
      await rest();
      const share = (point + 0.5) / POINTS;
      const slope = slopeAt(layers, map(image, (x) => share * x), wanted);
      slope.values.forEach((value, at) => { sum[at] += value / POINTS; });
    }
    return multiply(image, { values: sum });
  },
};

const multiply = (x, { values }) => map(x, (x, at) => x * values[at]);

/** Look for the image nearest to this one that is answered with the target: {image, distance}. */
export async function smallestChange(layers, image, target) {
  const rest = makeRest();
  let [found, here, waited] = [null, image, 0];
  for (let round = 0; round < ROUNDS; round++) {
    await rest();
    let { lead, slope } = leadOf(layers, here, target);
    if (lead > 0) {
      const distance = distanceOf(here.values, image.values);
      if (!found || distance < NEARER * found.distance) {
        found = { image: here, distance };
        waited = 0;
      }
      waited += 1;
      if (waited > PATIENCE) break;
      here = map(here, (x, at) => image.values[at] + BACK * (x - image.values[at]));
      ({ lead, slope } = leadOf(layers, here, target));
    }
    here = step(here, slope, -lead);
  }
  return found;
}

/** How far a class leads the strongest other one, and the slope of that. */
function leadOf(layers, image, target) {
  const outputs = forward(layers, image);
  const { shape, values } = outputs.at(-1);
  const most = Math.max(...values.filter((_, k) => k !== target));
  const rivals = values.map((value, k) => (k === target ? 0 : Math.exp((value - most) / NEAR)));
  const total = rivals.reduce((sum, rival) => sum + rival, 0);
  const wanted = rivals.map((rival, k) => (k === target ? 1 : -rival / total));
  const slope = backward(layers, outputs, { shape, values: wanted });
  return { lead: values[target] - most, slope };
}

/** Go as far along the slope as it takes to gain so much, with pixels kept in 0..1. */
function step(image, slope, gain) {
  const free = slope.values.map((slope, at) => {
    const x = image.values[at];
    return (slope > 0 ? x < 1 : x > 0) ? slope : 0;
  });
  const length = Math.hypot(...free);
  if (!length) return image;
  const far = Math.min(Math.max((BEYOND * gain) / length, -FARTHEST), FARTHEST);
  return map(image, (x, at) => Math.min(Math.max(x + (far / length) * free[at], 0), 1));
}

/** Make a pause now and then, so that the page can be scrolled while much is computed. */
function makeRest() {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < 30) return;
    await new Promise((resolve) => { setTimeout(resolve, 0); });
    since = performance.now();
  };
}

/** The root of the sum of squares of the differences. */
export function distanceOf(a, b) {
  return Math.sqrt(a.reduce((sum, value, at) => sum + (value - b[at]) ** 2, 0));
}

/** The places of the `count` points nearest to one, the nearest first, and their distances. */
export function nearest(points, point, count) {
  return points
    .map((other, place) => ({ place, distance: distanceOf(other, point) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count);
}
