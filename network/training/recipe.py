"""Recipe of a training: everything except the data and the state."""

from dataclasses import dataclass

import numpy as np

from network.core.losses import Loss
from network.core.model import Model, ModelBackward, without_output_activation
from network.core.optimizers import Optimizer
from network.core.params import Array, Params
from network.core.plumbing.trainable import Trainable
from network.core.schedules import Schedule
from network.images.augmentation import Augmentation


@dataclass(frozen=True)
class Recipe:
    """The model and all settings of its training."""

    model: Model
    loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    learning_rate: float
    batch_size: int
    epochs: int
    seed: int
    augment: Augmentation | None = None  # changes the images of every batch
    shards: int = 1  # parts of a batch that are computed at once
    patience: int | None = None  # epochs without improvement before early stopping

    @property
    def draws(self) -> bool:
        """Return whether each step needs random numbers."""
        is_random = any(layer.draws_random for layer in self.model.layers)
        return is_random or self.augment is not None

    def trainable(self) -> Trainable:
        """Return the model for training: without the loss's activation, on augmented images."""
        model = without_output_activation(self.model, self.loss)
        return model if self.augment is None else WithAugmentation(model, self.augment)


@dataclass(frozen=True)
class WithAugmentation:
    """A model whose training images are augmented.

    Shapes: x (N, H, W) -> outputs (N, K).
    """

    model: Model
    augment: Augmentation

    def forward(
        self, params: Params, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, ModelBackward]:
        return self.model.forward(params, x if rng is None else self.augment(x, rng), rng)
