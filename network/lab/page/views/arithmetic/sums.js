// Lessons of the layers that add up products: Linear, Conv2D.

import { h } from "../../ui/dom.js";
import { shapeOfInput } from "../../maths/weighted_sum.js";
import { equation, figure, grid, newRow, num, picture, result, runningSum, sign, termTable } from "./figures.js";
import { capital, many, nameOf } from "./names.js";
import { slidingWindow } from "./sliding.js";

const total = (numbers) => numbers.reduce((sum, one) => sum + one, 0);

/** One output of a Linear: everything that comes in, times its weight, plus the bias. */
export function linear(at) {
  const { layers, outputs, index, cell } = at;
  const { n_out, params: { weight, bias } } = layers[index];
  const x = outputs[index];
  const weights = Float32Array.from(x.values, (_, row) => weight.values[row * n_out + cell]);
  const products = Array.from(x.values, (value, row) => value * weights[row]);
  const [sum, shift] = [total(products), bias.values[cell]];
  const name = capital(nameOf(at, index + 1, cell));
  const { shape, isPicture } = shapeOfInput(layers, outputs, index);
  const terms = products.map((value, row) => ({
    name: nameOf(at, index, row), parts: `${num(x.values[row])} × ${num(weights[row])}`, value,
  }));
  const seen = (values, label, options) => picture({ shape, values }, { label, ...options });
  const nouns = isPicture ? "pixel" : "number";
  return {
    value: sum + shift,
    steps: [
      { say: `${name} looks at all ${many(shape, isPicture)} that come in.`,
        show: [figure(seen(x.values, "what comes in"), isPicture ? "the picture" : "what comes in")] },
      { say: `It has a weight of its own for every ${nouns}: red ones speak for it, blue ones against it.`,
        show: [sign("×"), figure(seen(weights, "its weights", { signed: true }), "its weights, learnt")] },
      { say: `Every ${nouns} is multiplied by its weight. Where nothing comes in, the weight does not matter.`,
        show: [sign("="), figure(seen(Float32Array.from(products), "the products", { signed: true }), "the products")] },
      { say: `The ${products.length.toLocaleString("en-US")} products are added up, one after the other.`,
        show: [newRow(), figure(runningSum(products, "The sum after each product"), "the sum, product after product"),
          figure(termTable(terms, { others: "other products" }), "the largest of them")] },
      { say: "The bias is added: what the neuron says when nothing comes in.",
        show: [newRow(), equation(sum, sign("+"), shift, sign("=")), result(sum + shift, name)] },
    ],
  };
}

/** One number of a Conv2D: a window of what comes in, times the weights, plus the bias. */
export function conv2d(at) {
  const { layers, outputs, index, cell } = at;
  const { n_out, size, padding, params: { weight, bias } } = layers[index];
  const [x, y] = [outputs[index], outputs[index + 1]];
  const [height, width, channels = 1] = x.shape;
  const [map, place] = [cell % n_out, Math.floor(cell / n_out)];
  const [row, column] = [Math.floor(place / y.shape[1]) - padding, (place % y.shape[1]) - padding];
  const windows = Array.from({ length: channels }, (_, c) => windowOf(c));
  const sums = windows.map(({ products }) => total(products.map((one) => one ?? 0)));
  const shown = sums.reduce((best, sum, c) => (Math.abs(sum) > Math.abs(sums[best]) ? c : best), 0);
  const [{ seen, weights, products }, sum, shift] = [windows[shown], total(sums), bias.values[map]];

  function windowOf(c) {
    const [seen, weights] = [[], []];
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const [r, q] = [row + i, column + j];
        const isInside = r >= 0 && q >= 0 && r < height && q < width;
        seen.push(isInside ? x.values[(r * width + q) * channels + c] : null);
        weights.push(weight.values[((i * size + j) * channels + c) * n_out + map]);
      }
    }
    return { seen, weights, products: seen.map((value, n) => (value === null ? null : value * weights[n])) };
  }

  const one = channelOf(x, shown);
  const isOfMany = channels > 1;
  const name = capital(nameOf(at, index + 1, cell));
  const square = (values, label, options) => grid(values, size, size, { label, ...options });
  return {
    value: sum + shift,
    steps: [
      { say: `A window of ${size} × ${size} lies on ${isOfMany ? `map ${shown} of the ${channels} that come in` : "the picture"}. What lies under it makes one number of map ${map}.`,
        show: [figure(picture(one, { frames: [[row, column, size, size]], label: "what comes in", width: 148 }), isOfMany ? `map ${shown}` : "the picture")] },
      { say: `These are the numbers in the window${seen.includes(null) ? ". Beyond the edge there is nothing, which counts as 0" : ""}.`,
        show: [figure(square(seen, "the numbers in the window", { signed: seen.some((value) => value < 0) }), "in the window")] },
      { say: `Map ${map} has ${size * size} weights${isOfMany ? " for each map that comes in" : ""}, the same wherever the window lies.`,
        show: [sign("×"), figure(square(weights, "the weights"), "its weights, learnt")] },
      { say: "Number by number they are multiplied.",
        show: [sign("="), figure(square(products, "the products"), "the products")] },
      isOfMany
        ? { say: `The products are added up. So are those of the other ${channels - 1} maps, each with weights of its own.`,
          show: [newRow(), figure(termTable(sums.map((value, c) => ({ name: `map ${c}`, parts: "", value })), { others: "other maps" }), "the sum of each map")] }
        : { say: `The ${size * size} products are added up.`, show: [newRow(), equation("their sum", sign("="), sum)] },
      { say: "The bias of the map is added.",
        show: [equation(...(isOfMany ? [sum] : []), sign("+"), shift, sign("=")), result(sum + shift, name)] },
      { say: "Then the window slides on, over the whole picture: every place of it makes one number of the map.",
        show: [newRow(), slidingWindow({ from: one, to: channelOf(y, map), size, padding, names: [isOfMany ? `map ${shown}` : "the picture", `map ${map}`] })] },
    ],
  };
}

/** One channel of an image. */
export function channelOf({ shape, values }, channel) {
  const [height, width, channels = 1] = shape;
  return {
    shape: [height, width],
    values: Float32Array.from({ length: height * width }, (_, place) => values[place * channels + channel]),
  };
}
