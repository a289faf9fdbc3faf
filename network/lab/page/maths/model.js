// A model on the page, decoded from the JSON of network/lab/model_json.py.

import { decode, lastOf } from "./arrays.js";
import { isIdentity } from "./layers.js";

/**
 * Decode layers and their parameters.
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
 * Scale grey levels from 0..255 to the inputs of a network, 0..1, with the rounding of Python.
 * @param {Pixels} pixels
 * @returns {NdArray}
 */
export function scalePixels(pixels) {
  const share = Math.fround(1 / 255);
  return { shape: [28, 28], values: Float32Array.from(pixels, (level) => level * share) };
}

/**
 * List the blocks of a network: a layer with weights, and the layers after it up to the next one.
 * @param {Layer[]} layers
 * @returns {Block[]}
 */
export function blocksOf(layers) {
  /** @type {Block[]} */
  const blocks = [];
  layers.forEach((layer, index) => {
    if (layer.stage === null) return;
    const { kinds, ...known } = blocks[layer.stage] ?? { index: layer.stage, layer, first: index, kinds: [] };
    blocks[layer.stage] = {
      ...known, last: index, ends: layer, units: lastOf(layer.shape), isImages: layer.shape.length > 1,
      kinds: isIdentity(layer) ? kinds : [...kinds, layer.kind],
    };
  });
  return blocks;
}
