// A model as the page has it: its layers with their numbers, and the stages that they form.

import { decode } from "./arrays.js";

/** Read the layers that network/model_json.py has written. */
export function readLayers(layers) {
  return layers.map((layer) => ({
    ...layer,
    members: layer.members?.map(readLayers),
    params: Object.fromEntries(
      Object.entries(layer.params).map(([name, array]) => [name, decode(array)])),
  }));
}

/** Grey levels of 0..255 as what enters a network: 0..1, rounded as Python rounds them. */
export function scalePixels(pixels) {
  const share = Math.fround(1 / 255);
  return { shape: [28, 28], values: Float32Array.from(pixels, (level) => level * share) };
}

/** The stages of layers in a row: each makes units, by its first layer, and shapes what they say.
 * {index, layer: the first, ends: the last, first and last: their places, kinds, units, isImages} */
export function stagesOf(layers) {
  const stages = [];
  layers.forEach((layer, place) => {
    if (layer.stage === null) return;
    const stage = (stages[layer.stage] ??= { index: layer.stage, layer, first: place, kinds: [] });
    if (!["Dropout", "Identity"].includes(layer.kind)) stage.kinds.push(layer.kind);
    Object.assign(stage, {
      last: place, ends: layer, units: layer.shape.at(-1), isImages: layer.shape.length > 1,
    });
  });
  return stages;
}
