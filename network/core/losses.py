"""How wrong the outputs are, and the gradient of that.

A loss is the mean over the batch, so the learning rate does not depend on the batch size.
Labels are integers everywhere; the one-hot vector `t` of the formulas (1 at the label, 0
elsewhere) is nobody's business outside this file.

A cross-entropy *contains* the output activation it belongs to and works on what enters that
activation (the logits): the two derivatives cancel to `y - t`, which is finite where their
quotient and product are not. `model.part_the_loss_sees` leaves the activation out for it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Protocol

import numpy as np

from network.core.activations import Sigmoid, Softmax
from network.core.layers import Layer
from network.core.params import Array, scalar_array


class Loss(Protocol):
    """A number to make small, with its gradient."""

    output_activation: ClassVar[type[Layer]]  # turns a model's last weighted sums into its outputs
    contains_activation: ClassVar[bool]  # True: the loss is given the logits, not the outputs

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        """Return the loss and d_outputs.

        Shapes: outputs (N, K), labels (N,) -> (), d_outputs (N, K).
        """


@cache
def target_rows(n_classes: int, dtype: np.dtype[Any], smoothing: float = 0.0) -> Array:
    """Return the matrix whose row k is the target t of class k: one-hot where nothing is smoothed.

    Picking the rows of a batch's labels is twice as fast as writing ones into zeros.
    Shapes: (K, K), never to be written to.
    """
    rows = np.eye(n_classes, dtype=dtype) * (1 - smoothing) + smoothing / n_classes
    rows.flags.writeable = False
    return rows


@dataclass(frozen=True)
class SquaredError:
    """L = 1/N sum_n 1/2 sum_k (y_k - t_k)^2, d_y = (y - t) / N.

    Source: Rumelhart, Hinton, Williams (1986), equation 3, as a mean.
    """

    output_activation: ClassVar[type[Layer]] = Sigmoid
    contains_activation: ClassVar[bool] = False

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        t = target_rows(outputs.shape[1], outputs.dtype).take(labels, axis=0)
        error = outputs - t
        loss = float(np.vdot(error, error)) / (2 * len(labels))
        error *= scalar_array(1 / len(labels), error.dtype)
        return loss, error


@dataclass(frozen=True)
class CrossEntropy:
    """L = -1/N sum_n sum_k t_k log y_k with y = softmax(z), d_z = (y - t) / N.

    Computed from the logits z: log y_k = z_k - m - log sum_j exp(z_j - m), m = max z. With
    smoothing s the target t is 1 - s + s/K at the label and s/K elsewhere, so that no logit has
    to grow without end.
    Source: Bishop, Pattern Recognition and Machine Learning (2006), equations 4.108, 4.109;
    smoothing is from Szegedy and others, Rethinking the inception architecture for computer
    vision (2016), section 7.
    """

    smoothing: float = 0.0  # 0 to 1

    output_activation: ClassVar[type[Layer]] = Softmax
    contains_activation: ClassVar[bool] = True

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        z = outputs - outputs.max(axis=1, keepdims=True)  # (N, K)
        y = np.exp(z)
        total = y.sum(axis=1, keepdims=True)  # (N, 1)
        t = target_rows(y.shape[1], y.dtype, self.smoothing).take(labels, axis=0)
        loss = float(np.log(total).sum() - np.vdot(t, z)) / len(labels)  # the sum of a t is 1
        y /= total
        y -= t
        y *= scalar_array(1 / len(labels), y.dtype)
        return loss, y


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """L = -1/N sum_n sum_k t log y + (1 - t) log(1 - y) with y = sigmoid(z), d_z = (y - t) / N.

    Computed from the logits z: log(1 + exp(z_k)) summed over k, where z_label counts as -z_label.
    Source: Nielsen, Neural Networks and Deep Learning (2015), chapter 3, equations 63 and 68.
    """

    output_activation: ClassVar[type[Layer]] = Sigmoid
    contains_activation: ClassVar[bool] = True

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        wrongness = outputs.copy()  # (N, K) how far each logit is on the wrong side
        wrongness[np.arange(len(labels)), labels] *= -1
        loss = float(np.logaddexp(0, wrongness).sum()) / len(labels)
        y, _ = Sigmoid().forward({}, outputs)
        y -= target_rows(y.shape[1], y.dtype).take(labels, axis=0)
        y *= scalar_array(1 / len(labels), y.dtype)
        return loss, y


LOSSES: dict[str, type[Loss]] = {
    "squared-error": SquaredError,
    "cross-entropy": CrossEntropy,
    "binary-cross-entropy": BinaryCrossEntropy,
}
