// Where the views get a network and what they ask about it: here, from the lab's server.

import { decode } from "../maths/arrays.js";
import { readLayers } from "../maths/model.js";

/** Open the network that is looked at: the page's own where it has one, else that of a run. */
export function openSource({ source, api, run }) {
  return source ? Promise.resolve(source) : openLabSource(api, run);
}

/** Open a run's network as the lab has it. */
async function openLabSource(api, run) {
  const at = `/api/runs/${encodeURIComponent(run)}`;
  const model = await api.get(`${at}/model`);
  const query = (values) => new URLSearchParams(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
  return {
    ...model,
    layers: readLayers(model.layers),
    /** Make what is drawn on a board ready, or the digits in a file: [784 grey levels, ...]. */
    prepare: async (board) => prepared(await api.send("/api/prepare?separate=false", await board.toBlob())),
    prepareFile: async (file) => prepared(await api.send("/api/prepare", file)),
    /** A digit of the data set: by default one that the network was not trained on. */
    async digit(split = "held-out", index = null) {
      const count = index === null ? (await api.get(`${at}/digit?${query({ split })}`)).count : 0;
      const place = index ?? Math.floor(Math.random() * count);
      const found = await api.get(`${at}/digit?${query({ split, index: place })}`);
      return { pixels: decode(found.pixels).values, label: found.label };
    },
    /** The training digits that a unit answers most strongly. */
    async exciting(layer, unit, member) {
      const found = await api.get(`${at}/exciting?${query({ layer, unit, member })}`);
      return { digits: digitsOf(found, decode(found.answers).values), of: found.of };
    },
    /** The accuracy on test images under edits: {correct, count, looks}. */
    accuracy: (edits, member) => api.post(`${at}/accuracy`, { ...edits, member }),
    /** Make a run of the network as it is edited, and return the name of it. */
    save: async (edits, member, name) => (await api.post(`${at}/edited`, { ...edits, member, name })).run,
    async contributions(asked) {
      return decode((await api.post(`${at}/contributions`, asked)).contributions);
    },
    async smallestChange(asked) {
      const { image, distance } = await api.post(`${at}/change`, asked);
      return image && { image: decode(image), distance };
    },
    /** The nearest training digits, by pixels and by what the last hidden layer says. */
    async nearest(asked) {
      const { of, ...found } = await api.post(`${at}/nearest`, asked);
      const rows = Object.entries(found).map(([by, digits]) =>
        [by, digitsOf(digits, decode(digits.distances).values)]);
      return { of, ...Object.fromEntries(rows) };
    },
  };
}

const prepared = ({ digits }) => digits.map(({ pixels }) => decode(pixels).values);

function digitsOf({ pixels, labels }, numbers) {
  const { values } = decode(pixels);
  return labels.map((label, n) => ({
    label, number: numbers[n], pixels: values.subarray(784 * n, 784 * (n + 1)),
  }));
}
