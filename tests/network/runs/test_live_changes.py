"""A training with changed settings continues exactly, and can be repeated exactly."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.core.params import named_arrays
from network.images.augmentation import AUGMENTATIONS
from network.runs.checkpoints import load_checkpoint, save_checkpoint
from network.runs.folder import load_run
from network.runs.live_changes import change_training, live_settings
from network.runs.names import find_run
from network.runs.training_run import create_training_run, load_training_run, resume_training_run
from network.training.configuration import Configuration
from pipeline.errors import CorruptError, UsageError
from tests.support.small_digits import NAME, make_small_digits

numbers = itertools.count()
CONFIGURATION = Configuration(
    dataset=NAME, layers="Flatten, Linear(6), Dropout(rate=0.5), ReLU", loss="cross-entropy",
    optimizer="momentum", batch_size=10, epochs=3,
)  # fmt: skip
STEPS = 5  # an epoch: 42 images to train on

values = st.fixed_dictionaries(
    {},
    optional={
        "learning_rate": st.sampled_from([0.01, 0.3]),
        "momentum": st.sampled_from([0.0, 0.5, 0.95]),
        "weight_decay": st.sampled_from([0.0, 0.1]),
        "dropout": st.sampled_from([0.0, 0.2]),
        "augment": st.dictionaries(st.sampled_from(sorted(AUGMENTATIONS)), st.just(0.5)),
        "epochs": st.integers(3, 5),
    },
)
changes = st.lists(st.tuples(st.integers(0, 3 * STEPS), values), max_size=4).map(
    lambda found: sorted(found, key=lambda pair: pair[0])
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("changing"))


def train_until(training_run, step):
    """Train up to a number of steps, or to the end, and close the generator."""
    if training_run.state.step >= step:
        return
    events = training_run.train()
    for event in events:
        if event.step >= step and type(event).__name__ == "StepDone":
            events.close()


def train_changed(cache, changes):
    """Train a run that is changed at these steps, to its end."""
    training_run = create_training_run(cache, CONFIGURATION, f"run-{next(numbers)}")
    for step, values in changes:
        train_until(training_run, step)
        training_run = change_training(training_run, values)
    train_until(training_run, 1_000)
    return training_run


@pytest.mark.slow
@settings(max_examples=20)
@given(changes=changes)
def test_replay_makes_every_change_at_its_step_and_ends_with_the_same_weights(changes, cache):
    from network.commands.replay import replay

    training_run = train_changed(cache, changes)
    replay(training_run.run.name, cache_dir=cache.root, quiet=True)  # exits with 1 if they differ
    again = find_run(cache, f"{training_run.run.name}-again-1")
    assert load_checkpoint(again.checkpoint).meta["step"] == training_run.state.step
    first = load_checkpoint(training_run.run.checkpoint).meta
    assert load_checkpoint(again.checkpoint).meta.get("changes", []) == first.get("changes", [])


def test_a_run_that_is_taken_up_goes_on_with_the_changed_values(cache):
    training_run = create_training_run(cache, CONFIGURATION, "changed")
    train_until(training_run, 7)
    asked = {"learning_rate": 0.02, "momentum": 0.5, "dropout": 0.1, "augment": {"shift": 1.0}}
    change_training(training_run, asked)
    taken_up, _ = resume_training_run(cache, find_run(cache, "changed"))
    assert live_settings(taken_up).items() >= asked.items()
    assert taken_up.configuration.layers == (
        "Flatten(), Linear(n_out=6, initializer='uniform'), Dropout(rate=0.1), ReLU()"
    )
    assert taken_up.state.step == 7
    kept = load_checkpoint(taken_up.run.checkpoint).meta
    assert kept["changes"] == [{"epoch": 1, "step": 7, "values": asked}]
    assert kept["first"] == {**CONFIGURATION.to_dict(), "hidden": [30]}


def test_a_change_of_the_learning_rate_changes_what_is_learnt_from_that_step_on(cache):
    plain = create_training_run(cache, CONFIGURATION, "plain")
    changed = create_training_run(cache, CONFIGURATION, "other")
    for one in (plain, changed):
        train_until(one, 6)
    changed = change_training(changed, {"learning_rate": 1e-9})
    before = [array.copy() for _, array in named_arrays(changed.state.params)]
    same = [array for _, array in named_arrays(plain.state.params)]
    assert all(map(np.array_equal, before, same))
    train_until(changed, 9)
    now = [array for _, array in named_arrays(changed.state.params)]
    assert max(np.abs(a - b).max() for a, b in zip(now, before, strict=True)) < 1e-6


def test_one_epoch_more_than_was_planned_can_be_trained(cache):
    ended = train_changed(cache, [])
    with pytest.raises(UsageError, match="has ended after 3 epochs"):
        resume_training_run(cache, ended.run)
    again, _ = load_training_run(cache, ended.run)
    train_until(change_training(again, {"epochs": 4}), 1_000)
    assert load_checkpoint(ended.run.checkpoint).meta["epoch"] == 4


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"optimizer": "adam"}, "optimizer cannot be changed"),
        ({"learning_rate": -1}, "learning_rate is -1"),
        ({"learning_rate": float("nan")}, "learning_rate is NaN"),
        ({"momentum": 1}, "momentum is 1"),
        ({"dropout": 0.99}, "dropout is 0.99; expected 0 to 0.95"),
        ({"augment": {"shfit": 1}}, "Did you mean shift?"),
        ({"epochs": 0}, "epochs is 0, but 1 are done"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_changed(values, words, cache):
    training_run = create_training_run(cache, CONFIGURATION, f"refusing-{next(numbers)}")
    train_until(training_run, 7)
    with pytest.raises(UsageError) as refused:
        change_training(training_run, values)
    assert words in str(refused.value)
    assert "changes" not in training_run.state.origin


@pytest.mark.parametrize(
    ("choices", "values", "words"),
    [
        ({}, {"dropout": 0.5}, "dropout needs a Dropout layer"),
        ({"optimizer": "sgd"}, {"momentum": 0.5}, "momentum needs momentum, nesterov or muon"),
    ],
)
def test_what_a_model_lacks_cannot_be_changed(choices, values, words, cache):
    plain = Configuration(dataset=NAME, hidden=(3,), **choices)
    training_run = create_training_run(cache, plain, f"lacking-{next(numbers)}")
    assert live_settings(training_run)[next(iter(values))] is None
    with pytest.raises(UsageError, match=words):
        change_training(training_run, values)


def test_changes_that_are_none_are_refused_by_replay(cache, call):
    training_run = create_training_run(cache, CONFIGURATION, "odd")
    checkpoint, _ = load_run(training_run.run)
    checkpoint.meta["changes"] = [{"step": 1}]
    save_checkpoint(training_run.run.checkpoint, checkpoint)
    assert (
        "a change of settings is"
        in call("replay", "odd", code=CorruptError.exit_code, cache=cache).err
    )
