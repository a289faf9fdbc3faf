"""A further loss, and the registry of all losses by name.

`core/losses.py` has SquaredError and CrossEntropy, and explains what a loss is.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from network.core.activations import Sigmoid
from network.core.layers import Layer
from network.core.losses import CrossEntropy, Loss, SquaredError
from network.core.params import Array
from network.core.plumbing.speed import divide_by_n, one_hot, sigmoid


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """L = -1/N sum_n sum_k (t_k log(y_k) + (1 - t_k) log(1 - y_k)) with y = sigmoid(z).

    Every class is a separate yes-or-no question: is it this digit? The loss of one class is

        at the label   -log(y_k)     = log(1 + exp(-z_k)), with the derivative y_k - 1
        elsewhere      -log(1 - y_k) = log(1 + exp(z_k)),  with the derivative y_k

    which is y_k - t_k in both cases.

    Source: Nielsen, Neural Networks and Deep Learning (2015), chapter 3, equations 63 and 68.
    """

    output_activation: ClassVar[type[Layer]] = Sigmoid
    contains_activation: ClassVar[bool] = True

    def __call__(self, outputs: Array, labels: Array) -> tuple[float, Array]:
        t = one_hot(labels, outputs)  # (N, K)
        signed = outputs.copy()  # -z_k at the label, z_k elsewhere: (N, K)
        signed[np.arange(len(labels)), labels] *= -1
        loss = float(np.logaddexp(0, signed).sum()) / len(labels)  # log(exp(0) + exp(signed))
        y = sigmoid(outputs)  # (N, K)
        y -= t
        return loss, divide_by_n(y)  # (y - t) / N


LOSSES: dict[str, type[Loss]] = {
    "squared-error": SquaredError,
    "cross-entropy": CrossEntropy,
    "binary-cross-entropy": BinaryCrossEntropy,
}
