// Why a network answered so: network/explanations.py in JavaScript, for a page without a server.

import { map } from "./arrays.js";
import { backward } from "./backward.js";
import { forward } from "./forward.js";

const POINTS = 64; // on the way from nothing to the image
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

/** Make a pause now and then, so that the page can be scrolled while much is computed. */
export function makeRest() {
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
