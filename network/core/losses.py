"""Losses: the error of the outputs as one number, and its gradient.

Training makes one number smaller: the loss. For each image the correct class is known: its
*label*, an integer from 0 to K - 1. To compare it with K outputs, a loss writes it as K numbers,
the *target* t: 1 at the label and 0 elsewhere. This form is called *one-hot*.

The loss of a batch is the mean over its N images. The gradients of a sum would grow with the size
of the batch; those of a mean do not, so one learning rate (see optimizers.py) suits batches of
any size. A loss returns its value and `d_outputs`, its derivative with respect to every output.
Backpropagation starts there.

A cross-entropy takes logarithms of the scores, and a score that has rounded to 0 has none. So such
a loss *contains* the output activation: it is given the logits z, and computes log(y) from them
directly. In the gradient, the logarithm and the activation then cancel to (y - t) / N: how much
too high each score is. `without_output_activation` in model.py adapts the model.
"""

from dataclasses import dataclass
from typing import Annotated, ClassVar, Protocol

import numpy as np

from network.core.activations import Sigmoid, Softmax
from network.core.layers import Layer
from network.core.params import Array
from network.core.plumbing.arguments import CheckedArguments, at_least, at_most
from network.core.plumbing.speed import divide_by_n, one_hot


class Loss(Protocol):
    """A number that training makes smaller, with its gradient."""

    output_activation: ClassVar[type[Layer]]  # the last layer of a model for this loss
    contains_activation: ClassVar[bool]  # True: the loss is given the logits, not the outputs

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        """Return the loss and d_outputs.

        Shapes: outputs (N, K), labels (N,) -> (), d_outputs (N, K).
        """


@dataclass(frozen=True)
class SquaredError:
    """L = 1/N sum_n 1/2 sum_k (y_k - t_k)^2.

    The 1/2 cancels the 2 of the derivative:

        d_y = (y - t) / N

    Source: Rumelhart, Hinton, Williams (1986), equation 3, as a mean.

    Example:
        >>> SquaredError()(np.array([[0.8, 0.4]]), np.array([0]))  # t = [1, 0]
        (0.1..., array([[-0.2,  0.4]]))
    """

    output_activation: ClassVar[type[Layer]] = Sigmoid
    contains_activation: ClassVar[bool] = False

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        error = outputs - one_hot(labels, outputs)  # y - t, (N, K)
        loss = float(np.vdot(error, error)) / (2 * len(labels))  # vdot: the sum of the products
        return loss, divide_by_n(error)


@dataclass(frozen=True)
class CrossEntropy(CheckedArguments):
    """L = -1/N sum_n sum_k t_k log(y_k) with y = softmax(z).

    Only the score at the label counts: L_n is 0 for a score of 1, and infinite for a score of 0.
    One image has log(y_k) = z_k - log sum_j exp(z_j), and the t_k add up to 1, so

        L_n = log sum_j exp(z_j) - sum_k t_k z_k
        dL_n/dz_k = exp(z_k) / sum_j exp(z_j) - t_k = y_k - t_k

    A score of 1 would need an infinite logit. *Label smoothing* s lowers the target to
    1 - s + s/K at the label, and raises it to s/K elsewhere.

    Source: Bishop, Pattern Recognition and Machine Learning (2006), equations 4.108, 4.109;
    smoothing is from Szegedy and others, Rethinking the inception architecture for computer
    vision (2016), section 7.

    Example:
        >>> CrossEntropy()(np.array([[0.0, 0.0]]), np.array([0]))  # y = [0.5, 0.5]
        (0.693..., array([[-0.5,  0.5]]))
    """

    smoothing: Annotated[float, at_least(0), at_most(1)] = 0.0
    output_activation: ClassVar[type[Layer]] = Softmax
    contains_activation: ClassVar[bool] = True

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        z = outputs - outputs.max(axis=1, keepdims=True)  # as in Softmax: exp cannot overflow
        y = np.exp(z)  # (N, K)
        total = y.sum(axis=1, keepdims=True)  # sum_j exp(z_j), (N, 1)
        t = one_hot(labels, z, self.smoothing)  # (N, K)
        loss = float(np.log(total).sum() - np.vdot(t, z)) / len(labels)
        y /= total  # now y = softmax(z)
        y -= t
        return loss, divide_by_n(y)  # (y - t) / N
