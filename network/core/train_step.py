"""One training step: forward, loss, backward, update."""

import numpy as np

from network.core.losses import Loss
from network.core.model import Trainable
from network.core.optimizers import Optimizer, State
from network.core.params import Array, Params


@np.errstate(over="ignore", invalid="ignore")  # what runs away is told as DivergedError
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

    Shapes: images (N, H, W), labels (N,).
    """
    outputs, backward = model.forward(params, images, rng)
    loss_value, d_outputs = loss(outputs, labels)
    grads = backward(d_outputs)
    optimizer.update(params, grads, state, learning_rate)
    return loss_value
