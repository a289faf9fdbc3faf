// A lesson for every layer: what it does to one number, step by step.
//
// A lesson is given {layers, outputs, index, cell, classes, members, label}: the layers, what forward()
// returned for them, which layer and which of its outputs. It returns {value, steps: [{say, show}]}:
// a sentence each, and what appears with it; the value is what its own steps have come to.

import { activation, batchNorm } from "./curves.js";
import { flatten, nothing, pooling } from "./places.js";
import { answer, ensemble, logSoftmax, softmax } from "./shares.js";
import { conv2d, linear } from "./sums.js";

export const LESSONS = {
  Linear: linear,
  Conv2D: conv2d,
  Flatten: flatten,
  Identity: nothing,
  Dropout: nothing,
  Sigmoid: activation,
  Tanh: activation,
  ReLU: activation,
  LeakyReLU: activation,
  GELU: activation,
  Softmax: softmax,
  LogSoftmax: logSoftmax,
  MaxPool2D: pooling,
  AveragePool2D: pooling,
  BatchNorm: batchNorm,
  Ensemble: ensemble,
  Answer: answer, // no layer: what comes after the last
};
