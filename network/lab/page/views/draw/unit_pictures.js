// One unit in pictures: what comes in, times its weights; or its kernel over what it sees at a place.

import { shapeOfInput } from "../../maths/weighted_sum.js";
import { h } from "../../ui/dom.js";
import { figure, sign } from "../../ui/equation.js";
import { drawHeat, heat, limitOf, scaleOf } from "../../ui/heat.js";

/** @typedef {{layers: Layer[], outputs: NdArray[], stage: Stage, unit: number}} UnitAt */

/**
 * Show that what comes in, times the weights, is the terms: in three pictures.
 * @param {UnitAt} at
 */
export function numberFigures({ layers, outputs, stage, unit }) {
  const { shape } = shapeOfInput(layers, outputs, stage.first);
  const [x, { weight }] = [outputs[stage.first].values, layers[stage.first].params];
  const tiles = shape.length === 1 ? tile([1, 1, x.length], 0) : tile(shape, 1);
  const [rows, columns] = tiles.size;
  const weights = tiles.fill((at) => weight.values[at * stage.units + unit]);
  const seen = tiles.fill((at) => x[at]);
  const terms = seen.map((value, at) => value * weights[at]);
  const name = ["what comes in", "the picture", "the maps"][shape.length - 1];
  return [
    figure(heat(seen, rows, columns, { limit: limitOf(seen), scale: scaleOf(seen) }), name),
    sign("×"),
    figure(heat(weights, rows, columns, { limit: limitOf(weights), scale: "diverging" }), "its weights"),
    sign("="),
    figure(heat(terms, rows, columns, { limit: limitOf(terms), scale: "diverging" }), "the terms"),
  ];
}

/**
 * Lay channels side by side as tiles, in a rectangle that is nearly a square, `gap` pixels apart. Numbers
 * lie in arrays channel by channel; fill(f) takes each from where it is: f(at) for [row, column, channel].
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
 * Show the kernel over what it sees at one place, and the map with that place marked.
 * @param {UnitAt} state
 * @param {[number, number]} place
 * @param {(place: [number, number]) => void} onPlace is called with the place that is clicked
 */
export function imageFigures(state, [h0, w0], onPlace) {
  const { layers, outputs, stage, unit } = state;
  const { size, padding, n_out, params: { weight } } = /** @type {ConvLayer} */ (layers[stage.first]);
  const [height, width, channels = 1] = outputs[stage.first].shape;
  const tiles = tile([size, size, channels], 1);
  const seen = tiles.fill((at, i, j, c) => {
    const [r, q] = [h0 + i - padding, w0 + j - padding];
    const isInside = r >= 0 && q >= 0 && r < height && q < width;
    return isInside ? outputs[stage.first].values[(r * width + q) * channels + c] : 0;
  });
  const weights = tiles.fill((at) => weight.values[at * n_out + unit]);
  return [
    figure(mapWithPlace(state, [h0, w0], onPlace), "its map: click a place"),
    sign("←"),
    figure(heat(seen, ...tiles.size, { limit: limitOf(seen), scale: scaleOf(seen) }),
      channels === 1 ? "what it sees there" : `there, in ${channels} maps`),
    sign("×"),
    figure(heat(weights, ...tiles.size, { limit: limitOf(weights), scale: "diverging" }),
      channels === 1 ? "its kernel" : `its ${channels} kernels`),
  ];
}

/**
 * @param {UnitAt} state
 * @param {[number, number]} place
 * @param {(place: [number, number]) => void} onPlace
 */
function mapWithPlace({ outputs, stage, unit }, [h0, w0], onPlace) {
  const y = outputs[stage.first + 1];
  const [height, width, channels] = y.shape;
  const values = Float32Array.from({ length: height * width }, (_, at) => y.values[at * channels + unit]);
  const canvas = drawHeat(h("canvas", { class: "is-clickable" }), values, height, width,
    { limit: limitOf(values), scale: "diverging" });
  canvas.onclick = (event) => {
    const box = canvas.getBoundingClientRect();
    /** @type {(share: number, many: number) => number} */
    const at = (share, many) => Math.min(Math.max(Math.floor(share * many), 0), many - 1);
    onPlace([
      at((event.clientY - box.top) / box.height, height),
      at((event.clientX - box.left) / box.width, width),
    ]);
  };
  const marker = h("span", { class: "place-marker", style: {
    left: `${(100 * w0) / width}%`, top: `${(100 * h0) / height}%`,
    width: `${100 / width}%`, height: `${100 / height}%`,
  } });
  return h("div", { class: "map-with-place" }, canvas, marker);
}

/**
 * Return where the weighted sum of a map is largest.
 * @param {UnitAt} state
 * @returns {[number, number]}
 */
export function strongestPlace({ outputs, stage, unit }) {
  const { shape: [, width, channels], values } = outputs[stage.first + 1];
  let best = unit;
  for (let at = unit; at < values.length; at += channels) if (values[at] > values[best]) best = at;
  const place = (best - unit) / channels;
  return [Math.floor(place / width), place % width];
}
