// The number to show in the next layer: the continuation of the current one, if there is one.

import { argmax, lastOf } from "../../maths/arrays.js";
import { isOfClasses } from "./names.js";

/**
 * Return the number to show in a layer: the continuation of the current one; at the end, the predicted
 * class; else the largest number.
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {{index: number, cell: number}} from current number
 * @param {number} to index of the new layer
 * @returns {number}
 */
export function followedCell(layers, outputs, { index, cell }, to) {
  if (to >= layers.length) return 0;
  const [layer, x, y] = [layers[to], outputs[to], outputs[to + 1]];
  const isNext = to === index + 1;
  if (isNext && x.values.length === y.values.length && layer.kind !== "Linear") return cell;
  const { size } = /** @type {PoolLayer} */ (layer);
  if (isNext && layer.kind.includes("Pool")) return pooledCell(x.shape, y.shape, size, cell) ?? argmax(y.values);
  return isOfClasses(layers, to + 1) ? argmax(lastOf(outputs).values) : argmax(y.values);
}

/**
 * Return the pooled cell that a number belongs to; null if it is outside whole squares.
 * @param {number[]} from
 * @param {number[]} to
 * @param {number} size
 * @param {number} cell
 */
function pooledCell([, width, channels = 1], [height, columns], size, cell) {
  const place = Math.floor(cell / channels);
  const [row, column] = [Math.floor(place / width / size), Math.floor((place % width) / size)];
  return row < height && column < columns ? (row * columns + column) * channels + (cell % channels) : null;
}
