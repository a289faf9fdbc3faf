// How the numbers between the layers are called.

import { nameOfInput } from "../../maths/weighted_sum.js";

/**
 * Name a number of outputs[place]: "pixel 12, 8", "map 3 at 5, 7", "neuron 12", "“7”" for a class.
 * @param {Pick<LessonTopic, "layers" | "outputs" | "classes">} topic
 * @param {number} place
 * @param {number} at
 * @returns {string}
 */
export function nameOf({ layers, outputs, classes }, place, at) {
  const { shape } = outputs[place];
  if (shape.length === 1) return isOfClasses(layers, place) ? `“${classes[at]}”` : nameOfInput(layers, outputs, place)(at);
  const [, width, channels = 1] = shape;
  const [row, column] = [Math.floor(at / channels / width), Math.floor(at / channels) % width];
  return shape.length === 3 ? `map ${at % channels} at ${row}, ${column}` : `pixel ${row}, ${column}`;
}

/**
 * Return whether there is a number for each class here, which is only reshaped from here on.
 * @param {Layer[]} layers
 * @param {number} place
 */
export function isOfClasses(layers, place) {
  return !layers.slice(place).some(({ kind }) => ["Linear", "Conv2D", "Flatten", "Ensemble"].includes(kind));
}

/**
 * Give a name a capital letter, to begin a sentence.
 * @param {string} text
 */
export function capital(text) {
  return text.startsWith("“") ? `Output ${text}` : text[0].toUpperCase() + text.slice(1);
}

/**
 * Name numbers of a shape in the plural: "784 pixels", "30 numbers", "8 maps of 12 × 12".
 * @param {number[]} shape
 * @param {boolean} isPicture
 */
export function many(shape, isPicture = false) {
  if (shape.length === 1) return `${shape[0].toLocaleString("en-US")} numbers`;
  const [height, width, channels] = shape;
  if (isPicture || channels === undefined) return `${(height * width).toLocaleString("en-US")} ${isPicture ? "pixels" : "numbers"}`;
  return `${channels} maps of ${height} × ${width}`;
}
