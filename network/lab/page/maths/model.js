// A model as the page has it, read from what network/lab/model_json.py writes.

import { decode, lastOf } from "./arrays.js";
import { isIdentity } from "./layers.js";

/**
 * Read layers with their numbers.
 * @param {EncodedLayer[]} layers
 * @returns {Layer[]}
 */
export function readLayers(layers) {
  return layers.map((layer) => ({
    ...layer,
    members: layer.members?.map(readLayers),
    params: Object.fromEntries(
      Object.entries(layer.params).map(([name, array]) => [name, decode(array)])),
  }));
}

/**
 * Return the layers of a member of an ensemble; null: of the whole network.
 * @param {Layer[]} layers
 * @param {number | null} member
 * @returns {Layer[]}
 */
export function layersOf(layers, member) {
  return member === null ? layers : (layers[0].members ?? [])[member];
}

/**
 * Scale grey levels of 0..255 to what enters a network: 0..1, rounded as Python rounds them.
 * @param {Pixels} pixels
 * @returns {NdArray}
 */
export function scalePixels(pixels) {
  const share = Math.fround(1 / 255);
  return { shape: [28, 28], values: Float32Array.from(pixels, (level) => level * share) };
}

/**
 * List the stages of layers in a row: each makes units, by its first layer, and shapes what they say.
 * @param {Layer[]} layers
 * @returns {Stage[]}
 */
export function stagesOf(layers) {
  /** @type {Stage[]} */
  const stages = [];
  layers.forEach((layer, place) => {
    if (layer.stage === null) return;
    const { kinds, ...known } = stages[layer.stage] ?? { index: layer.stage, layer, first: place, kinds: [] };
    stages[layer.stage] = {
      ...known, last: place, ends: layer, units: lastOf(layer.shape), isImages: layer.shape.length > 1,
      kinds: isIdentity(layer) ? kinds : [...kinds, layer.kind],
    };
  });
  return stages;
}
