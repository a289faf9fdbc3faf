// A network from the lab's server, and the computations on it.

import { decode } from "../maths/arrays.js";
import { readLayers } from "../maths/model.js";
import { api } from "./api.js";

/** @typedef {{pixels: EncodedArray<"uint8">, labels: number[]}} EncodedDigits */
/** @typedef {{pixels: EncodedArray<"uint8">, label: number, count: number}} EncodedDigit */
/** @typedef {EncodedDigits & {distances: EncodedArray}} EncodedNeighbours */

/**
 * Return the network of an exported page, or load the network of a run.
 * @param {ViewContext} context
 * @returns {Promise<NetworkSource>}
 */
export async function openSource({ source, run }) {
  return source ?? openLabSource(run);
}

/**
 * Load the network of a run from the lab.
 * @param {string} run
 * @returns {Promise<NetworkSource>}
 */
async function openLabSource(run) {
  const at = `/api/runs/${encodeURIComponent(run)}`;
  /** @type {EncodedModel} */
  const model = await api.get(`${at}/model`);
  return {
    ...model,
    layers: readLayers(model.layers),
    prepare: async (board) => prepared(await api.send("/api/prepare?separate=false", await board.toBlob())).digits,
    prepareFile: async (file) => prepared(await api.send("/api/prepare", file)),
    digit: (split = "held-out", index = null) => fetchDigit(at, split, index),
    async exciting(layer, unit, member) {
      /** @type {EncodedDigits & {answers: EncodedArray, of: number}} */
      const found = await api.get(`${at}/exciting?${queryOf({ layer, unit, member })}`);
      return { digits: rankedDigits(found, decode(found.answers).values), of: found.of };
    },
    accuracy: (edits, member) => api.post(`${at}/accuracy`, { ...edits, member }),
    async save(edits, member, name) {
      /** @type {{run: string}} */
      const saved = await api.post(`${at}/edited`, { ...edits, member, name });
      return saved.run;
    },
    async contributions(question) {
      /** @type {{contributions: EncodedArray}} */
      const found = await api.post(`${at}/contributions`, question);
      return decode(found.contributions);
    },
    async smallestChange(question) {
      /** @type {{image: EncodedArray | null, distance: number}} */
      const { image, distance } = await api.post(`${at}/change`, question);
      return image && { image: decode(image), distance };
    },
    nearest: (question) => fetchNearest(at, question),
  };
}

/**
 * Build a query string without the values that are null or undefined.
 * @param {Record<string, string | number | null | undefined>} values
 */
function queryOf(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}

/**
 * Fetch a digit of a split; a random one without an index.
 * @param {string} at
 * @param {string} split
 * @param {number | null} index
 * @returns {Promise<Digit>}
 */
async function fetchDigit(at, split, index) {
  /** @type {(query: URLSearchParams) => Promise<EncodedDigit>} */
  const get = (query) => api.get(`${at}/digit?${query}`);
  const position = index ?? Math.floor(Math.random() * (await get(queryOf({ split }))).count);
  const { pixels, label } = await get(queryOf({ split, index: position }));
  return { pixels: decode(pixels).values, label };
}

/**
 * Fetch the nearest training digits, by pixels and by the activations of the last hidden layer.
 * @param {string} at
 * @param {ImageQuestion} question
 * @returns {Promise<NearestDigits>}
 */
async function fetchNearest(at, question) {
  /** @type {{of: number, pixels: EncodedNeighbours, hidden?: EncodedNeighbours}} */
  const { of, pixels, hidden } = await api.post(`${at}/nearest`, question);
  /** @param {EncodedNeighbours} digits */
  const ranked = (digits) => rankedDigits(digits, decode(digits.distances).values);
  return { of, pixels: ranked(pixels), hidden: hidden && ranked(hidden) };
}

/**
 * @param {{digits: {pixels: EncodedArray<"uint8">}[], notes: string[]}} found
 * @returns {PreparedFile}
 */
const prepared = ({ digits, notes }) => ({ digits: digits.map(({ pixels }) => decode(pixels).values), notes });

/**
 * Combine digits with the numbers that they were sorted by.
 * @param {EncodedDigits} digits
 * @param {Float32Array} numbers
 * @returns {RankedDigit[]}
 */
function rankedDigits({ pixels, labels }, numbers) {
  const { values } = decode(pixels);
  return labels.map((label, n) => ({
    label, number: numbers[n], pixels: values.subarray(784 * n, 784 * (n + 1)),
  }));
}
