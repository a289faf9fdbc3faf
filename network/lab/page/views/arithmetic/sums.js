// Lessons of layers with weights: Linear, Conv2D.

import { shapeOfInput } from "../../maths/weighted_sum.js";
import { equation, figure, newRow, num, result, sign, termTable } from "./figures.js";
import { runningSum } from "./graphs.js";
import { many, nameOf, sentenceStart } from "./names.js";
import { grid, picture } from "./number_pictures.js";
import { slidingWindow } from "./sliding.js";

/** @param {number[]} numbers */
const total = (numbers) => numbers.reduce((sum, one) => sum + one, 0);

/**
 * Teach Linear with one neuron: the sum of inputs times weights, plus the bias.
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
  const name = sentenceStart(nameOf(at, index + 1, cell));
  const { shape, isPicture } = shapeOfInput(layers, outputs, index);
  const terms = products.map((value, row) => ({
    name: nameOf(at, index, row), parts: `${num(x.values[row])} × ${num(weights[row])}`, value,
  }));
  /** @type {(values: Float32Array, label: string, isSigned?: boolean) => HTMLElement} */
  const image = (values, label, isSigned) => picture({ shape, values }, { label, isSigned }).element;
  const noun = isPicture ? "pixel" : "input";
  return {
    value: sum + shift,
    steps: [
      { text: `${name} receives all ${many(shape, isPicture)}.`,
        show: [figure(image(x.values, "input"), isPicture ? "picture" : "input")] },
      { text: `It has one weight per ${noun}. Red weights are positive, blue weights are negative.`,
        show: [sign("×"), figure(image(weights, "weights", true), "learned weights")] },
      { text: `Every ${noun} is multiplied by its weight. If the ${noun} is 0, so is the product.`,
        show: [sign("="), figure(image(Float32Array.from(products), "products", true), "products")] },
      { text: `The ${products.length.toLocaleString("en-US")} products are added up.`,
        show: [newRow(), figure(runningSum(products, "Running sum of the products"), "running sum"),
          figure(termTable(terms, "other products"), "largest products")] },
      { text: "The bias is added: the sum for an input of zeros.",
        show: [newRow(), equation(sum, sign("+"), shift, sign("=")), result(sum + shift, name)] },
    ],
  };
}

/**
 * Teach Conv2D with one number: a window of the input times the kernel, plus the bias.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function conv2d(at) {
  const { layers, outputs, index, cell } = at;
  const layer = /** @type {ConvLayer} */ (layers[index]);
  const [x, y] = [outputs[index], outputs[index + 1]];
  const [map, pixel] = [cell % layer.n_out, Math.floor(cell / layer.n_out)];
  const { padding } = layer;
  const [row, column] = [Math.floor(pixel / y.shape[1]) - padding, (pixel % y.shape[1]) - padding];
  const windows = Array.from({ length: x.shape[2] ?? 1 }, (_, c) => windowOf(layer, x, map, [row, column], c));
  const sums = windows.map(({ products }) => total(products.map((one) => one ?? 0)));
  const shown = sums.reduce((best, sum, c) => (Math.abs(sum) > Math.abs(sums[best]) ? c : best), 0);
  const [sum, shift] = [total(sums), layer.params.bias.values[map]];
  const from = channelOf(x, shown);
  const named = result(sum + shift, sentenceStart(nameOf(at, index + 1, cell)));
  const sumAndBias = equation(...(sums.length > 1 ? [sum] : []), sign("+"), shift, sign("="));
  const slides = slidingWindow({
    from, to: channelOf(y, map), size: layer.size, padding,
    names: [sums.length > 1 ? `map ${shown + 1}` : "picture", `map ${map + 1}`],
  });
  return {
    value: sum + shift,
    steps: [
      ...productSteps(layer, from, windows[shown], { shown, map, maps: sums.length, row, column }),
      sumStep(layer, sums),
      { text: "The bias of the map is added.", show: [sumAndBias, named] },
      { text: "The window slides over the whole picture. Every position results in one number of the map.",
        show: [newRow(), slides] },
    ],
  };
}

/** @typedef {{inputs: (number | null)[], weights: number[], products: (number | null)[]}} Window
 *   null: outside the picture */

/**
 * Return the inputs, the weights and the products of the window in one channel.
 * @param {ConvLayer} layer
 * @param {NdArray} x
 * @param {number} map
 * @param {[number, number]} corner
 * @param {number} c
 * @returns {Window}
 */
function windowOf({ n_out, size, params: { weight } }, x, map, [row, column], c) {
  const [height, width, channels = 1] = x.shape;
  const offsets = Array.from({ length: size * size }, (_, n) => [Math.floor(n / size), n % size]);
  const inputs = offsets.map(([i, j]) => {
    const [r, q] = [row + i, column + j];
    const isInside = r >= 0 && q >= 0 && r < height && q < width;
    return isInside ? x.values[(r * width + q) * channels + c] : null;
  });
  const weights = offsets.map(([i, j]) => weight.values[((i * size + j) * channels + c) * n_out + map]);
  return { inputs, weights, products: inputs.map((value, n) => (value === null ? null : value * weights[n])) };
}

/**
 * Build the steps up to the products of the window.
 * @param {ConvLayer} layer
 * @param {NdArray} from
 * @param {Window} window
 * @param {{shown: number, map: number, maps: number, row: number, column: number}} where
 * @returns {LessonStep[]}
 */
function productSteps({ size }, from, { inputs, weights, products }, { shown, map, maps, row, column }) {
  const isOfMany = maps > 1;
  /** @type {(values: (number | null)[], label: string, isSigned?: boolean) => HTMLElement} */
  const square = (values, label, isSigned = true) => grid(values, size, { label, isSigned });
  const whole = picture(from, { frames: [[row, column, size, size]], label: "input", width: 148 });
  return [
    { text: `A window of ${size}x${size} lies on ${isOfMany ? `map ${shown + 1} of ${maps} input maps` : "the picture"}. It results in one number of map ${map + 1}.`,
      show: [figure(whole.element, isOfMany ? `map ${shown + 1}` : "picture")] },
    { text: `These are the numbers in the window${inputs.includes(null) ? ". Outside the picture they are 0 (padding)" : ""}.`,
      show: [figure(square(inputs, "numbers in the window", inputs.some((value) => (value ?? 0) < 0)), "window")] },
    { text: `The kernel of map ${map + 1} has ${size * size} weights${isOfMany ? " per input map" : ""}, the same at every position.`,
      show: [sign("×"), figure(square(weights, "weights"), "learned weights")] },
    { text: "Each number is multiplied by its weight.",
      show: [sign("="), figure(square(products, "products"), "products")] },
  ];
}

/**
 * Build the step that adds up the products of all input maps.
 * @param {ConvLayer} layer
 * @param {number[]} sums
 * @returns {LessonStep}
 */
function sumStep({ size }, sums) {
  if (sums.length === 1) {
    return { text: `The ${size * size} products are added up.`, show: [newRow(), equation("sum", sign("="), sums[0])] };
  }
  const terms = sums.map((value, c) => ({ name: `map ${c + 1}`, parts: "", value }));
  return {
    text: `The products are added up, and so are those of the other ${sums.length - 1} input maps.`,
    show: [newRow(), figure(termTable(terms, "other maps"), "sum per input map")],
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
    values: Float32Array.from({ length: height * width }, (_, pixel) => values[pixel * channels + channel]),
  };
}
