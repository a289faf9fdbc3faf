// Lessons of elementwise layers: activations, batch normalisation.

import { LAYERS } from "../../maths/layers.js";
import { h } from "../../ui/dom.js";
import { equation, figure, newRow, num, result, sign } from "./figures.js";
import { curve } from "./graphs.js";
import { nameOf, sentenceStart } from "./names.js";
import { picture } from "./number_pictures.js";

/** @param {string} text */
const exponent = (text) => h("sup", {}, text);
const root = Math.sqrt(2 / Math.PI);

/**
 * The effect of each activation as a clause, and its formula with numbers.
 * @type {Record<string, [does: string, formula: (x: number, layer: Layer) => Child]>}
 */
const WORDS = {
  Sigmoid: ["maps any number to the range from 0 to 1", (x) => ["1 ÷ (1 + e", exponent(num(-x)), ")"]],
  Tanh: ["maps any number to the range from −1 to 1", (x) => ["tanh ", num(x)]],
  ReLU: ["keeps positive numbers and sets all others to 0", (x) => ["max(0, ", num(x), ")"]],
  LeakyReLU: ["keeps positive numbers and makes all others much smaller",
    (x, layer) => (x > 0 ? ["unchanged: ", num(x)] : [`${/** @type {LeakyLayer} */ (layer).slope} × `, num(x)])],
  GELU: ["keeps large positive numbers and suppresses negative ones, with a smooth transition",
    (x) => [num(x), " × (1 + tanh ", num(root * (x + 0.044715 * x ** 3)), ") ÷ 2"]],
};

/**
 * Teach an activation with one number.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function activation(at) {
  const { layers, outputs, index, cell } = at;
  const layer = layers[index];
  const [x, y] = [outputs[index].values[cell], outputs[index + 1].values[cell]];
  const [does, formula] = WORDS[layer.kind] ?? ["computes another number", (x) => [`${layer.kind} of `, num(x)]];
  const name = sentenceStart(nameOf(at, index + 1, cell));
  /** @param {Float32Array} values */
  const f = (values) => LAYERS[layer.kind].forward(layer, { shape: [values.length], values }).values;
  return {
    value: y,
    steps: [
      { text: `${name} is ${num(x)} so far. ${layer.kind} ${does}.`,
        show: [figure(curve(f, x), `${layer.kind}: output (vertical) for every input (horizontal)`)] },
      { text: `The curve shows the output for the input ${num(x)}.`, show: [] },
      { text: "The computation with this number:",
        show: [h("div", { class: "stack" }, equation(h("span", {}, formula(x, layer)), sign("=")), result(y, name))] },
      { text: "The layer does the same to every other number.", show: beforeAndAfter(at) },
    ],
  };
}

/**
 * Teach a batch normalisation with one number.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function batchNorm(at) {
  const { layers, outputs, index, cell } = at;
  const { epsilon, params } = /** @type {NormLayer} */ (layers[index]);
  const channel = cell % params.mean.values.length;
  const [scale, shift, mean, variance] = ["scale", "shift", "mean", "variance"].map((name) => params[name].values[channel]);
  const x = outputs[index].values[cell];
  const [spread, centred] = [Math.sqrt(variance + epsilon), x - mean];
  const value = scale * (centred / spread) + shift;
  const name = sentenceStart(nameOf(at, index + 1, cell));
  return {
    value,
    steps: [
      { text: `${name} is ${num(x)} so far. Its mean during training, ${num(mean)}, is subtracted.`,
        show: [equation(x, sign("−"), mean, sign("="), centred)] },
      { text: `The result is divided by the standard deviation, ${num(spread)}.`,
        show: [newRow(), equation(centred, sign("÷"), spread, sign("="), centred / spread)] },
      { text: "It is multiplied by a learned scale, and a learned shift is added.",
        show: [newRow(), equation(centred / spread, sign("×"), scale, sign("+"), shift, sign("=")), result(value, name)] },
      { text: "The layer does the same to every other number, channel by channel.", show: beforeAndAfter(at) },
    ],
  };
}

/** @param {LessonTopic} at */
function beforeAndAfter({ outputs, index }) {
  const [before, after] = [outputs[index], outputs[index + 1]];
  return [newRow(), figure(picture(before, { label: "before" }).element, "before"), sign("→"),
    figure(picture(after, { label: "after" }).element, "after")];
}
