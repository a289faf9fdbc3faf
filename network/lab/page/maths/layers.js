// Forward and backward pass of every layer for one image: the same maths as network/core/ and network/layers/.
//
// Each layer is an entry of LAYERS, and its data come from network/lab/model_json.py. Layers work in
// inference mode: no dropout, and batch normalisation with the stored mean and variance. Sums use double
// precision. d_name is dLoss/dname and has the shape of name. The page does not train, so layers return
// d_x only and no gradients of their parameters.

import { lastOf, map, zeros } from "./arrays.js";

/**
 * Run the forward pass; returns the input and the output of every layer: [x, y_1, ..., y_n].
 * @param {Layer[]} layers
 * @param {NdArray} x
 * @returns {NdArray[]}
 */
export function forward(layers, x) {
  const outputs = [x];
  for (const layer of layers) {
    const y = LAYERS[layer.kind].forward(layer, lastOf(outputs));
    outputs.push(layer.off?.length ? switchOff(y, layer.off) : y);
  }
  return outputs;
}

/**
 * Backpropagate to the image; `outputs` is the result of forward().
 * @param {Layer[]} layers
 * @param {NdArray[]} outputs
 * @param {NdArray} d_y
 * @returns {NdArray}
 */
export function backward(layers, outputs, d_y) {
  let d_x = d_y;
  for (let index = layers.length - 1; index >= 0; index--) {
    d_x = LAYERS[layers[index].kind].backward(layers[index], outputs[index], outputs[index + 1], d_x);
  }
  return d_x;
}

/**
 * Return the scores: the outputs of the last layer.
 * @param {Layer[]} layers
 * @param {NdArray} x
 * @returns {Float32Array}
 */
export function scoresOf(layers, x) {
  return lastOf(forward(layers, x)).values;
}

/**
 * Set the outputs of some units to 0 (for images: of some channels).
 * @param {NdArray} y
 * @param {number[]} units
 * @returns {NdArray}
 */
function switchOff({ shape, values }, units) {
  const y = { shape, values: values.slice() };
  for (const unit of units) {
    for (let at = unit; at < values.length; at += lastOf(shape)) y.values[at] = 0;
  }
  return y;
}

/**
 * Build an elementwise layer; `slope` is its derivative as a function of x and y.
 * @param {(x: number, layer: Layer) => number} f
 * @param {(x: number, y: number, layer: Layer) => number} slope
 * @returns {LayerMaths}
 */
function pointwise(f, slope) {
  return {
    forward: (layer, x) => map(x, (value) => f(value, layer)),
    backward: (layer, x, y, d_y) => map(d_y, (d, at) => d * slope(x.values[at], y.values[at], layer)),
  };
}

/** @type {LayerMaths} */
const identity = { forward: (layer, x) => x, backward: (layer, x, y, d_y) => d_y };

// --- fully connected ------------------------------------------------------------------------------

/** y = x @ weight + bias; d_x = d_y @ weight.T */
const Linear = {
  /** @type {(layer: LinearLayer, x: NdArray) => NdArray} */
  forward({ n_out, params: { weight, bias } }, x) {                           // (n_in,) -> (n_out,)
    const sum = Float64Array.from(bias.values);
    addProducts(sum, x.values, 0, x.values.length, weight.values, 0);
    return { shape: [n_out], values: Float32Array.from(sum) };
  },
  /** @type {(layer: LinearLayer, x: NdArray, y: NdArray, d_y: NdArray) => NdArray} */
  backward({ n_out, params: { weight } }, x, y, d_y) {                        // (n_out,) -> (n_in,)
    return map(x, (_, row) => dot(weight.values, row * n_out, d_y.values, 0, n_out));
  },
};

/** @type {LayerMaths} */
const Flatten = {                                                             // (H, W, C) -> (H * W * C,)
  forward: (layer, x) => ({ shape: [x.values.length], values: x.values }),
  backward: (layer, x, y, d_y) => ({ shape: x.shape, values: d_y.values }),
};

