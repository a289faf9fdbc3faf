"""A run that was stopped at any step and resumed is, bit for bit, the run that was not."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.core.params import named_arrays
from network.runs.folder import load_run
from network.runs.training_run import create_training_run, resume_training_run
from network.training.configuration import Configuration
from network.training.state import EpochDone, StepDone
from pipeline.build import build_pickles
from pipeline.datasets.registry import find_dataset
from pipeline.errors import CorruptError, UsageError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from tests.support.configurations import configurations
from tests.support.small_digits import NAME, make_small_digits

FIGURE = "R6: {resumed} trainings taken up at any step, {other} ended with other weights"
numbers = itertools.count()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("resuming"))


def all_arrays(state):
    """Every array that a training keeps, by its name."""
    trees = {**state.optimizer_state, "params": state.params, "best": state.best or []}
    return {
        f"{tree}/{name}": array
        for tree, params in trees.items()
        for name, array in named_arrays(params)
        if tree == "params" or not name.endswith(("mean", "variance"))  # measured when needed
    }


def without_seconds(history):
    return [epoch._replace(seconds=0) for epoch in history]


def is_same(one, other):
    arrays, others = all_arrays(one), all_arrays(other)
    assert arrays.keys() == others.keys()
    return (
        all(np.array_equal(array, others[name]) for name, array in arrays.items())
        and without_seconds(one.history) == without_seconds(other.history)
        and (one.step, one.loss_sum) == (other.step, other.loss_sum)
    )


def stop_after(training_run, steps):
    """Train so many steps and close, as the command does when a signal came."""
    events = training_run.train()
    for event in events:
        if isinstance(event, StepDone) and (steps := steps - 1) <= 0:
            break
    events.close()


def check_resuming(cache, configuration, stops):
    """Train once in one piece and once in several; return whether the results are the same."""
    whole = create_training_run(cache, configuration, f"run-{next(numbers)}")
    list(whole.train())
    pieces = create_training_run(cache, configuration, f"run-{next(numbers)}")
    for steps in stops:
        stop_after(pieces, steps)
        if pieces.state.step == whole.state.step:
            break  # it has ended, or lacks nothing but its last measurement
        pieces, _ = resume_training_run(cache, pieces.run)
    list(pieces.train())
    return is_same(pieces.state, whole.state)


@pytest.mark.slow
def test_a_run_taken_up_at_any_step_is_the_run_in_one_piece(cache, amount, figure):
    results = []

    @settings(max_examples=amount(100, 5_000))
    @given(configurations, st.lists(st.integers(1, 12), min_size=1, max_size=3))
    def take_up(configuration, stops):
        results.append(check_resuming(cache, configuration, stops))

    take_up()
    figure(FIGURE, resumed=len(results), other=results.count(False))
    assert all(results)


@pytest.fixture
def stopped(cache):
    """A run that stands in its second of three epochs."""
    configuration = Configuration(dataset=NAME, hidden=(3,), epochs=3, batch_size=10)
    training_run = create_training_run(cache, configuration, f"run-{next(numbers)}")
    stop_after(training_run, 7)
    return training_run


def test_the_file_of_a_run_taken_up_holds_the_weights_that_answer(cache, stopped):
    resumed, _ = resume_training_run(cache, stopped.run)
    list(resumed.train())
    checkpoint, _ = load_run(stopped.run)
    answering = dict(named_arrays(resumed.state.answering))
    assert all(np.array_equal(array, answering[n]) for n, array in named_arrays(checkpoint.params))
    lines = stopped.run.history.read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2, 3]


def test_early_stopping_keeps_the_best_epoch_and_ends_when_patience_does(cache):
    configuration = Configuration(
        dataset=NAME, hidden=(3,), epochs=200, patience=3, batch_size=10, validation=0.3
    )
    training_run = create_training_run(cache, configuration, f"run-{next(numbers)}")
    epochs = [event for event in training_run.train() if isinstance(event, EpochDone)]
    best = max(epochs, key=lambda done: (done.validation_accuracy, -done.validation_loss))
    assert len(epochs) == best.epoch + 3 < 200
    shorter = replace(configuration, epochs=200, patience=None)
    again = create_training_run(cache, shorter, f"run-{next(numbers)}")
    for event in again.train():
        if isinstance(event, EpochDone) and event.epoch == best.epoch:
            break
    expected = dict(named_arrays(again.state.params))
    found = named_arrays(training_run.state.answering)
    assert all(np.array_equal(array, expected[name]) for name, array in found)


def test_a_run_that_has_ended_is_not_taken_up(cache, stopped):
    resumed, _ = resume_training_run(cache, stopped.run)
    list(resumed.train())
    with pytest.raises(UsageError, match="has ended after 3 epochs") as caught:
        resume_training_run(cache, stopped.run)
    assert f"--from {stopped.run.name}" in caught.value.hint


def test_other_data_than_it_began_with_is_refused(tmp_path):
    cache = make_small_digits(tmp_path)
    configuration = Configuration(dataset=NAME, hidden=(3,), epochs=3)
    training_run = create_training_run(cache, configuration, "run")
    stop_after(training_run, 1)
    with np.load(tmp_path / "source.npz") as source:
        changed = {name: source[name][::-1] for name in source}
    np.savez(tmp_path / "changed.npz", **changed)
    import_dataset(cache, tmp_path / "changed.npz", NAME, ImportOptions(force=True))
    build_pickles(cache, find_dataset(cache, NAME))
    with pytest.raises(
        UsageError, match=r"run run was trained on data with sha256 [0-9a-f]{64}; .* now has"
    ):
        resume_training_run(cache, training_run.run)


@pytest.mark.parametrize("history", ["", "{}\n", "[1]\n", "no json\n"])
def test_a_history_that_is_not_that_of_the_checkpoint_is_refused(history, cache, stopped):
    stopped.run.history.write_text(history)
    with pytest.raises(CorruptError, match=r"history\.jsonl(: line| has| was changed)"):
        resume_training_run(cache, stopped.run)
