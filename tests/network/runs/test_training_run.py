"""A run from configuration to folder: reproducible, saved as it goes, stopped without loss."""

from dataclasses import replace

import numpy as np
import pytest

from network.core.params import named_arrays
from network.errors import DivergedError
from network.runs.folder import load_run
from network.runs.names import create_run
from network.runs.training_run import TrainingRun, load_initial_model, load_training_examples
from network.training.build import build_model, build_recipe, init_params
from network.training.configuration import Configuration
from network.training.initial_state import TrainingData, initial_state
from network.training.option import OptionError
from network.training.state import EpochDone, TrainingState
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache

SMALL = Configuration(hidden=(8,), limit=200, epochs=2, optimizer="adam")


@pytest.fixture(scope="module")
def examples(built_cache):
    return load_training_examples(built_cache, SMALL)


@pytest.fixture
def cache(tmp_path):
    """An empty cache for the runs."""
    return Cache(tmp_path, "test")


def start(cache, examples, configuration=SMALL, name=None):
    model, params = load_initial_model(cache, configuration)
    recipe = build_recipe(configuration, model)
    state = TrainingState(params, recipe.optimizer.init(params))
    run = create_run(cache, name, model, params, configuration)
    return run, params, TrainingRun(run, configuration, recipe, state, *examples).train()


def same(one, other):
    return all(
        (name, array.tobytes()) == (other_name, other_array.tobytes())
        for (name, array), (other_name, other_array) in zip(
            named_arrays(one), named_arrays(other), strict=True
        )
    )


def test_nothing_left_to_train_on_is_refused(built_cache):
    with pytest.raises(UsageError, match="no training examples are left: 1 of 1 are held out"):
        load_training_examples(built_cache, Configuration(limit=1, validation=0.9))


def test_european_shapes_are_drawn_once_from_the_seed_and_only_for_training(built_cache, examples):
    chosen = replace(SMALL, european=1)
    training, validation = load_training_examples(built_cache, chosen)
    again, _ = load_training_examples(built_cache, chosen)
    other, _ = load_training_examples(built_cache, replace(chosen, seed=1))
    changed = (training.images != examples[0].images).any(axis=(1, 2))
    assert set(examples[0].labels[changed]) == {1, 2, 4, 7, 9}
    assert training.labels.tobytes() == examples[0].labels.tobytes()
    assert validation.images.tobytes() == examples[1].images.tobytes()
    assert again.images.tobytes() == training.images.tobytes()
    assert other.images.tobytes() != training.images.tobytes()


def test_european_shapes_of_images_that_are_no_digits_are_refused():
    chosen = Configuration(dataset="fashion-mnist", european=0.3)
    data = TrainingData("train.pickle", "0" * 64, 10, 60_000, ("T-shirt", "trousers"))
    with pytest.raises(OptionError) as caught:
        initial_state(chosen, data)
    assert caught.value.message == (
        "european needs a dataset of the digits 0 to 9, but dataset is fashion-mnist"
    )


def test_the_model_is_the_configurations():
    model = build_model(SMALL, 10)
    params = init_params(model, SMALL)
    assert [array.shape for _, array in named_arrays(params)] == [(784, 8), (8,), (8, 10), (10,)]
    assert same(params, init_params(model, SMALL))
    assert not same(params, init_params(model, replace(SMALL, seed=1)))


def test_a_finished_run_is_saved_with_its_history(cache, examples):
    run, params, events = start(cache, examples)
    epochs = [event for event in events if isinstance(event, EpochDone)]
    checkpoint, configuration = load_run(run)
    assert configuration == SMALL
    assert same(checkpoint.params, params)
    assert (checkpoint.meta["epoch"], checkpoint.meta["step"]) == (2, epochs[-1].step)
    assert len(run.history.read_text().splitlines()) == 2


def test_a_run_can_start_from_another(cache, examples):
    run, params, events = start(cache, examples, name="first")
    list(events)
    assert run.checkpoint.is_file()
    model, started = load_initial_model(cache, replace(SMALL, start="first", hidden=(99,)))
    assert same(started, params)
    assert model == build_model(SMALL, 10)


def test_a_start_whose_outputs_do_not_suit_the_loss_is_refused(cache, examples):
    list(start(cache, examples, name="first")[2])
    with pytest.raises(UsageError, match="ends with Sigmoid, but loss cross-entropy needs Softmax"):
        load_initial_model(cache, replace(SMALL, start="first", loss="cross-entropy"))


@pytest.mark.parametrize("steps", [1, 3, 8])
def test_stopping_saves_what_was_learnt_so_far(cache, examples, steps):
    run, params, events = start(cache, examples)
    reached = [next(events).step for _ in range(steps)][-1]
    events.close()
    checkpoint, configuration = load_run(run)
    assert checkpoint.meta["step"] == reached
    assert same(checkpoint.params, params)
    assert not same(checkpoint.params, init_params(build_model(SMALL, 10), SMALL))
    assert configuration == SMALL


def test_divergence_leaves_the_last_good_epoch(cache, examples):
    wild = replace(
        SMALL, hidden=(8, 8, 8), activation="relu", loss="cross-entropy", optimizer="sgd",
        learning_rate=1e6, weight_decay=1e3, epochs=50,
    )  # fmt: skip
    run, _, events = start(cache, examples, wild)
    with pytest.raises(DivergedError), np.errstate(all="ignore"):
        list(events)
    params = load_run(run)[0].params
    assert all(np.isfinite(array).all() for _, array in named_arrays(params))