// --- activations: output shape = input shape --------------------------------------------------------

const Sigmoid = pointwise((x) => (1 + Math.tanh(x / 2)) / 2, (x, y) => y * (1 - y));
const Tanh = pointwise(Math.tanh, (x, y) => 1 - y * y);
const ReLU = pointwise((x) => Math.max(x, 0), (x) => (x > 0 ? 1 : 0));
const LeakyReLU = pointwise(
  (x, layer) => Math.max(x, slopeOf(layer) * x), (x, y, layer) => (x > 0 ? 1 : slopeOf(layer)));
const Log = pointwise((x) => Math.log(Math.max(x, 1e-30)), (x) => (x > 1e-30 ? 1 / x : 0));

const ROOT = Math.sqrt(2 / Math.PI);
const GELU = pointwise(
  (x) => (x * (1 + Math.tanh(bend(x)))) / 2,
  (x) => {
    const t = Math.tanh(bend(x));
    return (1 + t + x * (1 - t * t) * ROOT * (1 + 3 * 0.044715 * x * x)) / 2;
  });

/** @param {number} x */
const bend = (x) => ROOT * (x + 0.044715 * x ** 3);

/** @param {Layer} layer */
const slopeOf = (layer) => /** @type {LeakyLayer} */ (layer).slope;

/** @type {LayerMaths} */
const Softmax = {                                                             // (K,) -> (K,)
  forward: (layer, x) => map(LogSoftmax.forward(layer, x), Math.exp),
  backward(layer, x, y, d_y) {
    const total = dot(d_y.values, 0, y.values, 0, y.values.length);
    return map(y, (share, k) => share * (d_y.values[k] - total));
  },
};

/** @type {LayerMaths} */
const LogSoftmax = {                                                          // (K,) -> (K,)
  forward(layer, x) {
    const most = Math.max(...x.values);
    const total = x.values.reduce((sum, value) => sum + Math.exp(value - most), 0);
    return map(x, (value) => value - most - Math.log(total));
  },
  backward(layer, x, y, d_y) {
    const total = d_y.values.reduce((sum, d) => sum + d, 0);
    return map(y, (log, k) => d_y.values[k] - Math.exp(log) * total);
  },
};

// --- images -----------------------------------------------------------------------------------------

/**
 * y[h, w] = sum over i, j of x[h + i - p, w + j - p] @ weight[i, j] + bias;
 * d_x[h + i - p, w + j - p] += weight[i, j] @ d_y[h, w]
 */
const Conv2D = {
  /** @type {(layer: ConvLayer, x: NdArray) => NdArray} */
  forward(layer, x) {                                                         // (H, W, C) -> (H_out, W_out, n_out)
    const { n_out, size, padding, params: { weight, bias } } = layer;
    const [height, width] = x.shape;
    const y = zeros([height - size + 1 + 2 * padding, width - size + 1 + 2 * padding, n_out]);
    const sum = new Float64Array(n_out);
    for (let position = 0; position < y.shape[0] * y.shape[1]; position++) {
      sum.set(bias.values);
      for (const { from, many, row } of rowsUnder(layer, x.shape, y.shape[1], position)) {
        addProducts(sum, x.values, from, many, weight.values, row * n_out);
      }
      y.values.set(sum, position * n_out);
    }
    return y;
  },
  /** @type {(layer: ConvLayer, x: NdArray, y: NdArray, d_y: NdArray) => NdArray} */
  backward(layer, x, y, d_y) {                                                // (H_out, W_out, n_out) -> (H, W, C)
    const { n_out, params: { weight } } = layer;
    const d_x = zeros(x.shape);
    for (let position = 0; position < y.shape[0] * y.shape[1]; position++) {
      for (const { from, many, row } of rowsUnder(layer, x.shape, y.shape[1], position)) {
        for (let c = 0; c < many; c++) {
          d_x.values[from + c] += dot(weight.values, (row + c) * n_out, d_y.values, position * n_out, n_out);
        }
      }
    }
    return d_x;
  },
};

