"""R25: a score, a calibration and a film are shown only for the weights that they belong to."""

import json
import multiprocessing
import os
import shutil
from contextlib import closing

import numpy as np
import pytest

from network.core.data import load_examples
from network.lab.films import describe_film
from network.plots.page import scores
from network.plots.subject import load_subjects
from network.runs.calibrate import calibrate_run, load_calibration
from network.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from network.runs.evaluate import evaluate_run
from network.runs.evaluation_log import count_evaluations, read_evaluations
from network.runs.folder import LoadedRun, load_run, summarise_run
from network.runs.names import find_run
from network.runs.training_run import create_training_run, resume_training_run
from network.training.configuration import Configuration
from network.training.state import EpochDone
from pipeline.datasets.registry import find_dataset
from pipeline.storage.checksummed_json import checksummed_bytes
from tests.support.small_digits import NAME, make_small_digits

FIGURE = "R25: {shown} scores after a run was trained further, {stale} of its earlier weights"
SMALL = Configuration(dataset=NAME, hidden=(3,), epochs=3, batch_size=5, validation=0.4)


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("scores"), 60)


@pytest.fixture
def cache(digits):
    yield digits
    shutil.rmtree(digits.runs(), ignore_errors=True)


@pytest.fixture
def stopped(cache):
    """A run with a film that stands after one of three epochs."""
    training_run = create_training_run(cache, SMALL, "one", film=True)
    with closing(training_run.train()) as events:
        while not isinstance(next(events), EpochDone):
            pass
    return training_run.run


def load(run):
    return LoadedRun(run, *load_run(run))


def evaluate(cache, run):
    dataset = find_dataset(cache, NAME)
    return evaluate_run(load(run), dataset, "test", load_examples(cache, dataset, "test")).result


def scores_in_report(cache):
    return len(list(scores(load_subjects(cache, ["one"], "validation")[0])))


def test_a_run_that_is_trained_further_has_no_score_until_it_is_tested_again(
    cache, stopped, figure, call
):
    before = evaluate(cache, stopped)
    calibrate_run(cache, load(stopped))
    row = summarise_run(stopped)
    assert (row["accuracy"], row["count"], row["outdated"]) == (before.accuracy, 60, False)
    assert scores_in_report(cache) == 2
    list(resume_training_run(cache, stopped)[0].train())
    row = summarise_run(stopped)
    shown = (row["accuracy"], row["count"], scores_in_report(cache) - 1)
    figure(FIGURE, shown=3, stale=sum(it not in (None, 0) for it in shown))
    assert (*shown, row["outdated"]) == (None, None, 0, True)
    assert call("runs", cache=cache).out.endswith("  tested before it was trained further\n")
    assert load_calibration(stopped, load_checkpoint(stopped.checkpoint).meta["sha256"]) is None
    after = evaluate(cache, stopped)
    assert summarise_run(stopped)["accuracy"] == after.accuracy
    assert len(read_evaluations(stopped.result, NAME)) == 2  # evaluations are counted in any case


def test_a_film_says_whether_it_shows_the_run(cache, stopped):
    assert describe_film(cache, load(stopped))["shows_the_run"] is True
    list(resume_training_run(cache, stopped)[0].train())
    assert describe_film(cache, load(stopped))["shows_the_run"] is True
    (stopped.film / "00003.npz").unlink()
    film = describe_film(cache, load(stopped))
    assert (film["shows_the_run"], film["is_whole"]) == (None, False)


def test_a_film_of_other_weights_is_told(cache, stopped):
    path = stopped.film / "00001.npz"
    frame = load_checkpoint(path)
    params = [{name: array + 1 for name, array in layer.items()} for layer in frame.params]
    save_checkpoint(path, Checkpoint(frame.model, params, {}, {**frame.meta}))
    assert describe_film(cache, load(stopped))["shows_the_run"] is False


OLD_LOOK = {"dataset": NAME, "split": "test", "count": 60, "correct": 30, "time": None, "looks": 1}


@pytest.mark.parametrize(
    "old",
    [
        {"format": 2, "looks": [OLD_LOOK, OLD_LOOK]},
        {"count": 60, "correct": 30, "accuracy": 0.5},
    ],
)
def test_a_score_without_a_hash_counts_until_the_run_is_trained_further(cache, stopped, old):
    stopped.result.write_bytes(checksummed_bytes(old))
    looks = len(old.get("looks", [1]))
    row = summarise_run(stopped)
    assert (row["accuracy"], row["outdated"]) == (0.5, False)
    list(resume_training_run(cache, stopped)[0].train())
    row = summarise_run(stopped)
    assert (row["accuracy"], row["outdated"]) == (None, True)
    assert count_evaluations(read_evaluations(stopped.result, NAME), NAME, "test") == looks


def test_a_damaged_test_result_stops_no_training(cache, stopped):
    stopped.result.write_bytes(b"{")
    list(resume_training_run(cache, stopped)[0].train())
    assert load_run(stopped)[0].meta["epoch"] == 3
    assert stopped.result.read_bytes() == b"{"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
def test_evaluations_of_many_processes_are_all_logged(cache, stopped):
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=evaluate, args=(cache, stopped)) for _ in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 8
    assert len(read_evaluations(find_run(cache, "one").result, NAME)) == 8
    assert json.loads(stopped.result.read_bytes())["format"] == 3
    assert np.isfinite(summarise_run(stopped)["accuracy"])
