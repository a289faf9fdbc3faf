// The picture that the views look at: what was written on the board, or a digit of the data set.

export const picture = {
  pixels: null, // 784 grey levels, ink light; null while there is none
  strokes: [], // as written on the board
  under: null, // a digit that lies on the board, under the strokes
  label: null, // what it shows, where that is known
};

/** Take a digit of the data set, or of a file. */
export function takeDigit(pixels, label = null) {
  Object.assign(picture, { pixels, label, under: pixels, strokes: [] });
}
