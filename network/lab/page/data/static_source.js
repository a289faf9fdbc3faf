// A network inside an exported page, and the computations on it without a server.

import { decode, lastOf } from "../maths/arrays.js";
import { METHODS, nearest, withoutOutputActivation } from "../maths/explanations.js";
import { forward } from "../maths/layers.js";
import { layersOf, readLayers, scalePixels } from "../maths/model.js";
import { prepareGrey } from "../maths/prepare.js";
import { smallestChange } from "../maths/smallest_change.js";

const [TOP_DIGITS, NEAREST] = [12, 8]; // digits shown
const MAX_SIDE = 420; // of an image file, in pixels
const FAINT = 127; // no pixel of an image is above it: another scale than 0 to 255

/**
 * The data that network/lab/standalone.py writes into the page: a model, training digits, and the
 * activation of each unit of each block for them: of the whole network, then of each member.
 * @typedef {EncodedModel & {
 *   digits: {pixels: string, labels: number[]},
 *   parts: {layer: number, answers: EncodedArray}[][],
 * }} StaticPage
 */

/**
 * Load the network of an exported page.
 * @param {StaticPage} page
 * @returns {Promise<NetworkSource>}
 */
export async function openStaticSource({ digits, parts, ...model }) {
  const pixels = await inflate(digits.pixels);
  const all = digits.labels.map((label, n) => ({ label, pixels: pixels.subarray(784 * n, 784 * (n + 1)) }));
  const known = parts.map((part) => part.map(({ layer, answers }) => ({ layer, answers: decode(answers) })));
  const layers = readLayers(model.layers);
  return {
    ...model, layers, accuracy: null, save: null,
    prepare: async (board) => prepared(board.toGrey()),
    prepareFile: async (file) => {
      const { side, grey, notes } = await greyOf(file);
      return { digits: prepared({ side, grey }), notes };
    },
    digit: async () => all[Math.floor(Math.random() * all.length)],
    ...computationsOn(layers, all, (member) => known[member === null ? 0 : member + 1]),
  };
}

/** @typedef {{layer: number, answers: NdArray}[]} Activations of each block: images x units */

/**
 * Build the computations on a network; `activationsOf` returns the activations for the training digits.
 * @param {Layer[]} layers
 * @param {Digit[]} all
 * @param {(member: number | null) => Activations} activationsOf
 * @returns {Pick<NetworkSource, "exciting" | "contributions" | "smallestChange" | "nearest">}
 */
function computationsOn(layers, all, activationsOf) {
  /** @type {(found: {index: number, distance: number}[]) => RankedDigit[]} */
  const ranked = (found) => found.map(({ index, distance }) => ({ ...all[index], number: distance }));
  const images = all.map((digit) => scalePixels(digit.pixels));
  return {
    async exciting(layer, unit, member) {
      const found = activationsOf(member).find((block) => block.layer === layer);
      if (!found) throw new Error(`Layer ${layer + 1} has no units.`);
      const { shape: [, units], values } = found.answers;
      const sorted = all.map((_, index) => ({ index, distance: values[index * units + unit] }))
        .sort((a, b) => b.distance - a.distance);
      return { digits: ranked(sorted.slice(0, TOP_DIGITS)), of: all.length };
    },
    contributions({ pixels, target, against, method, member }) {
      const logits = withoutOutputActivation(layersOf(layers, member));
      const wanted = new Float32Array(lastOf(logits).shape[0]);
      wanted[target] += 1;
      if (against !== null) wanted[against] -= 1;
      return METHODS[method](logits, scalePixels(Uint8Array.from(pixels)), wanted);
    },
    smallestChange({ pixels, target, member }) {
      const known = images.filter((_, index) => all[index].label === target);
      const logits = withoutOutputActivation(layersOf(layers, member));
      return smallestChange(logits, scalePixels(Uint8Array.from(pixels)), target, known);
    },
    async nearest({ pixels, member }) {
      const image = scalePixels(Uint8Array.from(pixels));
      const found = nearest(images.map(({ values }) => values), image.values, NEAREST);
      const hidden = nearestInside(activationsOf(member), layersOf(layers, member), image);
      return { of: all.length, pixels: ranked(found), hidden: hidden && ranked(hidden) };
    },
  };
}

/**
 * Find the nearest digits by the activations of the last hidden layer; for a feature map, by its maximum.
 * @param {Activations} activations
 * @param {Layer[]} layers
 * @param {NdArray} image
 */
function nearestInside(activations, layers, image) {
  const hidden = activations.at(-2);
  if (!hidden) return null;
  const { shape: [count, units], values } = hidden.answers;
  const points = Array.from({ length: count }, (_, n) => values.subarray(n * units, (n + 1) * units));
  return nearest(points, maximaOf(forward(layers, image)[hidden.layer + 1]), NEAREST);
}

/**
 * Return the largest number of each unit.
 * @param {NdArray} y
 */
function maximaOf({ shape, values }) {
  const units = lastOf(shape);
  return Float32Array.from({ length: units }, (_, unit) =>
    values.reduce((most, value, at) => (at % units === unit ? Math.max(most, value) : most), -Infinity));
}

/** @param {{side: number, grey: ArrayLike<number>}} drawing */
function prepared({ side, grey }) {
  const digit = prepareGrey(grey, side);
  if (!digit) throw new Error("The drawing is empty. Write a digit first.");
  return [digit];
}

/**
 * Read the grey levels of an image file as dark ink on light paper. Those of a faint image of 28x28 are stretched.
 * @param {File} file
 */
async function greyOf(file) {
  const image = await createImageBitmap(file).catch(() => {
    throw new Error(`"${file.name}" is not an image that this browser can read.`);
  });
  const scale = Math.min(1, MAX_SIDE / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  const drawing = new OffscreenCanvas(width, height).getContext("2d");
  if (!drawing) throw new Error("This browser cannot draw images.");
  drawing.fillStyle = "white";
  drawing.fillRect(0, 0, width, height);
  drawing.drawImage(image, 0, 0, width, height);
  const { data } = drawing.getImageData(0, 0, width, height);
  const read = Uint8Array.from({ length: data.length / 4 }, (_, at) =>
    0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2] + 1e-3);
  const highest = read.reduce((most, level) => Math.max(most, level), 0);
  const isFaint = read.length === 784 && highest > 0 && highest <= FAINT;
  const grey = isFaint ? read.map((level) => Math.round(255 * level / highest)) : read;
  const notes = isFaint ? [`No pixel is above ${highest} of 255: ${highest} is used as full ink.`] : [];
  const isDark = grey[0] + grey[grey.length - 1] < 255;
  return { side: width, grey: isDark ? grey.map((level) => 255 - level) : grey, notes };
}

/**
 * Decompress zlib data from base64.
 * @param {string} text
 */
async function inflate(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
