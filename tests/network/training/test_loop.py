"""Training is a stream of events, the same for the same seed, and it learns."""

import math
from typing import NamedTuple

import numpy as np
import pytest

from network.core.data import Examples, scale_pixels
from network.core.params import Params, named_arrays
from network.errors import DivergedError
from network.training.build import build_recipe, fully_connected
from network.training.configuration import Configuration
from network.training.loop import train
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from network.training.schedules import SCHEDULES
from network.training.state import EpochDone, StepDone, TrainingState


class Result(NamedTuple):
    events: list
    params: Params

    @property
    def epochs(self):
        return [event for event in self.events if isinstance(event, EpochDone)]

    @property
    def bytes(self):
        return b"".join(array.tobytes() for _, array in named_arrays(self.params))


@pytest.fixture(scope="module")
def digits(mnist_test_set):
    """130 real digits, in two parts: 100 to train on, 30 held out."""
    pixels, labels = mnist_test_set
    examples = Examples(scale_pixels(pixels[:130]), labels[:130].astype(np.int64))
    return examples.take(slice(100)), examples.take(slice(100, None))


def run(training, validation, **choices):
    chosen = Configuration(**{"epochs": 2, "batch_size": 32, **choices})
    loss = LOSSES[chosen.loss]
    model = fully_connected(chosen.hidden, 10, chosen.activation, chosen.initializer, loss)
    params = model.init(np.random.default_rng(chosen.seed), (28, 28))
    recipe = build_recipe(chosen, model)
    state = TrainingState(params, recipe.optimizer.init(params))
    return Result([*train(recipe, state, training, validation)], state.answering)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_same_seed_makes_the_same_bytes_and_another_seed_others(optimizer, digits):
    first, again, other = (run(*digits, optimizer=optimizer, seed=seed) for seed in (3, 3, 4))
    assert first.bytes == again.bytes
    assert [event.loss for event in first.events] == [event.loss for event in again.events]
    assert first.bytes != other.bytes


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_loss_falls(loss, optimizer, digits):
    rates = {"sgd": 1.0, "momentum": 0.1, "nesterov": 0.1, "rmsprop": 0.01, "lion": 0.001}
    rate = rates.get(optimizer, 0.02)
    count = 100 if optimizer == "lion" else 40  # whose steps are all of one length
    epochs = run(
        *digits, loss=loss, optimizer=optimizer, learning_rate=rate, epochs=count, batch_size=10
    ).epochs
    assert epochs[-1].loss < epochs[0].loss / 2
    assert epochs[-1].validation_accuracy > 0.3  # of digits never seen; guessing gives 0.1


def test_events_come_in_order_and_count_every_step_and_example(digits):
    events = run(*digits, epochs=3, batch_size=32).events
    kinds = [type(event) for event in events]
    assert kinds == 3 * [*4 * [StepDone], EpochDone]
    steps = [event for event in events if isinstance(event, StepDone)]
    assert [event.step for event in steps] == list(range(1, 13))
    assert [event.examples for event in steps] == 3 * [32, 32, 32, 4]
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [(event.epoch, event.step) for event in epochs] == [(1, 4), (2, 8), (3, 12)]
    for index, epoch in enumerate(epochs):
        own = steps[4 * index : 4 * index + 4]
        mean = sum(event.loss * event.examples for event in own) / 100
        assert epoch.loss == pytest.approx(mean)
        assert epoch.seconds > 0


def test_every_epoch_deals_the_examples_in_an_order_of_its_own(digits):
    events = run(*digits, learning_rate=1e-12, weight_decay=0, epochs=3).events  # nothing moves
    losses = [event.loss for event in events if isinstance(event, StepDone)]
    assert losses[:4] != losses[4:8] != losses[8:]
    epochs = [event.loss for event in events if isinstance(event, EpochDone)]
    assert epochs == pytest.approx(3 * epochs[:1], rel=1e-5)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_learning_rate_follows_the_schedule(schedule, digits):
    epochs = run(*digits, schedule=schedule, learning_rate=0.5, epochs=4, batch_size=50).epochs
    last_steps = [1, 3, 5, 7]  # of 8, counted from 0
    expected = [0.5 * SCHEDULES[schedule](step / 8) for step in last_steps]
    assert [epoch.learning_rate for epoch in epochs] == pytest.approx(expected)


def test_validation_is_measured_after_the_epoch_and_is_optional(digits):
    training, validation = digits
    measured = run(training, validation)
    assert all(math.isfinite(epoch.validation_loss) for epoch in measured.epochs)
    assert all(0 <= epoch.validation_accuracy <= 1 for epoch in measured.epochs)
    without = run(training, validation.take(slice(0)))
    assert {epoch.validation_accuracy for epoch in without.epochs} == {None}
    assert {epoch.validation_loss for epoch in without.epochs} == {None}
    assert without.bytes == measured.bytes  # measuring changes nothing


RUNAWAY = {"learning_rate": 1e6, "weight_decay": 1e3, "hidden": (8, 8, 8), "activation": "relu"}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_run_that_diverges_says_so_without_a_warning(loss, digits):
    with pytest.raises(DivergedError, match=r" at step \d+ of epoch \d+") as caught:
        run(*digits, loss=loss, epochs=50, **RUNAWAY)
    assert caught.value.exit_code == 7
    assert caught.value.hint == "Try a lower --learning-rate than 1e+06"


def test_divergence_in_the_last_step_is_noticed_too(digits):
    with pytest.raises(DivergedError):
        run(*digits, loss="cross-entropy", epochs=1, batch_size=50, **RUNAWAY)
