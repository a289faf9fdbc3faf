// A lesson for every layer: what it does to one number, step by step.
//
// A lesson is a function from a LessonTopic to a Lesson (types.d.ts).

import { ACTIVATIONS, LAYERS, isIdentity } from "../../maths/layers.js";
import { activation, batchNorm } from "./curves.js";
import { flatten, nothing, pooling } from "./places.js";
import { answer, ensemble, logSoftmax, softmax } from "./shares.js";
import { conv2d, linear } from "./sums.js";

/** @type {Record<string, (at: LessonTopic) => Lesson>} */
export const LESSONS = {
  Linear: linear,
  Conv2D: conv2d,
  Flatten: flatten,
  ...Object.fromEntries(Object.keys(LAYERS).filter((kind) => isIdentity({ kind })).map((kind) => [kind, nothing])),
  ...Object.fromEntries(Object.keys(ACTIVATIONS).map((kind) => [kind, activation])),
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  MaxPool2D: pooling,
  AveragePool2D: pooling,
  BatchNorm: batchNorm,
  Ensemble: ensemble,
  Answer: answer, // no layer: what comes after the last
};
