"""Training loop: steps and epochs, as a generator of events.

Training yields an event for every step and every epoch, and the caller handles them. Printing,
saving, stopping early and drawing are ordinary `for` loops with `break`.

The random numbers of a step depend on the seed, the epoch and the step alone, and everything that
a step changes is in the `TrainingState`. So a training that was stopped at any step continues from
its state as if it had not been stopped.
"""

import math
from collections.abc import Iterator
from itertools import islice
from time import perf_counter

import numpy as np

from network.core.data import Examples, batches
from network.core.params import Params, copy_params, is_finite
from network.core.plumbing.trainable import Trainable
from network.core.train_step import train_step
from network.errors import DivergedError
from network.layers.whole_model import calibrate_layers
from network.metrics.accuracy import compute_loss_and_accuracy
from network.training.recipe import Recipe
from network.training.state import EpochDone, Event, StepDone, TrainingState
from network.training.threads import share_among_threads

CALIBRATE_ON = 1000  # images; mean and variance of a unit are then known to a few per cent


def train(
    recipe: Recipe, state: TrainingState, training: Examples, validation: Examples
) -> Iterator[Event]:
    """Train, and yield a `StepDone` for every update, an `EpochDone` for every epoch.

    The state changes in place, so it can be saved at any event. It may be a new one, or one from
    any step of a training with the same recipe and the same examples.

    Raises: DivergedError if the loss or a parameter is not finite.
    """
    with share_among_threads(recipe.trainable(), recipe.shards) as model:
        while not has_ended(recipe, state):
            yield from train_epoch(recipe, model, state, training)
            yield finish_epoch(recipe, state, training, validation)


def train_epoch(
    recipe: Recipe, model: Trainable, state: TrainingState, training: Examples
) -> Iterator[StepDone]:
    """Make the remaining updates of the state's current epoch."""
    epoch = len(state.history) + 1
    steps = math.ceil(len(training) / recipe.batch_size)
    shuffle_rng, step_rng = np.random.default_rng([recipe.seed, epoch]).spawn(2)
    is_random = recipe.draws
    dealt = batches(training, recipe.batch_size, shuffle_rng)
    begun = perf_counter() - state.seconds
    for images, labels in islice(dealt, state.step - (epoch - 1) * steps, None):
        rate = learning_rate_at(recipe, state.step, steps)
        if is_random:
            step_rng = np.random.default_rng([recipe.seed, epoch, state.step + 1])
        loss_value = train_step(
            model, recipe.loss, recipe.optimizer, state.params, state.optimizer_state,
            images, labels, rate, step_rng,
        )  # fmt: skip
        state.step += 1
        state.loss_sum += loss_value * len(labels)
        if not math.isfinite(loss_value):
            raise divergence_error(f"the loss is {loss_value}", recipe, state)
        state.seconds = perf_counter() - begun
        yield StepDone(state.step, loss_value, len(labels))


def learning_rate_at(recipe: Recipe, step: int, steps_an_epoch: int) -> float:
    """Return the learning rate of a step, counted from 0 over the whole run."""
    steps = max(1, recipe.epochs * steps_an_epoch)
    return recipe.learning_rate * recipe.schedule(step / steps)


@np.errstate(over="ignore", invalid="ignore")  # as in a step
def finish_epoch(
    recipe: Recipe, state: TrainingState, training: Examples, validation: Examples
) -> EpochDone:
    """Return the results of an epoch, and move the state to the next epoch."""
    calibrate_model(recipe, state.latest, training)
    validation_loss, validation_accuracy = measure_validation(recipe, state.latest, validation)
    if validation_loss is not None and not math.isfinite(validation_loss):
        raise divergence_error(f"the validation loss is {validation_loss}", recipe, state)
    if not is_finite(state.params):
        raise divergence_error("a parameter is not a number", recipe, state)
    steps = math.ceil(len(training) / recipe.batch_size)
    done = EpochDone(
        epoch=len(state.history) + 1,
        step=state.step,
        loss=state.loss_sum / len(training),
        validation_loss=validation_loss,
        validation_accuracy=validation_accuracy,
        learning_rate=learning_rate_at(recipe, state.step - 1, steps),
        seconds=state.seconds,
    )
    state.history.append(done)
    state.loss_sum, state.seconds = 0.0, 0.0
    if recipe.patience is not None and best_epoch(state.history) is done:
        state.best = copy_params(state.latest)
    return done


def calibrate_model(recipe: Recipe, params: Params, training: Examples) -> None:
    """Measure the statistics that layers need for prediction, on training images."""
    calibrate_layers(recipe.model.layers, params, training.images[:CALIBRATE_ON])


def best_epoch(history: list[EpochDone]) -> EpochDone:
    """Return the epoch with the highest validation accuracy; of equal ones, the lowest loss."""
    return max(
        history, key=lambda done: (done.validation_accuracy or 0, -(done.validation_loss or 0))
    )


def has_ended(recipe: Recipe, state: TrainingState) -> bool:
    """Return whether all epochs are done, or training should stop early."""
    return len(state.history) >= recipe.epochs or should_stop_early(recipe, state)


def should_stop_early(recipe: Recipe, state: TrainingState) -> bool:
    """Return whether validation has not improved for the epochs of the recipe's patience.

    Source: Prechelt, Early stopping - but when? (1998), section 2, the third class of criteria,
    with accuracy instead of the error.
    """
    if recipe.patience is None or not state.history:
        return False
    return len(state.history) - best_epoch(state.history).epoch >= recipe.patience


def divergence_error(what: str, recipe: Recipe, state: TrainingState) -> DivergedError:
    """Return the error that a training diverged, with its step."""
    return DivergedError(
        f"training diverged at step {state.step} of epoch {len(state.history) + 1}: {what}",
        f"Try a lower --learning-rate than {recipe.learning_rate:g}",
    )


def measure_validation(
    recipe: Recipe, params: Params, validation: Examples
) -> tuple[float | None, float | None]:
    """Return loss and accuracy on the validation images; None for both without any."""
    if len(validation) == 0:
        return None, None
    return compute_loss_and_accuracy(recipe.model, params, recipe.loss, validation)
