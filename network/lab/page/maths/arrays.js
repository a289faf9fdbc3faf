// Arrays of the page: {shape, values}, flattened in C order, with the channels last.

const TYPES = { float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array, int32: Int32Array };

/**
 * Return an array of zeros.
 * @param {number[]} shape
 * @returns {NdArray}
 */
export function zeros(shape) {
  return { shape, values: new Float32Array(shape.reduce((size, side) => size * side, 1)) };
}

/**
 * Apply a function of the value and its index to every number.
 * @param {NdArray} x
 * @param {(value: number, at: number) => number} f
 * @returns {NdArray}
 */
export function map(x, f) {
  return { shape: x.shape, values: x.values.map(f) };
}

/**
 * Decode an array from Python.
 * @template {keyof TypedArrays} [Type="float32"]
 * @param {EncodedArray<Type>} encoded
 * @returns {NdArray<TypedArrays[Type]>}
 */
export function decode({ shape, type, data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const values = new TYPES[type ?? "float32"](bytes.buffer);
  return { shape, values: /** @type {TypedArrays[Type]} */ (values) };
}

/**
 * Return the last item of a list that is not empty.
 * @template Item
 * @param {readonly Item[]} items
 * @returns {Item}
 */
export function lastOf(items) {
  return items[items.length - 1];
}

/**
 * Return the index of the largest number; of equal ones, the first.
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function argmax(values) {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index] > values[best]) best = index;
  return best;
}
