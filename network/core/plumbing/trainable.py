"""Interface of a model in a training step, so that other code can wrap a model."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from network.core.params import Array, Params


class Trainable(Protocol):
    """A model, or a wrapper that augments batches or splits them among threads."""

    def forward(
        self, params: Params, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], Params]]:
        """Return the outputs, and the function from d_outputs to the gradients."""
