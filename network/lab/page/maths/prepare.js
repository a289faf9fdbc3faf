// Preprocess a drawing like MNIST, as network/images/pages/read.py does for clean black on white.
//
// All ink belongs to one digit. Its bounding box is cropped, stretched to full contrast, scaled so that
// the longer side is 20 pixels, thickened if its strokes are thinner than MNIST's, and placed in 28x28 with
// its centre of mass in the middle.

const FAINTEST = 0.3; // of full ink; paler pixels are paper
const FULL = 0.6; // quantile of a digit's grey levels that counts as full ink
const INK = 64; // of 255: minimum grey level of ink after smoothing
const [BOX, SIDE] = [20, 28]; // pixels
const [THIN, STROKE] = [1.7, 2.5]; // pixels: strokes thinner than the first are thickened to the second

/** @typedef {{width: number, height: number, values: Float32Array}} Grey */

/**
 * Preprocess grey levels, 0 (black) to 255 (white); null if there is no ink.
 * @param {ArrayLike<number>} grey
 * @param {number} width pixels in a row
 * @returns {Pixels | null}
 */
export function prepareGrey(grey, width) {
  const page = { width, height: grey.length / width, values: Float32Array.from(grey, (level) => 255 - level) };
  const crop = cropInk(page, smooth(page));
  const inked = crop && boxOf(toFullContrast(crop));
  return inked && centreByMass(fitDigit(inked));
}

/**
 * Average each pixel with its eight neighbours, rounding twice as Pillow does; edge pixels are repeated.
 * @param {Grey} page
 */
function smooth({ width, height, values }) {
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
 * Crop to the bounding box of the ink, and set all other pixels to NaN.
 * @param {Grey} page
 * @param {Float32Array} smoothed
 */
function cropInk({ width, height, values }, smoothed) {
  /** @type {(y: number, x: number) => number} */
  const ink = (y, x) => (smoothed[y * width + x] < INK ? NaN : values[y * width + x]);
  return boxOf(make({ width, height }, ink));
}

/**
 * Stretch the grey levels: full ink becomes 255, and pixels paler than ink become 0.
 * @param {Grey} crop
 */
function toFullContrast(crop) {
  const ink = crop.values.filter((level) => level >= 0).sort();
  const rank = FULL * (ink.length - 1);
  const [below, above] = [ink[Math.floor(rank)], ink[Math.ceil(rank)]];
  const full = below + (above - below) * (rank - Math.floor(rank));
  return make(crop, (y, x) => {
    const share = crop.values[y * crop.width + x] / full;
    return share >= FAINTEST ? roundEven(255 * Math.min(share, 1)) : 0;
  });
}

/**
 * Crop to the bounding box of the ink; null if there is none.
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
 * Fit a digit into 20x20 pixels, with strokes that are not thinner than MNIST's.
 * @param {Grey} crop
 */
function fitDigit(crop) {
  const fitted = stretchContrast(fitIntoBox(crop, BOX));
  const strokes = strokeWidth(fitted);
  if (strokes >= THIN) return fitted;
  const room = roundEven((STROKE - strokes) / 2);
  const smaller = stretchContrast(fitIntoBox(crop, BOX - 2 * room));
  return thicken(smaller, STROKE - strokeWidth(smaller));
}

/**
 * Estimate the width of the strokes in pixels: twice their area divided by the length of their outline,
 * which the total variation along rows and columns measures 4 / pi times too long.
 * @param {Grey} ink
 */
function strokeWidth({ width, height, values }) {
  const level = levelOf({ width, height, values });
  let [area, outline] = [0, 0];
  for (let y = 0; y <= height; y++) {
    for (let x = 0; x <= width; x++) {
      area += level(y, x);
      outline += Math.abs(level(y, x) - level(y - 1, x)) + Math.abs(level(y, x) - level(y, x - 1));
    }
  }
  return (2 * area) / ((Math.PI / 4) * outline);
}

/**
 * Make strokes `more` pixels wider, half of it on each side: rounds of dilation by a cross, the last one
 * mixed in by the part that is missing.
 * @param {Grey} ink
 * @param {number} more
 */
function thicken(ink, more) {
  for (let missing = more; missing > 0; missing -= 2) {
    const [level, part] = [levelOf(ink), Math.min(1, missing / 2)];
    ink = make({ width: ink.width + 2, height: ink.height + 2 }, (row, column) => {
      const [y, x] = [row - 1, column - 1];
      const own = level(y, x);
      return own + part * (Math.max(own, level(y - 1, x), level(y + 1, x), level(y, x - 1), level(y, x + 1)) - own);
    });
  }
  return boxOf(make(ink, (y, x) => roundEven(ink.values[y * ink.width + x]))) ?? ink;
}

/**
 * Return the grey level at a place, 0 outside.
 * @param {Grey} ink
 * @returns {(y: number, x: number) => number}
 */
function levelOf({ width, height, values }) {
  return (y, x) => (y < 0 || x < 0 || y >= height || x >= width ? 0 : values[y * width + x]);
}

/**
 * Stretch the contrast so that the darkest ink is 255, because thin strokes have become pale.
 * @param {Grey} ink
 */
function stretchContrast(ink) {
  const factor = 255 / ink.values.reduce((most, level) => Math.max(most, level), 0);
  return make(ink, (y, x) => roundEven(ink.values[y * ink.width + x] * factor));
}

/**
 * Scale by averaging so that the longer side fills the box: first the rows, then the columns.
 * @param {Grey} ink
 * @param {number} box pixels
 */
function fitIntoBox(ink, box) {
  const scale = box / Math.max(ink.width, ink.height);
  const [width, height] = [ink.width, ink.height].map((side) => Math.max(1, roundEven(side * scale)));
  const narrow = make({ width, height: ink.height }, (y, x) =>
    average(ink.width, width, x, (column) => ink.values[y * ink.width + column]));
  return make({ width, height }, (y, x) =>
    average(ink.height, height, y, (row) => narrow.values[row * width + x]));
}

/**
 * Return the mean of the pixels under the n-th of `few` new pixels, of `many` old ones: those with their
 * centre inside it. The order of operations follows Pillow, so that the same pixels count at the edge.
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
    const offset = (at - middle + 0.5) * (1 / scale);
    if (offset <= -0.5 || offset > 0.5) continue;
    sum += level(at);
    count += 1;
  }
  return Math.round(sum / count);
}

/**
 * Place ink in 28x28 with its centre of mass in the middle.
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
 * Build an image from level(y, x).
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
 * Round as Python does: halves to the nearest even number.
 * @param {number} x
 */
function roundEven(x) {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 ? rounded - 1 : rounded;
}
