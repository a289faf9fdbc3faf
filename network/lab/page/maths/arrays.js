// Arrays as the page has them: {shape, values}, the numbers in one row, channels last.

const TYPES = { float32: Float32Array, float64: Float64Array, int8: Int8Array, uint8: Uint8Array, int32: Int32Array };

/** Make an array of zeros. */
export function zeros(shape) {
  return { shape, values: new Float32Array(shape.reduce((size, side) => size * side, 1)) };
}

/** Apply a function to every number. */
export function map(x, f) {
  return { shape: x.shape, values: x.values.map(f) };
}

/** Read an array as Python writes it: {shape, type, data: base64, little-endian}. */
export function decode({ shape, type = "float32", data }) {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  return { shape, values: new TYPES[type](bytes.buffer) };
}

/** The place of the largest number: the first, of equal ones. */
export function argmax(values) {
  return values.reduce((best, value, place) => (value > values[best] ? place : best), 0);
}
