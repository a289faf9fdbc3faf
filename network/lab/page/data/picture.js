// The picture shared by the views: a drawing, or an image of the dataset.

/**
 * @typedef {object} Picture
 * @property {Pixels | null} pixels light ink; null if nothing is drawn
 * @property {Stroke[]} strokes on the board
 * @property {Pixels | null} under a digit on the board, under the strokes
 * @property {number | null} label the true class, if known
 */

/** @type {Picture} */
export const picture = { pixels: null, strokes: [], under: null, label: null };

/**
 * Load the digit named in the address, as in #why/test/123; false if it names none.
 * @param {NetworkSource} source
 */
export async function loadFromAddress(source) {
  const [, split, index] = location.hash.split("/");
  if (!index) return false;
  const { pixels, label } = await source.digit(split, Number(index));
  setDigit(pixels, label);
  return true;
}

/** Remove the name of a digit from the address after the picture has changed. */
export function clearAddress() {
  const [view, ...named] = location.hash.split("/");
  if (named.length) history.replaceState(null, "", view);
}

/**
 * Set the picture to a digit of the dataset or of a file.
 * @param {Pixels} pixels
 * @param {number | null} label
 */
export function setDigit(pixels, label) {
  Object.assign(picture, { pixels, label, under: pixels, strokes: [] });
}
