// The smallest change for another answer: network/smallest_change.py in JavaScript.

import { map } from "./arrays.js";
import { backward } from "./backward.js";
import { distanceOf, makeRest, nearest } from "./explanations.js";
import { forward } from "./forward.js";

const ROUNDS = 200; // of steps to the boundary, at most
const [PATIENCE, NEARER] = [10, 0.999]; // so many rounds that bring the image no nearer are enough
const BEYOND = 1.05; // of the way there, so that the answer is on the other side
const BACK = 0.9; // of the way is kept
const FARTHEST = 0.25; // that one step changes the image
const NEAR = 0.1; // how far behind a rival counts little
const GUIDES = 20; // images that may show the way
const HALVINGS = 20; // of a way, to find the boundary on it

/** Look for the image nearest to this one that is answered with the target: {image, distance} or
 * null. `known` are images of the target class, which show the way where no slope leads there. */
export async function smallestChange(layers, image, target, known) {
  const rest = makeRest();
  const found = await approach(layers, image, image, target, rest);
  const guide = found ? null : findGuide(layers, image, target, known);
  return guide ? approach(layers, image, boundary(layers, image, guide, target), target, rest) : found;
}

/** Go from here to where the target is the answer, and from there nearer to the image. */
async function approach(layers, image, here, target, rest) {
  let [found, waited] = [null, 0];
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

/** The nearest known image that is answered with the target. */
function findGuide(layers, image, target, known) {
  return nearest(known.map(({ values }) => values), image.values, GUIDES)
    .map(({ place }) => known[place])
    .find((one) => leadOf(layers, one, target).lead > 0);
}

/** Where, on the straight way from an image to a guide, the target takes the lead. */
function boundary(layers, image, guide, target) {
  const mix = (share) => map(image, (x, at) => x + share * (guide.values[at] - x));
  let [near, far] = [0, 1];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (near + far) / 2;
    if (leadOf(layers, mix(middle), target).lead > 0) far = middle;
    else near = middle;
  }
  return mix(far);
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
