// The weighted sum of one unit, term by term: bias + sum of input times weight.

import { lastOf } from "./arrays.js";
import { isIdentity } from "./layers.js";

/**
 * Return the terms of a unit's weighted sum. `outputs` is the result of forward() for the edited
 * `layers`; for feature maps, the sum is at [h, w].
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {Block} block
 * @param {number} unit
 * @param {[number, number]} position
 * @returns {WeightedSum}
 */
export function weightedSum(layers, outputs, block, unit, [h, w]) {
  const { first, last } = block;
  const layer = /** @type {LinearLayer} */ (layers[first]);
  const { n_out, params: { weight, bias } } = layer;
  const x = outputs[first].values;
  const isLinear = layer.kind === "Linear";
  const inputs = isLinear ? inputsOfLinear(layers, outputs, first)
    : inputsOfWindow(/** @type {ConvLayer} */ (layer), outputs[first].shape, h, w);
  const cell = isLinear ? unit : (h * outputs[first + 1].shape[1] + w) * n_out + unit;
  return {
    terms: inputs.map(({ name, at, row }) => {
      const factor = weight.values[row * n_out + unit];
      return { name, x: x[at], weight: factor, value: x[at] * factor };
    }),
    bias: bias.values[unit],
    sum: outputs[first + 1].values[cell],
    then: stepsAfter(layers, outputs, first, last, cell),
  };
}

/**
 * List the inputs of a Linear layer: name, index, row of the weights.
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {number} first
 */
function inputsOfLinear(layers, outputs, first) {
  const name = nameOfInput(layers, outputs, first);
  return Array.from(outputs[first].values, (_, at) => ({ name: name(at), at, row: at }));
}

/**
 * List the inputs of a Conv2D layer at a position, without padding.
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
    const name = channels > 1 ? nameInMap(c, r, q) : namePixel(r, q);
    inputs.push({ name, at: (r * width + q) * channels + c, row });
  }
  return inputs;
}

/** @type {(row: number, column: number) => string} */
export const namePixel = (row, column) => `row ${row}, column ${column}`;

/** @type {(channel: number, row: number, column: number) => string} */
export const nameInMap = (channel, row, column) => `map ${channel + 1}, ${namePixel(row, column)}`;

/**
 * List the outputs of the later layers of a block, up to the first that pools.
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {number} first
 * @param {number} last
 * @param {number} cell
 */
function stepsAfter(layers, outputs, first, last, cell) {
  const steps = [];
  for (let index = first + 1; index <= last; index++) {
    const { kind, off, shape } = layers[index];
    if (isIdentity(layers[index])) continue;
    const isSame = outputs[index + 1].values.length === outputs[first + 1].values.length;
    const isOff = index === last && off?.includes(cell % lastOf(shape));
    steps.push({ kind: isOff ? "switching off" : kind, y: isSame ? outputs[index + 1].values[cell] : null });
    if (!isSame) break;
  }
  return steps;
}

/**
 * Return a function that names the inputs of a Linear layer by their source before Flatten.
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {number} first
 * @returns {(at: number) => string}
 */
export function nameOfInput(layers, outputs, first) {
  const { shape, isPicture } = shapeOfInput(layers, outputs, first);
  if (shape.length === 1) return (at) => `neuron ${at + 1}`;
  const [, width, channels = 1] = shape;
  return (at) => {
    const c = at % channels;
    const [r, q] = [Math.floor(at / channels / width), Math.floor(at / channels) % width];
    return isPicture ? namePixel(r, q) : nameInMap(c, r, q);
  };
}

/**
 * Return the shape of a layer's input before Flatten, and whether it is the picture.
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
