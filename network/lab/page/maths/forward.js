// The network's forward pass, one image at a time: network/layers.py and its neighbours, in JavaScript.
//
// An array is {shape, values}, as in arrays.js. Layers are what network/model_json.py writes: their
// kind, their fields, their params. Everything is as outside training: no dropout, and batch
// normalisation with the mean and variance that were measured. Sums are made in double precision.

import { map, zeros } from "./arrays.js";

/** Apply layers in a row; returns [x, y of the first layer, ..., outputs]: one more than layers. */
export function forward(layers, x) {
  const outputs = [x];
  for (const layer of layers) outputs.push(applyLayer(layer, outputs.at(-1)));
  return outputs;
}

function applyLayer(layer, x) {
  const y = LAYERS[layer.kind](layer, x);
  return layer.off?.length ? switchOff(y, layer.off) : y;
}

/** Let some units (of images: channels) say 0, whatever they see. */
function switchOff({ shape, values }, units) {
  const y = { shape, values: values.slice() };
  for (const unit of units) {
    for (let at = unit; at < values.length; at += shape.at(-1)) y.values[at] = 0;
  }
  return y;
}

/** Every layer by its name: (layer, x) -> y. */
export const LAYERS = {
  // --- fully connected ---------------------------------------------------------------------------

  Linear({ n_out, params: { weight, bias } }, x) {                            // (n_in,) -> (n_out,)
    const sum = Float64Array.from(bias.values);
    addProducts(sum, x.values, 0, x.values.length, weight.values, 0);
    return { shape: [n_out], values: Float32Array.from(sum) };
  },

  Flatten: (layer, x) => ({ shape: [x.values.length], values: x.values }),    // (H, W, C) -> (H * W * C,)
  Identity: (layer, x) => x,
  Dropout: (layer, x) => x, // outside training

  // --- activations: any shape, the same out ------------------------------------------------------

  Sigmoid: (layer, x) => map(x, (x) => (1 + Math.tanh(x / 2)) / 2),
  Tanh: (layer, x) => map(x, Math.tanh),
  ReLU: (layer, x) => map(x, (x) => Math.max(x, 0)),
  LeakyReLU: ({ slope }, x) => map(x, (x) => Math.max(x, slope * x)),
  GELU: (layer, x) => map(x, (x) => (x * (1 + Math.tanh(bend(x)))) / 2),

  Softmax: (layer, x) => map(LAYERS.LogSoftmax(layer, x), Math.exp),          // (K,) -> (K,)

  LogSoftmax(layer, x) {                                                      // (K,) -> (K,)
    const most = Math.max(...x.values);
    const total = x.values.reduce((sum, x) => sum + Math.exp(x - most), 0);
    return map(x, (x) => x - most - Math.log(total));
  },

  Log: (layer, x) => map(x, (x) => Math.log(Math.max(x, 1e-30))), // explanations.js alone asks for it

  // --- images ------------------------------------------------------------------------------------

  // y[h, w] = sum over i, j of x[h + i - p, w + j - p] @ weight[i, j] + bias
  Conv2D({ n_out, size, padding, params: { weight, bias } }, x) {             // (H, W, C) -> (H_out, W_out, n_out)
    const [height, width, channels = 1] = x.shape;
    const y = zeros([height - size + 1 + 2 * padding, width - size + 1 + 2 * padding, n_out]);
    const sum = new Float64Array(n_out);
    for (let h = 0; h < y.shape[0]; h++) {
      for (let w = 0; w < y.shape[1]; w++) {
        sum.set(bias.values);
        for (let i = Math.max(0, padding - h); i < Math.min(size, height + padding - h); i++) {
          // neighbours in a row lie side by side with all their channels, and so do their weights
          const j = Math.max(0, padding - w);
          const many = (Math.min(size, width + padding - w) - j) * channels;
          const seen = ((h + i - padding) * width + w + j - padding) * channels;
          addProducts(sum, x.values, seen, many, weight.values, (i * size + j) * channels * n_out);
        }
        y.values.set(sum, (h * y.shape[1] + w) * n_out);
      }
    }
    return y;
  },

  MaxPool2D: ({ size }, x) => pool(x, size, Math.max, -Infinity),             // (H, W, C) -> (H / size, W / size, C)
  AveragePool2D: ({ size }, x) =>
    map(pool(x, size, (sum, x) => sum + x, 0), (sum) => sum / size ** 2),

  // --- any shape, channel by channel -------------------------------------------------------------

  // y = scale * (x - mean) / sqrt(variance + epsilon) + shift
  BatchNorm({ epsilon, params: { scale, shift, mean, variance } }, x) {       // (..., C) -> (..., C)
    const channels = mean.values.length;
    const factor = scale.values.map((scale, c) => scale / Math.sqrt(variance.values[c] + epsilon));
    const values = x.values.map((x, at) => {
      const c = at % channels;
      return factor[c] * (x - mean.values[c]) + shift.values[c];
    });
    return { shape: x.shape, values };
  },

  // --- several networks --------------------------------------------------------------------------

  // y = 1/M sum_m y_m
  Ensemble({ members }, x) {                                                  // x as they take it -> (K,)
    const answers = members.map((layers) => forward(layers, x).at(-1));
    const mean = (value, k) => answers.reduce((sum, y) => sum + y.values[k], 0) / members.length;
    return { shape: answers[0].shape, values: answers[0].values.map(mean) };
  },
};

/** sum += x[from : from + many] @ weight[row : row + many, :], a matrix in one row from `at` on. */
function addProducts(sum, x, from, many, weight, at) {
  const n_out = sum.length;
  for (let place = from; place < from + many; place++, at += n_out) {
    const pixel = x[place];
    if (pixel === 0) continue; // much of a digit, and of what a ReLU leaves
    for (let k = 0; k < n_out; k++) sum[k] += pixel * weight[at + k];
  }
}

/** Fold the numbers of each square into one; what does not fill a square is left out. */
function pool(x, size, fold, first) {                                         // (H, W, C) -> (H / size, W / size, C)
  const [height, width, channels = 1] = x.shape;
  const [rows, columns] = [Math.floor(height / size), Math.floor(width / size)];
  const y = zeros([rows, columns, ...x.shape.slice(2)]);
  y.values.fill(first);
  for (let h = 0; h < rows * size; h++) {
    for (let w = 0; w < columns * size; w++) {
      const to = (Math.floor(h / size) * columns + Math.floor(w / size)) * channels;
      const from = (h * width + w) * channels;
      for (let c = 0; c < channels; c++) y.values[to + c] = fold(y.values[to + c], x.values[from + c]);
    }
  }
  return y;
}

/** u = sqrt(2 / pi) * (x + 0.044715 x^3), of the GELU. */
const bend = (x) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
