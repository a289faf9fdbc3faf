// Lessons of the layers that change each number by itself: activations, batch normalisation.

import { LAYERS } from "../../maths/layers.js";
import { h } from "../../ui/dom.js";
import { equation, figure, newRow, num, result, sign } from "./figures.js";
import { curve } from "./graphs.js";
import { capital, nameOf } from "./names.js";
import { picture } from "./number_pictures.js";

/** @param {string} text */
const exponent = (text) => h("sup", {}, text);
const root = Math.sqrt(2 / Math.PI);

/**
 * What each activation does, in a sentence, and with the numbers put in.
 * @type {Record<string, [does: string, formula: (x: number, layer: Layer) => Child]>}
 */
const WORDS = {
  Sigmoid: ["squeezes any number between 0 and 1", (x) => ["1 ÷ (1 + e", exponent(num(-x)), ")"]],
  Tanh: ["squeezes any number between −1 and 1", (x) => ["tanh ", num(x)]],
  ReLU: ["lets positive numbers through, and makes 0 of all others", (x) => ["the larger of 0 and ", num(x)]],
  LeakyReLU: ["lets positive numbers through, and makes all others much smaller",
    (x, layer) => (x > 0 ? ["as it is: ", num(x)] : [`${/** @type {LeakyLayer} */ (layer).slope} × `, num(x)])],
  GELU: ["lets positive numbers through and stops negative ones, with a bend between",
    (x) => [num(x), " × (1 + tanh ", num(root * (x + 0.044715 * x ** 3)), ") ÷ 2"]],
};

/**
 * One number through an activation.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function activation(at) {
  const { layers, outputs, index, cell } = at;
  const layer = layers[index];
  const [x, y] = [outputs[index].values[cell], outputs[index + 1].values[cell]];
  const [does, formula] = WORDS[layer.kind] ?? ["turns it into another number", (x) => [`${layer.kind} of `, num(x)]];
  const name = capital(nameOf(at, index + 1, cell));
  /** @param {Float32Array} values */
  const f = (values) => LAYERS[layer.kind].forward(layer, { shape: [values.length], values }).values;
  return {
    value: y,
    steps: [
      { say: `${name} has come to ${num(x)}. Now ${layer.kind} ${does}.`,
        show: [figure(curve(f, x), `${layer.kind}: what comes out, for whatever comes in`)] },
      { say: `From ${num(x)} below one goes up to the curve, and across.`, show: [] },
      { say: "Computed with this number:",
        show: [h("div", { class: "stack" }, equation(h("span", {}, formula(x, layer)), sign("=")), result(y, name))] },
      { say: "The same happens to all the others, each by itself.", show: beforeAndAfter(at) },
    ],
  };
}

/**
 * One number through a batch normalisation.
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
  const name = capital(nameOf(at, index + 1, cell));
  return {
    value,
    steps: [
      { say: `${name} has come to ${num(x)}. Over the images of the training it was ${num(mean)} on average: that is taken away.`,
        show: [equation(x, sign("−"), mean, sign("="), centred)] },
      { say: `It used to differ from that by ${num(spread)}: so much is now 1.`,
        show: [newRow(), equation(centred, sign("÷"), spread, sign("="), centred / spread)] },
      { say: "Then it is stretched and shifted, as the training has learnt to.",
        show: [newRow(), equation(centred / spread, sign("×"), scale, sign("+"), shift, sign("=")), result(value, name)] },
      { say: "The same happens to all the others, channel by channel.", show: beforeAndAfter(at) },
    ],
  };
}

/** @param {LessonTopic} at */
function beforeAndAfter({ outputs, index }) {
  const [before, after] = [outputs[index], outputs[index + 1]];
  return [newRow(), figure(picture(before, { label: "before" }).element, "before"), sign("→"),
    figure(picture(after, { label: "after" }).element, "after")];
}
