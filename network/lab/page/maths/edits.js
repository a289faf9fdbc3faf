// Edits of a model, with the same numbers as network/interpret/edits.py.

import { lastOf } from "./arrays.js";

/** No edits. @type {Edits} */
export const NOTHING = { off: [], shifts: [], scales: [], prune: 0, noise: 0 };

/**
 * Return whether there is any edit.
 * @param {Edits} edits
 */
export function isEdited({ off, shifts, scales, prune, noise }) {
  return Boolean(off.length || shifts.length || scales.length || prune || noise);
}

/**
 * Return edited copies of layers.
 * @param {Layer[]} layers
 * @param {Edits} edits
 * @returns {Layer[]}
 */
export function editLayers(layers, { off, shifts, scales, prune, noise }) {
  return layers.map((layer, index) => {
    const params = { ...layer.params };
    if (params.weight && (prune || noise)) params.weight = editWeight(params.weight, prune, noise, index);
    for (const [, unit, by] of shifts.filter(([at]) => at === index)) {
      params.bias = { ...params.bias, values: params.bias.values.slice() };
      params.bias.values[unit] += by;
    }
    for (const [, unit, times] of scales.filter(([at]) => at === index)) {
      params.weight = scaleUnit(params.weight, unit, times);
    }
    const units = off.filter(([at]) => at === index).map(([, unit]) => unit);
    return { ...layer, params, off: units };
  });
}

/**
 * Add noise of `noise` standard deviations to weights, and set the smallest share of them to 0.
 * @param {NdArray} weight
 * @param {number} prune
 * @param {number} noise
 * @param {number} seed
 * @returns {NdArray}
 */
function editWeight({ shape, values }, prune, noise, seed) {
  const least = values.map(Math.abs).sort()[Math.floor(prune * values.length)] ?? Infinity;
  const spread = noise * deviation(values);
  const edited = values.map((weight, n) =>
    Math.abs(weight) < least ? 0 : weight + spread * drawn(seed, n));
  return { shape, values: edited };
}

/**
 * Scale the weights of a unit; the last axis of the weights is the unit.
 * @param {NdArray} weight
 * @param {number} unit
 * @param {number} times
 * @returns {NdArray}
 */
function scaleUnit({ shape, values }, unit, times) {
  const scaled = values.slice();
  for (let at = unit; at < scaled.length; at += lastOf(shape)) scaled[at] *= times;
  return { shape, values: scaled };
}

/**
 * Return the standard deviation.
 * @param {Float32Array} values
 */
function deviation(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

/**
 * Return the n-th random number with mean 0 and standard deviation 1: Mulberry32, uniform.
 * @param {number} seed
 * @param {number} n
 */
function drawn(seed, n) {
  let t = (seed + Math.imul(n + 1, 0x6d2b79f5)) | 0;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  const uniform = ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  return (2 * uniform - 1) * Math.sqrt(3);
}