/**
 * List the rows of pixels under the window at a position, without padding. Pixels of a row are
 * contiguous in memory, and so are their weights: `many` numbers of x, starting at `from`, are
 * multiplied with the rows of the weights that start at `row`.
 * @param {ConvLayer} layer
 * @param {number[]} shape of the input
 * @param {number} columns of the output
 * @param {number} position in the output
 */
function rowsUnder({ size, padding }, [height, width, channels = 1], columns, position) {
  const [h, w] = [Math.floor(position / columns) - padding, (position % columns) - padding];
  const j = Math.max(0, -w);
  const many = (Math.min(size, width - w) - j) * channels;
  const rows = [];
  for (let i = Math.max(0, -h); i < Math.min(size, height - h); i++) {
    rows.push({ from: ((h + i) * width + w + j) * channels, many, row: (i * size + j) * channels });
  }
  return rows;
}

/** The maximum of each square; the gradient goes to the first pixel with that value. */
const MaxPool2D = {
  /** @type {(layer: PoolLayer, x: NdArray) => NdArray} */
  forward({ size }, x) {                                                      // (H, W, C) -> (H / size, W / size, C)
    const y = zeros(pooledShape(x.shape, size));
    y.values.fill(-Infinity);
    eachPooled(x.shape, size, (from, to) => { y.values[to] = Math.max(y.values[to], x.values[from]); });
    return y;
  },
  /** @type {(layer: PoolLayer, x: NdArray, y: NdArray, d_y: NdArray) => NdArray} */
  backward({ size }, x, y, d_y) {                                             // (H / size, W / size, C) -> (H, W, C)
    const d_x = zeros(x.shape);
    const isGiven = new Uint8Array(y.values.length);
    eachPooled(x.shape, size, (from, to) => {
      if (isGiven[to] || x.values[from] !== y.values[to]) return;
      d_x.values[from] = d_y.values[to];
      isGiven[to] = 1;
    });
    return d_x;
  },
};

/** The mean of each square; its pixels share the gradient equally. */
const AveragePool2D = {
  /** @type {(layer: PoolLayer, x: NdArray) => NdArray} */
  forward({ size }, x) {                                                      // (H, W, C) -> (H / size, W / size, C)
    const y = zeros(pooledShape(x.shape, size));
    eachPooled(x.shape, size, (from, to) => { y.values[to] += x.values[from]; });
    return map(y, (sum) => sum / size ** 2);
  },
  /** @type {(layer: PoolLayer, x: NdArray, y: NdArray, d_y: NdArray) => NdArray} */
  backward({ size }, x, y, d_y) {                                             // (H / size, W / size, C) -> (H, W, C)
    const d_x = zeros(x.shape);
    eachPooled(x.shape, size, (from, to) => { d_x.values[from] = d_y.values[to] / size ** 2; });
    return d_x;
  },
};

/** @type {(shape: number[], size: number) => number[]} */
const pooledShape = ([height, width, ...channels], size) =>
  [Math.floor(height / size), Math.floor(width / size), ...channels];

/**
 * Call f(from, to) with the index of each number and of the square that it is pooled into; numbers
 * outside whole squares are skipped.
 * @param {number[]} shape
 * @param {number} size
 * @param {(from: number, to: number) => void} f
 */
function eachPooled(shape, size, f) {
  const [height, width, channels = 1] = shape;
  const [rows, columns] = pooledShape([height, width], size);
  for (let h = 0; h < rows * size; h++) {
    for (let w = 0; w < columns * size; w++) {
      const to = (Math.floor(h / size) * columns + Math.floor(w / size)) * channels;
      for (let c = 0; c < channels; c++) f((h * width + w) * channels + c, to + c);
    }
  }
}

