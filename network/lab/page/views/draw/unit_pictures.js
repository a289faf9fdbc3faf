// Pictures of one unit: inputs times weights, or the kernel of a feature map and its window.

import { shapeOfInput } from "../../maths/weighted_sum.js";
import { h } from "../../ui/dom.js";
import { figure, sign } from "../../ui/equation.js";
import { drawHeat, heat, limitOf, scaleOf } from "../../ui/heat.js";

/** @typedef {{layers: Layer[], outputs: NdArray[], block: Block, unit: number}} UnitAt */

/**
 * Build three pictures: inputs times weights = terms.
 * @param {UnitAt} at
 */
export function numberFigures({ layers, outputs, block, unit }) {
  const { shape } = shapeOfInput(layers, outputs, block.first);
  const [x, { weight }] = [outputs[block.first].values, layers[block.first].params];
  const tiles = shape.length === 1 ? tile([1, 1, x.length], 0) : tile(shape, 1);
  const [rows, columns] = tiles.size;
  const weights = tiles.fill((at) => weight.values[at * block.units + unit]);
  const inputs = tiles.fill((at) => x[at]);
  const terms = inputs.map((value, at) => value * weights[at]);
  const name = ["inputs", "picture", "feature maps"][shape.length - 1];
  return [
    figure(heat(inputs, rows, columns, { limit: limitOf(inputs), scale: scaleOf(inputs) }), name),
    sign("×"),
    figure(heat(weights, rows, columns, { limit: limitOf(weights), scale: "diverging" }), "weights"),
    sign("="),
    figure(heat(terms, rows, columns, { limit: limitOf(terms), scale: "diverging" }), "terms"),
  ];
}

/**
 * Arrange channels as tiles in a nearly square rectangle, `gap` pixels apart. fill(f) sets each number to
 * f(at, row, column, channel), where `at` is its index in an array with the channels last.
 * @param {number[]} shape
 * @param {number} gap
 */
function tile([height, width, channels = 1], gap) {
  const across = Math.ceil(Math.sqrt(channels));
  /** @type {[number, number]} */
  const size = [Math.ceil(channels / across) * (height + gap) - gap, across * (width + gap) - gap];
  return {
    size,
    /** @param {(at: number, row: number, column: number, channel: number) => number} f */
    fill(f) {
      const values = new Float32Array(size[0] * size[1]);
      for (let c = 0; c < channels; c++) {
        const [top, left] = [Math.floor(c / across) * (height + gap), (c % across) * (width + gap)];
        for (let i = 0; i < height; i++) {
          for (let j = 0; j < width; j++) {
            values[(top + i) * size[1] + left + j] = f((i * width + j) * channels + c, i, j, c);
          }
        }
      }
      return values;
    },
  };
}

/**
 * Build pictures of a feature map with a marked position, the window there, and the kernel.
 * @param {UnitAt} state
 * @param {[number, number]} position
 * @param {(position: [number, number]) => void} onPosition called with the clicked position
 */
export function imageFigures(state, [h0, w0], onPosition) {
  const { layers, outputs, block, unit } = state;
  const { size, padding, n_out, params: { weight } } = /** @type {ConvLayer} */ (layers[block.first]);
  const [height, width, channels = 1] = outputs[block.first].shape;
  const tiles = tile([size, size, channels], 1);
  const inputs = tiles.fill((at, i, j, c) => {
    const [r, q] = [h0 + i - padding, w0 + j - padding];
    const isInside = r >= 0 && q >= 0 && r < height && q < width;
    return isInside ? outputs[block.first].values[(r * width + q) * channels + c] : 0;
  });
  const weights = tiles.fill((at) => weight.values[at * n_out + unit]);
  return [
    figure(mapWithMarker(state, [h0, w0], onPosition), "feature map: click a position"),
    sign("←"),
    figure(heat(inputs, ...tiles.size, { limit: limitOf(inputs), scale: scaleOf(inputs) }),
      channels === 1 ? "window" : `window in ${channels} feature maps`),
    sign("×"),
    figure(heat(weights, ...tiles.size, { limit: limitOf(weights), scale: "diverging" }),
      channels === 1 ? "kernel" : `${channels} kernels`),
  ];
}

/**
 * Build the picture of a feature map with a marked position.
 * @param {UnitAt} state
 * @param {[number, number]} position
 * @param {(position: [number, number]) => void} onPosition
 */
function mapWithMarker({ outputs, block, unit }, [h0, w0], onPosition) {
  const y = outputs[block.first + 1];
  const [height, width, channels] = y.shape;
  const values = Float32Array.from({ length: height * width }, (_, at) => y.values[at * channels + unit]);
  const canvas = drawHeat(h("canvas", { class: "is-clickable" }), values, height, width,
    { limit: limitOf(values), scale: "diverging" });
  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect();
    /** @type {(share: number, many: number) => number} */
    const at = (share, many) => Math.min(Math.max(Math.floor(share * many), 0), many - 1);
    onPosition([
      at((event.clientY - box.top) / box.height, height),
      at((event.clientX - box.left) / box.width, width),
    ]);
  };
  const marker = h("span", { class: "map-marker", style: {
    left: `${(100 * w0) / width}%`, top: `${(100 * h0) / height}%`,
    width: `${100 / width}%`, height: `${100 / height}%`,
  } });
  return h("div", { class: "map-with-marker" }, canvas, marker);
}

/**
 * Return the position of the largest weighted sum in a feature map.
 * @param {UnitAt} state
 * @returns {[number, number]}
 */
export function maximumOf({ outputs, block, unit }) {
  const { shape: [, width, channels], values } = outputs[block.first + 1];
  let best = unit;
  for (let at = unit; at < values.length; at += channels) if (values[at] > values[best]) best = at;
  const pixel = (best - unit) / channels;
  return [Math.floor(pixel / width), pixel % width];
}
