// The weighted sum of one unit, term by term: bias + the sum of what comes in, times its weight.

import { lastOf } from "./arrays.js";
import { isIdentity } from "./layers.js";

/**
 * Take a unit's sum apart. `outputs` is what forward() returned for `layers`, as they are edited; of a
 * layer of images the sum is that at [h, w].
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {Stage} stage
 * @param {number} unit
 * @param {[number, number]} place
 * @returns {WeightedSum}
 */
export function weightedSum(layers, outputs, stage, unit, [h, w]) {
  const { first, last } = stage;
  const layer = /** @type {LinearLayer} */ (layers[first]);
  const { n_out, params: { weight, bias } } = layer;
  const x = outputs[first].values;
  const isLinear = layer.kind === "Linear";
  const inputs = isLinear ? inputsOfLinear(layers, outputs, first)
    : inputsOfWindow(/** @type {ConvLayer} */ (layer), outputs[first].shape, h, w);
  const place = isLinear ? unit : (h * outputs[first + 1].shape[1] + w) * n_out + unit;
  return {
    terms: inputs.map(({ name, at, row }) => {
      const factor = weight.values[row * n_out + unit];
      return { name, x: x[at], weight: factor, value: x[at] * factor };
    }),
    bias: bias.values[unit],
    sum: outputs[first + 1].values[place],
    then: stepsAfter(layers, outputs, first, last, place),
  };
}

/**
 * List what a Linear takes in: its name, its place, the row of its weights.
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {number} first
 */
function inputsOfLinear(layers, outputs, first) {
  const name = nameOfInput(layers, outputs, first);
  return Array.from(outputs[first].values, (_, at) => ({ name: name(at), at, row: at }));
}

/**
 * List what a Conv2D takes in at a place, without padding.
 * @param {ConvLayer} layer
 * @param {number[]} shape
 * @param {number} h
 * @param {number} w
 */
function inputsOfWindow({ size, padding }, [height, width, channels = 1], h, w) {
  const inputs = [];
  for (let row = 0; row < size * size * channels; row++) {
    const c = row % channels;
    const [r, q] = [h + Math.floor(row / channels / size) - padding, w + (Math.floor(row / channels) % size) - padding];
    if (r < 0 || q < 0 || r >= height || q >= width) continue;
    const name = channels > 1 ? `map ${c} at ${r}, ${q}` : `pixel ${r}, ${q}`;
    inputs.push({ name, at: (r * width + q) * channels + c, row });
  }
  return inputs;
}

/**
 * What the other layers of the stage make of the sum, as long as each keeps the places apart.
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {number} first
 * @param {number} last
 * @param {number} place
 */
function stepsAfter(layers, outputs, first, last, place) {
  const steps = [];
  for (let index = first + 1; index <= last; index++) {
    const { kind, off, shape } = layers[index];
    if (isIdentity(layers[index])) continue;
    const isSame = outputs[index + 1].values.length === outputs[first + 1].values.length;
    const isOff = index === last && off?.includes(place % lastOf(shape));
    steps.push({ kind: isOff ? "being switched off" : kind, y: isSame ? outputs[index + 1].values[place] : null });
    if (!isSame) break;
  }
  return steps;
}

/**
 * Name the numbers that enter a Linear by what they were before they were laid in a row.
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {number} first
 * @returns {(at: number) => string}
 */
export function nameOfInput(layers, outputs, first) {
  const { shape, isPicture } = shapeOfInput(layers, outputs, first);
  if (shape.length === 1) return (at) => `neuron ${at}`;
  const [, width, channels = 1] = shape;
  return (at) => {
    const c = at % channels;
    const [r, q] = [Math.floor(at / channels / width), Math.floor(at / channels) % width];
    return isPicture ? `pixel ${r}, ${q}` : `map ${c} at ${r}, ${q}`;
  };
}

/**
 * The shape of what enters a layer before it was laid in a row, and whether it is the picture.
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {number} first
 * @returns {{shape: number[], isPicture: boolean}}
 */
export function shapeOfInput(layers, outputs, first) {
  let index = first;
  while (index > 0 && (layers[index - 1].kind === "Flatten" || isIdentity(layers[index - 1]))) index -= 1;
  return { shape: outputs[index].shape, isPicture: index === 0 };
}