// --- normalisation: any shape, per channel --------------------------------------------------------------

/** y = scale * (x - mean) / sqrt(variance + epsilon) + shift */
const BatchNorm = {
  /** @type {(layer: NormLayer, x: NdArray) => NdArray} */
  forward(layer, x) {                                                         // (..., C) -> (..., C)
    const { mean, shift } = layer.params;
    const [factor, channels] = [factorsOf(layer), mean.values.length];
    return map(x, (value, at) => {
      const c = at % channels;
      return factor[c] * (value - mean.values[c]) + shift.values[c];
    });
  },
  /** @type {(layer: NormLayer, x: NdArray, y: NdArray, d_y: NdArray) => NdArray} */
  backward(layer, x, y, d_y) {                                                // (..., C) -> (..., C)
    const factor = factorsOf(layer);
    return map(d_y, (d, at) => d * factor[at % factor.length]);
  },
};

/** @param {NormLayer} layer */
const factorsOf = ({ epsilon, params: { scale, variance } }) =>
  scale.values.map((one, c) => one / Math.sqrt(variance.values[c] + epsilon));

// --- ensembles ----------------------------------------------------------------------------------------

/** y = 1/M sum_m y_m; d_x = 1/M sum_m d_x_m */
const Ensemble = {
  /** @type {(layer: EnsembleLayer, x: NdArray) => NdArray} */
  forward({ members }, x) {                                                   // x of the members -> (K,)
    const all = members.map((layers) => lastOf(forward(layers, x)));
    return map(all[0], (_, k) => all.reduce((sum, y) => sum + y.values[k], 0) / members.length);
  },
  /** @type {(layer: EnsembleLayer, x: NdArray, y: NdArray, d_y: NdArray) => NdArray} */
  backward({ members }, x, y, d_y) {                                          // (K,) -> as x
    const share = map(d_y, (d) => d / members.length);
    const parts = members.map((layers) => backward(layers, forward(layers, x), share));
    return map(x, (_, at) => parts.reduce((sum, part) => sum + part.values[at], 0));
  },
};

/** Activations of each number by itself, by their names in Python. */
export const ACTIVATIONS = { Sigmoid, Tanh, ReLU, LeakyReLU, GELU };

/**
 * Every layer by its name in Python; only explanations.js uses Log.
 * @type {Record<string, LayerMaths>}
 */
export const LAYERS = {
  Linear, Flatten, Identity: identity, Dropout: identity, Dropout2D: identity,
  ...ACTIVATIONS, Softmax, LogSoftmax, Log,
  Conv2D, MaxPool2D, AveragePool2D, BatchNorm, Ensemble,
};

/**
 * Return whether a layer returns its input unchanged (`is_identity` in Python).
 * @param {{kind: string}} layer
 */
export const isIdentity = ({ kind }) => LAYERS[kind] === identity;

// --- sums ---------------------------------------------------------------------------------------------

/**
 * sum += x[from : from + many] @ weight[row : row + many, :]; the weights start at index `at`.
 * @param {Float64Array} sum
 * @param {Float32Array} x
 * @param {number} from
 * @param {number} many
 * @param {Float32Array} weight
 * @param {number} at
 */
function addProducts(sum, x, from, many, weight, at) {
  const n_out = sum.length;
  for (let index = from, start = at; index < from + many; index++, start += n_out) {
    const pixel = x[index];
    if (pixel === 0) continue; // common in digits and after a ReLU
    for (let k = 0; k < n_out; k++) sum[k] += pixel * weight[start + k];
  }
}

/**
 * Return the dot product of two slices.
 * @param {Float32Array} a
 * @param {number} from
 * @param {Float32Array} b
 * @param {number} at
 * @param {number} many
 */
function dot(a, from, b, at, many) {
  let sum = 0;
  for (let k = 0; k < many; k++) sum += a[from + k] * b[at + k];
  return sum;
}
