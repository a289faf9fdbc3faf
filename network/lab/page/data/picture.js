// The picture that the views look at: what was written on the board, or a digit of the data set.

/**
 * @typedef {object} Picture
 * @property {Pixels | null} pixels ink light; null while there is none
 * @property {Stroke[]} strokes as written on the board
 * @property {Pixels | null} under a digit that lies on the board, under the strokes
 * @property {number | null} label what it shows, if that is known
 */

/** @type {Picture} */
export const picture = { pixels: null, strokes: [], under: null, label: null };

/**
 * Take the digit that the address names, as in #why/test/123; false if it names none.
 * @param {NetworkSource} source
 */
export async function takeAsked(source) {
  const [, split, index] = location.hash.split("/");
  if (!index) return false;
  const { pixels, label } = await source.digit(split, Number(index));
  takeDigit(pixels, label);
  return true;
}

/** Take the name of a digit out of the address: it is another one by now. */
export function leaveAsked() {
  const [view, ...named] = location.hash.split("/");
  if (named.length) history.replaceState(null, "", view);
}

/**
 * Take a digit of the data set, or of a file.
 * @param {Pixels} pixels
 * @param {number | null} label
 */
export function takeDigit(pixels, label) {
  Object.assign(picture, { pixels, label, under: pixels, strokes: [] });
}
