// Make a drawing look like MNIST: the twin of network/images/pages/read.py, for clean black on white.
//
// All ink is one digit, whatever its parts: its box is cut out, brought to full contrast, reduced so
// that the longer side is 20 pixels, and laid into 28x28 with its centre of mass in the middle.

const FAINTEST = 0.3; // of full ink: what is paler is paper
const FULL = 0.6; // the share of a digit's pixels that are paler than what counts as full ink
const INK = 64; // of 255, averaged with its neighbours: what is at least so dark is ink
const [BOX, SIDE] = [20, 28]; // pixels

/** @typedef {{width: number, height: number, values: Float32Array}} Grey */

/**
 * Prepare grey levels, 0 (black) to 255 (white); null where nothing is drawn.
 * @param {ArrayLike<number>} grey
 * @param {number} width pixels in a row
 * @returns {Pixels | null}
 */
export function prepareGrey(grey, width) {
  const page = { width, height: grey.length / width, values: Float32Array.from(grey, (level) => 255 - level) };
  const crop = cutOut(page, soften(page));
  const inked = crop && boxOf(toFullContrast(crop));
  return inked && centreByMass(strongest(fitIntoBox(inked)));
}

/**
 * Average each pixel with its eight neighbours, rounding twice as Pillow does; at the edge, the edge goes on.
 * @param {Grey} page
 */
function soften({ width, height, values }) {
  /** @type {(at: number, size: number) => number} */
  const inside = (at, size) => Math.min(Math.max(at, 0), size - 1);
  const rows = make({ width, height }, (y, x) => {
    const [left, right] = [inside(x - 1, width), inside(x + 1, width)];
    return Math.round((values[y * width + left] + values[y * width + x] + values[y * width + right]) / 3);
  }).values;
  return make({ width, height }, (y, x) => {
    const [above, below] = [inside(y - 1, height), inside(y + 1, height)];
    return Math.round((rows[above * width + x] + rows[y * width + x] + rows[below * width + x]) / 3);
  }).values;
}

/**
 * Keep the ink alone and the box around it; what is no ink is NaN.
 * @param {Grey} page
 * @param {Float32Array} smooth
 */
function cutOut({ width, height, values }, smooth) {
  /** @type {(y: number, x: number) => number} */
  const ink = (y, x) => (smooth[y * width + x] < INK ? NaN : values[y * width + x]);
  return boxOf(make({ width, height }, ink));
}

/**
 * Bring what counts as full ink to 255, and what is fainter than ink to 0.
 * @param {Grey} crop
 */
function toFullContrast(crop) {
  const ink = crop.values.filter((level) => level >= 0).sort();
  const place = FULL * (ink.length - 1);
  const [below, above] = [ink[Math.floor(place)], ink[Math.ceil(place)]];
  const full = below + (above - below) * (place - Math.floor(place));
  return make(crop, (y, x) => {
    const share = crop.values[y * crop.width + x] / full;
    return share >= FAINTEST ? roundEven(255 * Math.min(share, 1)) : 0;
  });
}

/**
 * Cut out the box of what has any ink left; null where nothing has.
 * @param {Grey} page
 * @returns {Grey | null}
 */
function boxOf({ width, values }) {
  let [left, right, top, bottom] = [Infinity, -1, Infinity, -1];
  values.forEach((level, at) => {
    if (!level) return; // neither 0 nor NaN
    const [y, x] = [Math.floor(at / width), at % width];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  });
  if (right < 0) return null;
  const box = { width: right - left + 1, height: bottom - top + 1 };
  return make(box, (y, x) => values[(top + y) * width + left + x]);
}

/**
 * Bring the strongest ink to 255: thin strokes have become pale.
 * @param {Grey} ink
 */
function strongest(ink) {
  const factor = 255 / ink.values.reduce((most, level) => Math.max(most, level), 0);
  return make(ink, (y, x) => roundEven(ink.values[y * ink.width + x] * factor));
}

/**
 * Average so that the longer side is 20 pixels: first along the rows, then down the columns.
 * @param {Grey} ink
 */
function fitIntoBox(ink) {
  const scale = BOX / Math.max(ink.width, ink.height);
  const [width, height] = [ink.width, ink.height].map((side) => Math.max(1, roundEven(side * scale)));
  const narrow = make({ width, height: ink.height }, (y, x) =>
    average(ink.width, width, x, (column) => ink.values[y * ink.width + column]));
  return make({ width, height }, (y, x) =>
    average(ink.height, height, y, (row) => narrow.values[row * width + x]));
}

/**
 * The mean of the pixels that the n-th of `few` covers, of `many` in a row: those whose middle lies
 * in it. The order of the operations is Pillow's, so that the same pixels lie on the edge.
 * @param {number} many
 * @param {number} few
 * @param {number} n
 * @param {(at: number) => number} level
 */
function average(many, few, n, level) {
  const scale = many / few;
  const [middle, reach] = [(n + 0.5) * scale, 0.5 * scale];
  let [sum, count] = [0, 0];
  const last = Math.min(Math.trunc(middle + reach + 0.5), many);
  for (let at = Math.max(0, Math.trunc(middle - reach + 0.5)); at < last; at++) {
    const place = (at - middle + 0.5) * (1 / scale);
    if (place <= -0.5 || place > 0.5) continue;
    sum += level(at);
    count += 1;
  }
  return Math.round(sum / count);
}

/**
 * Lay ink into 28x28 with its centre of mass in the middle.
 * @param {Grey} ink
 * @returns {Pixels}
 */
function centreByMass({ width, height, values }) {
  let [mass, down, along] = [0, 0, 0];
  values.forEach((level, at) => {
    mass += level;
    down += level * Math.floor(at / width);
    along += level * (at % width);
  });
  /** @type {(centre: number, side: number) => number} */
  const corner = (centre, side) => Math.min(Math.max(roundEven(SIDE / 2 - centre), 0), SIDE - side);
  const [top, left] = [corner(down / mass, height), corner(along / mass, width)];
  const page = new Uint8Array(SIDE * SIDE);
  values.forEach((level, at) => {
    page[(top + Math.floor(at / width)) * SIDE + left + (at % width)] = level;
  });
  return page;
}

/**
 * Make an image; level(y, x) is called for each pixel.
 * @param {{width: number, height: number}} size
 * @param {(y: number, x: number) => number} level
 * @returns {Grey}
 */
function make({ width, height }, level) {
  const values = new Float32Array(width * height);
  for (let at = 0; at < values.length; at++) values[at] = level(Math.floor(at / width), at % width);
  return { width, height, values };
}

/**
 * Round as Python does: halves to the even neighbour.
 * @param {number} x
 */
function roundEven(x) {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}
