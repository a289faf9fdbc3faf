// The lessons: for every layer, its computation of one number, step by step.
//
// A lesson is a function from a LessonTopic to a Lesson (types.d.ts).

import { ACTIVATIONS, LAYERS, isIdentity } from "../../maths/layers.js";
import { activation, batchNorm } from "./curves.js";
import { flatten, identity, pooling } from "./places.js";
import { ensemble, logSoftmax, prediction, softmax } from "./shares.js";
import { conv2d, linear } from "./sums.js";

/** @type {Record<string, (at: LessonTopic) => Lesson>} */
export const LESSONS = {
  Linear: linear,
  Conv2D: conv2d,
  Flatten: flatten,
  ...Object.fromEntries(Object.keys(LAYERS).filter((kind) => isIdentity({ kind })).map((kind) => [kind, identity])),
  ...Object.fromEntries(Object.keys(ACTIVATIONS).map((kind) => [kind, activation])),
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  MaxPool2D: pooling,
  AveragePool2D: pooling,
  BatchNorm: batchNorm,
  Ensemble: ensemble,
  Prediction: prediction, // after the last layer
};
