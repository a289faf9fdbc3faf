"""What a training step needs of a model, so that other code can stand around it."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from network.core.params import Array, Params


class Trainable(Protocol):
    """A model, or one whose batches are augmented or shared among threads on the way."""

    def forward(
        self, params: Params, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], Params]]:
        """Return the outputs, and the function from d_outputs to the gradients."""
