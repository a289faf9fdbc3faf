// Lessons of the layers that add up products: Linear, Conv2D.

import { shapeOfInput } from "../../maths/weighted_sum.js";
import { equation, figure, newRow, num, result, sign, termTable } from "./figures.js";
import { runningSum } from "./graphs.js";
import { capital, many, nameOf } from "./names.js";
import { grid, picture } from "./number_pictures.js";
import { slidingWindow } from "./sliding.js";

/** @param {number[]} numbers */
const total = (numbers) => numbers.reduce((sum, one) => sum + one, 0);

/**
 * One output of a Linear: everything that comes in, times its weight, plus the bias.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function linear(at) {
  const { layers, outputs, index, cell } = at;
  const { n_out, params: { weight, bias } } = /** @type {LinearLayer} */ (layers[index]);
  const x = outputs[index];
  const weights = Float32Array.from(x.values, (_, row) => weight.values[row * n_out + cell]);
  const products = Array.from(x.values, (value, row) => value * weights[row]);
  const [sum, shift] = [total(products), bias.values[cell]];
  const name = capital(nameOf(at, index + 1, cell));
  const { shape, isPicture } = shapeOfInput(layers, outputs, index);
  const terms = products.map((value, row) => ({
    name: nameOf(at, index, row), parts: `${num(x.values[row])} × ${num(weights[row])}`, value,
  }));
  /** @type {(values: Float32Array, label: string, isSigned?: boolean) => HTMLElement} */
  const seen = (values, label, isSigned) => picture({ shape, values }, { label, isSigned }).element;
  const nouns = isPicture ? "pixel" : "number";
  return {
    value: sum + shift,
    steps: [
      { say: `${name} looks at all ${many(shape, isPicture)} that come in.`,
        show: [figure(seen(x.values, "what comes in"), isPicture ? "the picture" : "what comes in")] },
      { say: `It has a weight of its own for every ${nouns}: red ones speak for it, blue ones against it.`,
        show: [sign("×"), figure(seen(weights, "its weights", true), "its weights, learnt")] },
      { say: `Every ${nouns} is multiplied by its weight. Where nothing comes in, the weight does not matter.`,
        show: [sign("="), figure(seen(Float32Array.from(products), "the products", true), "the products")] },
      { say: `The ${products.length.toLocaleString("en-US")} products are added up, one after the other.`,
        show: [newRow(), figure(runningSum(products, "The sum after each product"), "the sum, product after product"),
          figure(termTable(terms, "other products"), "the largest of them")] },
      { say: "The bias is added: what the neuron says when nothing comes in.",
        show: [newRow(), equation(sum, sign("+"), shift, sign("=")), result(sum + shift, name)] },
    ],
  };
}

/**
 * One number of a Conv2D: a window of what comes in, times the weights, plus the bias.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function conv2d(at) {
  const { layers, outputs, index, cell } = at;
  const layer = /** @type {ConvLayer} */ (layers[index]);
  const [x, y] = [outputs[index], outputs[index + 1]];
  const [map, place] = [cell % layer.n_out, Math.floor(cell / layer.n_out)];
  const { padding } = layer;
  const [row, column] = [Math.floor(place / y.shape[1]) - padding, (place % y.shape[1]) - padding];
  const windows = Array.from({ length: x.shape[2] ?? 1 }, (_, c) => windowOf(layer, x, map, [row, column], c));
  const sums = windows.map(({ products }) => total(products.map((one) => one ?? 0)));
  const shown = sums.reduce((best, sum, c) => (Math.abs(sum) > Math.abs(sums[best]) ? c : best), 0);
  const [sum, shift] = [total(sums), layer.params.bias.values[map]];
  const from = channelOf(x, shown);
  const named = result(sum + shift, capital(nameOf(at, index + 1, cell)));
  const sumAndBias = equation(...(sums.length > 1 ? [sum] : []), sign("+"), shift, sign("="));
  const slides = slidingWindow({
    from, to: channelOf(y, map), size: layer.size, padding,
    names: [sums.length > 1 ? `map ${shown}` : "the picture", `map ${map}`],
  });
  return {
    value: sum + shift,
    steps: [
      ...productSteps(layer, from, windows[shown], { shown, map, maps: sums.length, row, column }),
      sumStep(layer, sums),
      { say: "The bias of the map is added.", show: [sumAndBias, named] },
      { say: "Then the window slides on, over the whole picture: every place of it makes one number of the map.",
        show: [newRow(), slides] },
    ],
  };
}

