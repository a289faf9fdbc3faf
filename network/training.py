"""One step, one epoch, and the stream of events a run produces.

Training is a generator: it yields what happened, and whoever iterates decides what to do with
it. Printing, saving, stopping early and drawing are ordinary `for` loops with `break`.
"""

import math
from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple, TypeAlias

import numpy as np

from network.data import Examples, batches
from network.evaluation import compute_loss_and_accuracy
from network.losses import Loss
from network.model import Model, part_the_loss_sees
from network.optimizers import Optimizer, State
from network.params import Array, Params, is_finite
from network.schedules import Schedule
from pipeline.errors import ProjectError


class DivergedError(ProjectError):
    """The loss is no longer a number: the parameters have run away."""

    exit_code = 7


class StepDone(NamedTuple):
    """One update has been made."""

    step: int  # 1, 2, ... over the whole run
    loss: float  # of this batch, before the update
    examples: int  # in this batch


class EpochDone(NamedTuple):
    """Every training example has been used once more."""

    epoch: int  # 1, 2, ...
    step: int  # updates so far
    loss: float  # mean over the epoch's examples, each before its update
    validation_loss: float | None  # None when nothing is held out
    validation_accuracy: float | None
    learning_rate: float  # of the last step
    seconds: float  # the updates alone, without the validation


Event: TypeAlias = StepDone | EpochDone


@np.errstate(over="ignore", invalid="ignore")  # what runs away is told as DivergedError
def train_step(
    model: Model,
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


def train(
    model: Model,
    loss: Loss,
    optimizer: Optimizer,
    schedule: Schedule,
    params: Params,
    state: State,
    training: Examples,
    validation: Examples,
    *,
    learning_rate: float,
    batch_size: int,
    epochs: int,
    seed: int,
) -> Iterator[Event]:
    """Train, and yield a `StepDone` for every update, an `EpochDone` for every epoch.

    The arrays in `params` and `state` are the caller's and change in place, so they can be
    saved at any event. The random numbers of an epoch depend on the seed and the epoch alone.

    Raises: DivergedError when the loss is not finite any more.
    """
    trained = part_the_loss_sees(model, loss)
    total_steps = epochs * math.ceil(len(training) / batch_size)
    step = 0
    for epoch in range(1, epochs + 1):
        shuffle_rng, layer_rng = np.random.default_rng([seed, epoch]).spawn(2)
        loss_sum = 0.0
        started = perf_counter()
        for images, labels in batches(training, batch_size, shuffle_rng):
            rate = learning_rate * schedule(step / total_steps)
            loss_value = train_step(
                trained, loss, optimizer, params, state, images, labels, rate, layer_rng
            )
            step += 1
            loss_sum += loss_value * len(labels)
            if not math.isfinite(loss_value):
                raise diverged(f"the loss is {loss_value}", step, epoch, learning_rate)
            yield StepDone(step, loss_value, len(labels))
        seconds = perf_counter() - started
        validation_loss, validation_accuracy = measure(model, params, loss, validation)
        if validation_loss is not None and not math.isfinite(validation_loss):
            raise diverged(f"the validation loss is {validation_loss}", step, epoch, learning_rate)
        if not is_finite(params):
            raise diverged("a parameter is no number any more", step, epoch, learning_rate)
        mean_loss = loss_sum / len(training)
        yield EpochDone(epoch, step, mean_loss, validation_loss, validation_accuracy, rate, seconds)


def diverged(what: str, step: int, epoch: int, learning_rate: float) -> DivergedError:
    """Say where a run went out of hand."""
    return DivergedError(
        f"{what} at step {step} of epoch {epoch}",
        f"Try a lower --learning-rate than {learning_rate:g}",
    )


def measure(
    model: Model, params: Params, loss: Loss, validation: Examples
) -> tuple[float | None, float | None]:
    """Return loss and accuracy on what was held out, None for both when nothing was."""
    if len(validation) == 0:
        return None, None
    return compute_loss_and_accuracy(model, params, loss, validation)
