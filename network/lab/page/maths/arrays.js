// Arrays as the page has them: {shape, values}, the numbers in one row, channels last.

const TYPES = { float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array, int32: Int32Array };

/**
 * Make an array of zeros.
 * @param {number[]} shape
 * @returns {NdArray}
 */
export function zeros(shape) {
  return { shape, values: new Float32Array(shape.reduce((size, side) => size * side, 1)) };
}

/**
 * Apply a function to every number, which is given its place, too.
 * @param {NdArray} x
 * @param {(value: number, at: number) => number} f
 * @returns {NdArray}
 */
export function map(x, f) {
  return { shape: x.shape, values: x.values.map(f) };
}

/**
 * Read an array as Python writes it.
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
 * Return the last item of a list that has one.
 * @template Item
 * @param {readonly Item[]} items
 * @returns {Item}
 */
export function lastOf(items) {
  return items[items.length - 1];
}

/**
 * Return the place of the largest number: the first, of equal ones.
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function argmax(values) {
  let best = 0;
  for (let place = 1; place < values.length; place++) if (values[place] > values[best]) best = place;
  return best;
}
