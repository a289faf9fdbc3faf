// The picture that the views look at: what was written on the board, or a digit of the data set.

export const picture = {
  pixels: null, // 784 grey levels, ink light; null while there is none
  strokes: [], // as written on the board
  under: null, // a digit that lies on the board, under the strokes
  label: null, // what it shows, where that is known
};

/** Take the digit that the address names, as in #why/test/123; false where it names none. */
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

/** Take a digit of the data set, or of a file. */
export function takeDigit(pixels, label = null) {
  Object.assign(picture, { pixels, label, under: pixels, strokes: [] });
}
