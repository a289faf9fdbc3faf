// Carry a gradient back from the outputs to the image: the other half of forward.js.
//
// d_name is dLoss/dname and has the shape of name. Nobody here learns, so there is no gradient of
// params: d_x is all that a layer returns.

import { map, zeros } from "./arrays.js";
import { forward } from "./forward.js";

/** Carry d_y back through layers in a row; `outputs` is what forward() returned. */
export function backward(layers, outputs, d_y) {
  for (let index = layers.length - 1; index >= 0; index--) {
    d_y = BACKWARD[layers[index].kind](layers[index], outputs[index], outputs[index + 1], d_y);
  }
  return d_y;
}

const pointwise = (slope) => (layer, x, y, d_y) =>
  map(d_y, (d_y, at) => d_y * slope(x.values[at], y.values[at], layer));

/** Every layer by its name: (layer, x, y, d_y) -> d_x. */
export const BACKWARD = {
  Linear({ n_out, params: { weight } }, x, y, d_y) {                          // (n_out,) -> (n_in,)
    return map(x, (_, row) => dot(weight.values, row * n_out, d_y.values, 0, n_out));
  },

  Flatten: (layer, x, y, d_y) => ({ shape: x.shape, values: d_y.values }),
  Identity: (layer, x, y, d_y) => d_y,
  Dropout: (layer, x, y, d_y) => d_y,

  Sigmoid: pointwise((x, y) => y * (1 - y)),
  Tanh: pointwise((x, y) => 1 - y * y),
  ReLU: pointwise((x) => (x > 0 ? 1 : 0)),
  LeakyReLU: pointwise((x, y, { slope }) => (x > 0 ? 1 : slope)),
  GELU: pointwise((x) => {
    const root = Math.sqrt(2 / Math.PI);
    const t = Math.tanh(root * (x + 0.044715 * x ** 3));
    return (1 + t + x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x)) / 2;
  }),
  Log: pointwise((x) => (x > 1e-30 ? 1 / x : 0)),

  Softmax(layer, x, y, d_y) {                                                 // (K,) -> (K,)
    const total = dot(d_y.values, 0, y.values, 0, y.values.length);
    return map(y, (y, k) => y * (d_y.values[k] - total));
  },

  LogSoftmax(layer, x, y, d_y) {                                              // (K,) -> (K,)
    const total = d_y.values.reduce((sum, d_y) => sum + d_y, 0);
    return map(y, (y, k) => d_y.values[k] - Math.exp(y) * total);
  },

  // d_x[h + i - p, w + j - p] += weight[i, j] @ d_y[h, w]
  Conv2D({ n_out, size, padding, params: { weight } }, x, y, d_y) {           // (H_out, W_out, n_out) -> (H, W, C)
    const [height, width, channels = 1] = x.shape;
    const d_x = zeros(x.shape);
    for (let h = 0; h < y.shape[0]; h++) {
      for (let w = 0; w < y.shape[1]; w++) {
        const from = (h * y.shape[1] + w) * n_out;
        for (let i = Math.max(0, padding - h); i < Math.min(size, height + padding - h); i++) {
          const j = Math.max(0, padding - w);
          const many = (Math.min(size, width + padding - w) - j) * channels;
          const to = ((h + i - padding) * width + w + j - padding) * channels;
          const row = (i * size + j) * channels;
          for (let c = 0; c < many; c++) {
            d_x.values[to + c] += dot(weight.values, (row + c) * n_out, d_y.values, from, n_out);
          }
        }
      }
    }
    return d_x;
  },

  MaxPool2D: unpool((x, y, d_y) => (x === y ? d_y : 0), true),                // (H / size, W / size, C) -> (H, W, C)
  AveragePool2D: unpool((x, y, d_y, size) => d_y / size ** 2, false),

  BatchNorm({ epsilon, params: { scale, variance } }, x, y, d_y) {            // (..., C) -> (..., C)
    const channels = scale.values.length;
    const factor = scale.values.map((scale, c) => scale / Math.sqrt(variance.values[c] + epsilon));
    return map(d_y, (d_y, at) => d_y * factor[at % channels]);
  },

  // d_x = 1/M sum_m d_x_m
  Ensemble({ members }, x, y, d_y) {                                          // (K,) -> as x
    const share = map(d_y, (d_y) => d_y / members.length);
    const parts = members.map((layers) => backward(layers, forward(layers, x), share));
    return map(x, (_, at) => parts.reduce((sum, part) => sum + part.values[at], 0));
  },
};

/** The sum of products of two rows of numbers. */
function dot(a, from, b, at, many) {
  let sum = 0;
  for (let k = 0; k < many; k++) sum += a[from + k] * b[at + k];
  return sum;
}

/** Give each pixel of a square its share; with `once`, only the first that gets any. */
function unpool(share, once) {
  return ({ size }, x, y, d_y) => {
    const [height, width, channels = 1] = x.shape;
    const [rows, columns] = y.shape;
    const d_x = zeros(x.shape);
    const given = new Uint8Array(y.values.length);
    for (let h = 0; h < rows * size; h++) {
      for (let w = 0; w < columns * size; w++) {
        for (let c = 0; c < channels; c++) {
          const at = (h * width + w) * channels + c;
          const of = (Math.floor(h / size) * columns + Math.floor(w / size)) * channels + c;
          if (once && given[of]) continue;
          d_x.values[at] = share(x.values[at], y.values[of], d_y.values[of], size);
          if (x.values[at] === y.values[of]) given[of] = 1;
        }
      }
    }
    return d_x;
  };
}
