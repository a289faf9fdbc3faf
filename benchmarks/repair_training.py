"""Training and evaluation for `repair.py`: the original with bugs, or ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from repair_steps import Training
from seed_network import SeedNetwork

from network.core.data import Examples, batches
from network.core.model import Model, without_output_activation
from network.core.params import Array, Params, zip_arrays
from network.core.train_step import train_step
from network.images.augmentation import build_augmentation
from network.metrics.accuracy import compute_outputs
from network.training.build import fully_connected
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from network.training.schedules import SCHEDULES

NEARLY = 0.001  # a sigmoid so close to 0 or 1 passes less than a thousandth of the gradient


@dataclass(frozen=True)
class Score:
    """Test accuracy and saturation of a trained network, in percent."""

    accuracy: float
    stuck: float  # share of hidden outputs that are almost 0 or 1


def score(outputs: Array, hidden: Array, labels: Array) -> Score:
    """Return the accuracy and the share of saturated hidden outputs.

    Shapes: outputs (N, K), hidden (N, 30), labels (N,).
    """
    is_stuck = np.minimum(hidden, 1 - hidden) < NEARLY
    is_right = outputs.argmax(axis=1) == labels
    return Score(100 * float(is_right.mean()), 100 * float(is_stuck.mean()))


def draw_first(network: SeedNetwork, seed: int) -> Params:
    """Draw the initial parameters from the random numbers that `network train` uses."""
    return network.init(np.random.default_rng([seed, 0]).spawn(1)[0])


def deal(
    examples: Examples, training: Training, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """Return the batches of one epoch, shuffled or in file order.

    Shapes: images (batch_size, H, W), labels (batch_size,).
    """
    if training.is_shuffled:
        yield from batches(examples, training.batch_size, rng)
        return
    for start in range(0, len(examples), training.batch_size):
        batch = examples.take(slice(start, start + training.batch_size))
        yield batch.images, batch.labels


def flat(images: Array) -> Array:
    """Flatten each image to one row, in float64 like the original.

    Shapes: (N, H, W) -> (N, H * W).
    """
    return images.reshape(len(images), -1).astype(np.float64)


def train_seed(
    network: SeedNetwork, training: Training, params: Params, examples: Examples, seed: int
) -> None:
    """Train the original network in place, with its own gradients."""
    for epoch in range(1, training.epochs + 1):
        rng = np.random.default_rng([seed, epoch]).spawn(1)[0]
        for images, labels in deal(examples, training, rng):
            grads = network.grads(params, flat(images), labels)
            for _, (param, grad) in zip_arrays(params, grads):
                param -= training.learning_rate / 2 * grad  # its loss is twice ours


def build_ours(training: Training) -> Model:
    """Return our 784-30-10 model, with the output activation that suits the loss."""
    return fully_connected((30,), 10, "sigmoid", "uniform", LOSSES[training.loss])


def as_ours(params: Params, dtype: type[np.floating[Any]] = np.float32) -> Params:
    """Copy the parameters of the original's two layers to their places in our five."""
    hidden, outputs = ({name: a.astype(dtype) for name, a in layer.items()} for layer in params)
    return [{}, hidden, {}, outputs, {}]


def train_ours(training: Training, params: Params, examples: Examples, seed: int) -> None:
    """Train our network in place, with the code of this project."""
    loss = LOSSES[training.loss]()
    model = without_output_activation(build_ours(training), loss)
    optimizer = OPTIMIZERS[training.optimizer](weight_decay=training.weight_decay)
    state, step = optimizer.init(params), 0
    total_steps = training.epochs * -(-len(examples) // training.batch_size)
    for epoch in range(1, training.epochs + 1):
        shuffle_rng, image_rng = np.random.default_rng([seed, epoch]).spawn(2)
        for images, labels in deal(examples, training, shuffle_rng):
            images = augmented(training, images, image_rng)
            rate = training.learning_rate * SCHEDULES[training.schedule](step / total_steps)
            train_step(model, loss, optimizer, params, state, images, labels, rate)
            step += 1


def augmented(training: Training, images: Array, rng: np.random.Generator) -> Array:
    """Augment the images of a batch, if the training has augmentation.

    Shapes: (N, H, W), the same out.
    """
    if not training.augment:
        return images
    return build_augmentation(dict(training.augment))(images, rng)


def run(
    network: SeedNetwork, training: Training, examples: Examples, unseen: Examples, seed: int
) -> Score:
    """Train once and evaluate: our network if the original has no bug left."""
    params = draw_first(network, seed)
    if network != SeedNetwork():
        train_seed(network, training, params, examples, seed)
        _, hidden, outputs = network.activations(params, flat(unseen.images))
        return score(outputs, hidden, unseen.labels)
    params, model = as_ours(params), build_ours(training)
    train_ours(training, params, examples, seed)
    outputs = compute_outputs(model, params, unseen.images)
    hidden = compute_outputs(Model(model.layers[:3]), params[:3], unseen.images)
    return score(outputs, hidden, unseen.labels)