/** @typedef {{seen: (number | null)[], weights: number[], products: (number | null)[]}} Window
 *   null: beyond the edge */

/**
 * What lies under the window in one channel, its weights, and the products.
 * @param {ConvLayer} layer
 * @param {NdArray} x
 * @param {number} map
 * @param {[number, number]} corner
 * @param {number} c
 * @returns {Window}
 */
function windowOf({ n_out, size, params: { weight } }, x, map, [row, column], c) {
  const [height, width, channels = 1] = x.shape;
  const places = Array.from({ length: size * size }, (_, n) => [Math.floor(n / size), n % size]);
  const seen = places.map(([i, j]) => {
    const [r, q] = [row + i, column + j];
    const isInside = r >= 0 && q >= 0 && r < height && q < width;
    return isInside ? x.values[(r * width + q) * channels + c] : null;
  });
  const weights = places.map(([i, j]) => weight.values[((i * size + j) * channels + c) * n_out + map]);
  return { seen, weights, products: seen.map((value, n) => (value === null ? null : value * weights[n])) };
}

/**
 * The steps up to the products under the window.
 * @param {ConvLayer} layer
 * @param {NdArray} from
 * @param {Window} window
 * @param {{shown: number, map: number, maps: number, row: number, column: number}} where
 * @returns {LessonStep[]}
 */
function productSteps({ size }, from, { seen, weights, products }, { shown, map, maps, row, column }) {
  const isOfMany = maps > 1;
  /** @type {(values: (number | null)[], label: string, isSigned?: boolean) => HTMLElement} */
  const square = (values, label, isSigned = true) => grid(values, size, { label, isSigned });
  const whole = picture(from, { frames: [[row, column, size, size]], label: "what comes in", width: 148 });
  return [
    { say: `A window of ${size} × ${size} lies on ${isOfMany ? `map ${shown} of the ${maps} that come in` : "the picture"}. What lies under it makes one number of map ${map}.`,
      show: [figure(whole.element, isOfMany ? `map ${shown}` : "the picture")] },
    { say: `These are the numbers in the window${seen.includes(null) ? ". Beyond the edge there is nothing, which counts as 0" : ""}.`,
      show: [figure(square(seen, "the numbers in the window", seen.some((value) => (value ?? 0) < 0)), "in the window")] },
    { say: `Map ${map} has ${size * size} weights${isOfMany ? " for each map that comes in" : ""}, the same wherever the window lies.`,
      show: [sign("×"), figure(square(weights, "the weights"), "its weights, learnt")] },
    { say: "Number by number they are multiplied.",
      show: [sign("="), figure(square(products, "the products"), "the products")] },
  ];
}

/**
 * The step in which the products are added up, of all maps that come in.
 * @param {ConvLayer} layer
 * @param {number[]} sums
 * @returns {LessonStep}
 */
function sumStep({ size }, sums) {
  if (sums.length === 1) {
    return { say: `The ${size * size} products are added up.`, show: [newRow(), equation("their sum", sign("="), sums[0])] };
  }
  const terms = sums.map((value, c) => ({ name: `map ${c}`, parts: "", value }));
  return {
    say: `The products are added up. So are those of the other ${sums.length - 1} maps, each with weights of its own.`,
    show: [newRow(), figure(termTable(terms, "other maps"), "the sum of each map")],
  };
}

/**
 * Return one channel of an image.
 * @param {NdArray} image
 * @param {number} channel
 * @returns {NdArray}
 */
export function channelOf({ shape, values }, channel) {
  const [height, width, channels = 1] = shape;
  return {
    shape: [height, width],
    values: Float32Array.from({ length: height * width }, (_, place) => values[place * channels + channel]),
  };
}
