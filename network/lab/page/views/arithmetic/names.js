// Names of the numbers between layers.

import { nameInMap, nameOfInput, namePixel } from "../../maths/weighted_sum.js";
import { capital } from "../../ui/dom.js";

/**
 * Name a number of outputs[index]: "pixel at row 12, column 8", "map 3, row 5, column 7", "neuron 12", or
 * "“7”" for a class.
 * @param {Pick<LessonTopic, "layers" | "outputs" | "classes">} topic
 * @param {number} index
 * @param {number} at
 * @returns {string}
 */
export function nameOf({ layers, outputs, classes }, index, at) {
  const { shape } = outputs[index];
  if (shape.length === 1) return isOfClasses(layers, index) ? `“${classes[at]}”` : nameOfInput(layers, outputs, index)(at);
  const [, width, channels = 1] = shape;
  const [row, column] = [Math.floor(at / channels / width), Math.floor(at / channels) % width];
  return shape.length === 3 ? nameInMap(at % channels, row, column) : `pixel at ${namePixel(row, column)}`;
}

/**
 * Return whether the numbers at a layer belong to the classes, because later layers mix no units.
 * @param {Layer[]} layers
 * @param {number} index
 */
export function isOfClasses(layers, index) {
  return !layers.slice(index).some(({ kind }) => ["Linear", "Conv2D", "Flatten", "Ensemble"].includes(kind));
}

/**
 * Format a shape: "28x28" or "1,152".
 * @param {number[]} shape
 */
export function shapeText(shape) {
  return shape.map((side) => side.toLocaleString("en-US")).join("x");
}

/**
 * Return a name for the start of a sentence.
 * @param {string} text
 */
export function sentenceStart(text) {
  return text.startsWith("“") ? `Output ${text}` : capital(text);
}

/**
 * Name numbers of a shape in the plural: "784 pixels", "30 numbers", "8 maps of 12x12".
 * @param {number[]} shape
 * @param {boolean} isPicture
 */
export function many(shape, isPicture = false) {
  if (shape.length === 1) return `${shape[0].toLocaleString("en-US")} numbers`;
  const [height, width, channels] = shape;
  if (isPicture || channels === undefined) return `${(height * width).toLocaleString("en-US")} ${isPicture ? "pixels" : "numbers"}`;
  return `${channels} maps of ${height}x${width}`;
}
