// Where the views of an exported page get a network and what they ask about it: the page itself.

import { decode } from "../maths/arrays.js";
import { METHODS, explained, nearest } from "../maths/explanations.js";
import { forward } from "../maths/forward.js";
import { readLayers, scalePixels } from "../maths/model.js";
import { prepareGrey } from "../maths/prepare.js";
import { smallestChange } from "../maths/smallest_change.js";

const [EXCITING, NEAR] = [12, 8]; // digits that are shown
const LONGEST = 420; // pixels of an image file that is opened

/** Open what network/lab/standalone.py has written into the page. */
export async function openOwnSource({ digits, parts, ...model }) {
  const layers = readLayers(model.layers);
  const pixels = await inflate(digits.pixels);
  const digit = (place) => ({ pixels: pixels.subarray(784 * place, 784 * (place + 1)), label: digits.labels[place] });
  const all = digits.labels.map((_, place) => digit(place));
  const known = parts.map((part) => part.map(({ layer, answers }) => ({ layer, answers: decode(answers) })));
  const answersOf = (member) => known[member === null ? 0 : member + 1];
  const layersOf = (member) => (member === null ? layers : layers[0].members[member]);
  const numbered = (found) => found.map(({ place, distance }) => ({ ...digit(place), number: distance }));

  return {
    ...model, layers, accuracy: null, save: null,
    prepare: async (board) => prepared(board.toGrey()),
    prepareFile: async (file) => prepared(await greyOf(file)),
    digit: async () => all[Math.floor(Math.random() * all.length)],
    async exciting(layer, unit, member) {
      const { answers } = answersOf(member).find((stage) => stage.layer === layer);
      const units = answers.shape[1];
      const sorted = all.map((_, place) => ({ place, distance: answers.values[place * units + unit] }))
        .sort((a, b) => b.distance - a.distance);
      return { digits: numbered(sorted.slice(0, EXCITING)), of: all.length };
    },
    contributions({ pixels, target, against, method, member }) {
      const wanted = new Float32Array(model.classes.length);
      wanted[target] += 1;
      if (against !== null) wanted[against] -= 1;
      return METHODS[method](explained(layersOf(member)), scalePixels(pixels), wanted);
    },
    smallestChange({ pixels, target, member }) {
      const known = all.filter(({ label }) => label === target).map((one) => scalePixels(one.pixels));
      return smallestChange(explained(layersOf(member)), scalePixels(pixels), target, known);
    },
    async nearest({ pixels, member }) {
      const image = scalePixels(pixels);
      const found = nearest(all.map((one) => scalePixels(one.pixels).values), image.values, NEAR);
      return { of: all.length, pixels: numbered(found), hidden: nearestInside(image, member) };
    },
  };

  /** By what the last hidden layer says; of a map, what it says where it says most. */
  function nearestInside(image, member) {
    const hidden = answersOf(member).at(-2);
    if (!hidden) return null;
    const own = strongest(forward(layersOf(member), image)[hidden.layer + 1]);
    const { shape: [count, units], values } = hidden.answers;
    const points = Array.from({ length: count }, (_, n) => values.subarray(n * units, (n + 1) * units));
    return numbered(nearest(points, own, NEAR));
  }
}

function strongest({ shape, values }) {
  const units = shape.at(-1);
  return Float32Array.from({ length: units }, (_, unit) =>
    values.reduce((most, value, at) => (at % units === unit ? Math.max(most, value) : most), -Infinity));
}

function prepared({ side, grey }) {
  const digit = prepareGrey(grey, side);
  if (!digit) throw new Error("nothing is drawn on it");
  return [digit];
}

/** The grey levels of an image file, dark ink on light paper. */
async function greyOf(file) {
  const image = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} is no image that this browser can read`);
  });
  const scale = Math.min(1, LONGEST / Math.max(image.width, image.height));
  const canvas = Object.assign(document.createElement("canvas"), {
    width: Math.max(1, Math.round(image.width * scale)), height: Math.max(1, Math.round(image.height * scale)),
  });
  const drawing = canvas.getContext("2d");
  drawing.fillStyle = "white";
  drawing.fillRect(0, 0, canvas.width, canvas.height);
  drawing.drawImage(image, 0, 0, canvas.width, canvas.height);
  const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
  const grey = Uint8Array.from({ length: data.length / 4 }, (_, at) =>
    0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2]);
  const isDark = grey[0] + grey.at(-1) < 255;
  return { side: canvas.width, grey: isDark ? grey.map((level) => 255 - level) : grey };
}

/** Unpack bytes that were packed with zlib and written in base64. */
async function inflate(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
