"""One training step: forward, loss, backward, update.

This file combines the others. The forward pass computes the outputs of a batch. The loss compares
them with the labels. The backward pass computes the gradient, and the optimizer moves the
parameters against it. Training is this step, thousands of times, on one batch after the other;
`network/training/loop.py` does that.
"""

import numpy as np

from network.core.losses import Loss
from network.core.optimizers import Optimizer, State
from network.core.params import Array, Params
from network.core.plumbing.model_checks import explain_errors
from network.core.plumbing.trainable import Trainable


@explain_errors
@np.errstate(over="ignore", invalid="ignore")  # the training loop raises DivergedError instead
def train_step(
    model: Trainable,
    loss: Loss,
    optimizer: Optimizer,
    params: Params,
    state: State,
    images: Array,
    labels: Array,
    learning_rate: float,
    rng: np.random.Generator | None = None,
) -> float:
    """Make one update in place and return the loss before it.

    With `rng`, layers such as Dropout and BatchNorm compute as while training; see them.

    Shapes: images (N, H, W), labels (N,).

    Example:
        >>> model = Model((Flatten(), Linear(2)))  # this loss is given the logits
        >>> params = model.init(np.random.default_rng(0), (1, 2))
        >>> images, labels = np.eye(2, dtype=np.float32).reshape(2, 1, 2), np.array([0, 1])
        >>> step = model, CrossEntropy(), SGD(), params, {}, images, labels, 1.0
        >>> train_step(*step) > train_step(*step) > train_step(*step)
        True
    """
    outputs, backward = model.forward(params, images, rng)  # (N, H, W) -> (N, K)
    loss_value, d_outputs = loss(outputs, labels)  # one number, and its gradient (N, K)
    grads = backward(d_outputs)  # backpropagation: the gradient with respect to every parameter
    optimizer.update(params, grads, state, learning_rate)  # changes params and state
    return loss_value
