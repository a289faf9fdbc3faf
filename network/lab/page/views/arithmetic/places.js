// Lessons of the layers that only choose or move numbers: Flatten, pooling, those that do nothing.

import { equation, figure, newRow, num, result, sign } from "./figures.js";
import { capital, many, nameOf } from "./names.js";
import { grid, picture } from "./number_pictures.js";
import { slidingWindow } from "./sliding.js";
import { channelOf } from "./sums.js";

/**
 * One number of a Flatten: the place that it came from.
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
  const place = isOfMany ? `(${row} × ${width} + ${column}) × ${channels} + ${map}` : `${row} × ${width} + ${column}`;
  return {
    value,
    steps: [
      { say: `The ${many(x.shape)} lie as in a picture. The next layer wants them in one row.`,
        show: [figure(picture(one, { frames: [[row, 0, 1, width]], label: "what comes in" }).element,
          isOfMany ? `map ${map}, row ${row}` : `row ${row}`)] },
      { say: "So the rows are laid one behind the other; no number changes.",
        show: [figure(picture(line, { frames: [[0, column, 1, 1]], label: "one row", isStrip: true }).element,
          `row ${row}, laid behind the ${row} before it`)] },
      { say: `${capital(nameOf(at, index, cell))} becomes number ${cell.toLocaleString("en-US")} of ${x.values.length.toLocaleString("en-US")}.`,
        show: [equation(place, sign("="), cell.toLocaleString("en-US")), result(value, `Number ${cell}`)] },
    ],
  };
}

/**
 * One number of a pooling: the largest of a square, or its mean.
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
  const seen = channels > 1 ? `map ${map}` : "the picture";
  const named = result(value, capital(nameOf(at, index + 1, cell)));
  return {
    value,
    steps: [
      { say: `${channels > 1 ? "Every map" : "The picture"} is cut into squares of ${size} × ${size}, to make it smaller.`,
        show: [figure(picture(from, { frames: [[row, column, size, size]], label: "what comes in" }).element, seen)] },
      { say: isMax ? "Of each square only the largest number goes on." : `Of each square the mean goes on: the sum, divided by ${size * size}.`,
        show: [figure(grid(square, size, {
          isSigned: square.some((one) => one < 0), mark: isMax ? square.indexOf(largest) : undefined, label: "the square",
        }), "the square")] },
      { say: isMax ? `The largest is ${num(value)}. Where in the square it stood is forgotten.` : "So a little shift of the picture changes little.",
        show: isMax ? [sign("→"), named] : [sign("→"), equation(sum, sign("÷"), String(square.length), sign("=")), named] },
      { say: `So ${from.shape.join(" × ")} numbers become ${to.shape.join(" × ")}.`,
        show: [newRow(), slidingWindow({ from, to, size, step: size, names: [seen, "what is left"] })] },
    ],
  };
}

/**
 * A layer that passes on what comes in.
 * @param {LessonTopic} at
 * @returns {Lesson}
 */
export function nothing(at) {
  const { layers, outputs, index, cell } = at;
  const value = outputs[index].values[cell];
  const { kind } = layers[index];
  const why = kind === "Identity"
    ? "Nothing changes here."
    : `While the network learns, ${kind} silences some neurons at random. Now that it answers, all of them speak: nothing changes.`;
  return { value, steps: [{ say: why, show: [result(value, capital(nameOf(at, index + 1, cell)))] }] };
}
