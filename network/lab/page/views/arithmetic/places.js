// Lessons of layers that select or move numbers: Flatten, pooling, identity layers.

import { equation, figure, newRow, num, result, sign } from "./figures.js";
import { many, nameOf, sentenceStart, shapeText } from "./names.js";
import { grid, picture } from "./number_pictures.js";
import { slidingWindow } from "./sliding.js";
import { channelOf } from "./sums.js";

/**
 * Teach Flatten with one number.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function flatten(at) {
  const { outputs, index, cell } = at;
  const x = outputs[index];
  const [height, width = 1, channels = 1] = x.shape;
  const [row, column, map] = [Math.floor(cell / channels / width), Math.floor(cell / channels) % width, cell % channels];
  const one = channelOf({ shape: [height, width, channels], values: x.values }, map);
  const line = { shape: [1, width], values: one.values.subarray(row * width, (row + 1) * width) };
  const isOfMany = channels > 1;
  const value = x.values[cell];
  const sum = isOfMany ? `(${row} × ${width} + ${column}) × ${channels} + ${map + 1}` : `${row} × ${width} + ${column} + 1`;
  const position = (cell + 1).toLocaleString("en-US");
  return {
    value,
    steps: [
      { text: `The input has ${many(x.shape)} in rows. The next layer needs one vector.`,
        show: [figure(picture(one, { frames: [[row, 0, 1, width]], label: "input" }).element,
          isOfMany ? `map ${map + 1}, row ${row}` : `row ${row}`)] },
      { text: "The rows are joined, one after another. No number changes.",
        show: [figure(picture(line, { frames: [[0, column, 1, 1]], label: "one row", isStrip: true }).element,
          `row ${row}, after the ${row} rows above it`)] },
      { text: `${sentenceStart(nameOf(at, index, cell))} becomes number ${position} of ${x.values.length.toLocaleString("en-US")}.`,
        show: [equation(sum, sign("="), position), result(value, `Number ${position}`)] },
    ],
  };
}

/**
 * Teach pooling with one number: the maximum or the mean of a square.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function pooling(at) {
  const { layers, outputs, index, cell } = at;
  const { kind, size } = /** @type {PoolLayer} */ (layers[index]);
  const [x, y] = [outputs[index], outputs[index + 1]];
  const channels = x.shape[2] ?? 1;
  const [map, place] = [cell % channels, Math.floor(cell / channels)];
  const [row, column] = [Math.floor(place / y.shape[1]) * size, (place % y.shape[1]) * size];
  const [from, to] = [channelOf(x, map), channelOf({ shape: [...y.shape.slice(0, 2), channels], values: y.values }, map)];
  const square = Array.from({ length: size * size }, (_, n) =>
    from.values[(row + Math.floor(n / size)) * from.shape[1] + column + (n % size)]);
  const isMax = kind === "MaxPool2D";
  const largest = Math.max(...square);
  const sum = square.reduce((total, one) => total + one, 0);
  const value = isMax ? largest : sum / square.length;
  const source = channels > 1 ? `map ${map + 1}` : "picture";
  const named = result(value, sentenceStart(nameOf(at, index + 1, cell)));
  return {
    value,
    steps: [
      { text: `${channels > 1 ? "Every map" : "The picture"} is divided into squares of ${size}x${size}.`,
        show: [figure(picture(from, { frames: [[row, column, size, size]], label: "input" }).element, source)] },
      { text: isMax ? "Only the largest number of each square is kept." : `Each square is replaced by its mean: the sum divided by ${size * size}.`,
        show: [figure(grid(square, size, {
          isSigned: square.some((one) => one < 0), mark: isMax ? square.indexOf(largest) : undefined, label: "square",
        }), "square")] },
      { text: isMax ? `The largest is ${num(value)}. Its position in the square is lost.` : "Small shifts of the picture change the mean only a little.",
        show: isMax ? [sign("→"), named] : [sign("→"), equation(sum, sign("÷"), String(square.length), sign("=")), named] },
      { text: `So ${shapeText(from.shape)} numbers become ${shapeText(to.shape)}.`,
        show: [newRow(), slidingWindow({ from, to, size, step: size, names: [source, "output"] })] },
    ],
  };
}

/**
 * Teach a layer that returns its input unchanged.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function identity(at) {
  const { layers, outputs, index, cell } = at;
  const value = outputs[index].values[cell];
  const { kind } = layers[index];
  const effect = kind.startsWith("Dropout") ? "sets random units to 0" : "changes its input";
  const text = kind === "Identity"
    ? "Identity returns its input unchanged."
    : `During training, ${kind} ${effect}. For a prediction it is off, so nothing changes.`;
  return { value, steps: [{ text, show: [result(value, sentenceStart(nameOf(at, index + 1, cell)))] }] };
}
