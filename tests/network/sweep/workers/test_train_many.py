"""Runs that workers train at once: the same weights, even if one is stopped."""

import itertools
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from itertools import islice

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from network.core.params import named_arrays
from network.errors import DivergedError
from network.runs.folder import load_run, read_history
from network.runs.names import find_run, list_runs
from network.runs.training_run import create_training_run
from network.sweep.workers import train_many
from network.sweep.workers.local import local_workers
from network.sweep.workers.train_many import create_remote_run, resume_remote_run, train_all
from network.training.configuration import Configuration
from pipeline.errors import ProjectError, UsageError
from tests.support.checkout import REPOSITORY
from tests.support.configurations import configurations
from tests.support.pace import PATIENCE
from tests.support.processes import children_of
from tests.support.small_digits import NAME, make_small_digits

SHORT = ("--dataset", NAME, "--epochs", "2", "--batch-size", "20", "--hidden", "3")
numbers = itertools.count()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("together"))


@pytest.fixture(scope="module")
def workers():
    with local_workers(2, timeout=PATIENCE) as started:
        yield started


@pytest.fixture
def network(call, cache):
    return lambda *arguments, **options: call(*arguments, **{"cache": cache, **options})


@pytest.fixture
def network_json(call_json, cache):
    return lambda *arguments, **options: call_json(*arguments, cache=cache, **options)


def begin_all(cache, chosen):
    return [create_remote_run(cache, one, f"run-{next(numbers)}", None) for one in chosen]


def content(run):
    """Return the result of a run: weights, optimizer state and epochs."""
    checkpoint, _ = load_run(run)
    trees = {"params": checkpoint.params, **checkpoint.state}
    arrays = {
        f"{tree}/{name}": array.tobytes()
        for tree, params in trees.items()
        for name, array in named_arrays(params)
    }
    return arrays, [epoch._replace(seconds=0) for epoch in read_history(run)]


@pytest.mark.slow
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    chosen=st.lists(configurations, min_size=1, max_size=3),
    looks=st.integers(0, 12),
    seconds=st.sampled_from([0.0, 0.005, 5.0]),
)
def test_runs_trained_at_once_and_stopped_at_any_moment_are_those_trained_alone(
    chosen, looks, seconds, cache, workers, monkeypatch
):
    monkeypatch.setattr(train_many, "SAVE_EVERY", seconds)
    begun = begin_all(cache, chosen)
    stopped = train_all(workers, begun)
    for _ in islice(stopped, looks):
        pass
    stopped.close()
    while workers.busy:  # their results are discarded
        time.sleep(0.001)
    left = [resume_remote_run(cache, one.run) for one in begun if not one.has_ended]
    assert all(
        remote_run is None or remote_run.epochs > 0 for remote_run in train_all(workers, left)
    )
    for remote_run, configuration in zip(begun, chosen, strict=True):
        alone = create_training_run(cache, configuration, f"alone-{next(numbers)}")
        list(alone.train())
        assert content(remote_run.run) == content(alone.run)


@pytest.mark.slow
def test_workers_that_are_killed_cost_parts_of_trainings_and_no_more(cache, monkeypatch):
    monkeypatch.setattr(train_many, "SAVE_EVERY", 0)  # a checkpoint after every epoch
    chosen = Configuration(dataset=NAME, hidden=(200,), epochs=30)
    begun = begin_all(cache, [chosen, chosen])
    rng, known, killed = random.Random(0), children_of(os.getpid()), 0
    with local_workers(2, timeout=PATIENCE) as workers:
        for further in train_all(workers, begun):  # the first is killed as soon as it exists
            own = children_of(os.getpid()) - known
            if killed < 4 and own and (killed == 0 or (further and rng.random() < 0.3)):
                os.kill(max(own), signal.SIGKILL)
                killed += 1
    assert killed == 4
    first, second = (content(one.run) for one in begun)
    assert first == second
    assert len(first[1]) == 30


@pytest.mark.slow
def test_a_training_that_no_worker_survives_is_told(cache):
    chosen = Configuration(dataset=NAME, epochs=9)
    with local_workers(1, timeout=0) as workers:
        (remote_run,) = begin_all(cache, [chosen])
        with pytest.raises(
            ProjectError,
            match=rf"run {remote_run.run.name}: the worker took longer than .* 5 times",
        ):
            list(train_all(workers, [remote_run]))
    assert resume_remote_run(cache, remote_run.run).epochs_left == 9


def test_a_run_that_diverges_is_named(cache, workers):
    wild = Configuration(
        dataset=NAME, epochs=9, activation="relu", loss="cross-entropy", learning_rate=1e6
    )
    (remote_run,) = begin_all(cache, [wild])
    with pytest.raises(DivergedError, match=rf"run {remote_run.run.name}: .* at step"):
        list(train_all(workers, [remote_run]))


def test_seeds_at_once_are_seeds_one_after_the_other(network_json, cache):
    for name, options in (("at-once", ("--workers", "2")), ("in-turn", ())):
        result = network_json("train", *SHORT, "--seeds", "3", "--name", name, *options)
        assert [run["run"] for run in result["runs"]] == [f"{name}-{seed}" for seed in range(3)]
    for seed in range(3):
        pair = (content(find_run(cache, f"{name}-{seed}")) for name in ("at-once", "in-turn"))
        assert next(pair) == next(pair)


def test_workers_go_on_from_the_weights_of_another_run(network, network_json, cache):
    network("train", *SHORT, "--name", "taught")
    for name, options in (("theirs-0", ("--workers", "1")), ("ours", ())):
        wanted = name.removesuffix("-0")
        network_json("train", *SHORT[:6], "--from", "taught", "--name", wanted, *options)
    assert content(find_run(cache, "theirs-0")) == content(find_run(cache, "ours"))


def test_recipes_are_trained_for_an_ensemble_each_time_with_the_next_seed(network_json, cache):
    options = ("--dataset", NAME, "--seed", "5")
    first = network_json("ensemble", "--presets", "fast-97,fast-98,fast-97", *options)
    assert first["members"] == ["fast-97-1", "fast-98-1", "fast-97-2"]
    assert [result["run"] for result in first["trained"]] == first["members"]
    loaded = [load_run(find_run(cache, name)) for name in (*first["members"], first["run"])]
    assert [configuration.seed for _, configuration in loaded[:3]] == [5, 5, 6]
    images = np.random.default_rng(0).random((5, 28, 28), np.float32)
    *each, mean = (run.model.forward(run.params, images)[0] for run, _ in loaded)
    assert mean == pytest.approx(np.mean(each, axis=0), rel=1e-5)
    more = ("ensemble", first["run"], "--presets", "fast-97", *options, "--workers", "1")
    second = network_json(*more)
    assert second["members"] == [first["run"], "fast-97-3"]
    assert content(find_run(cache, "fast-97-3")) == content(find_run(cache, "fast-97-1"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ensemble",), "an ensemble needs two runs or more; found 0. Name runs, or presets"),
        (("ensemble", "--presets", "seed"), "an ensemble needs two runs or more; found 1"),
        (("ensemble", "--presets", "seed,sed"), '--presets is "sed"; expected'),
        (
            ("ensemble", "known", "--presets", "seed"),
            f"run known uses {NAME} and a preset uses mnist",
        ),
        (("ensemble", "--presets", "seed,seed", "--name", "known"), 'run "known" already exists'),
        (
            ("ensemble", "known", "known", "--workers", "1"),
            "--workers applies only to new members",
        ),
        (
            ("ensemble", "known", "known", "--seed", "1"),
            "--seed applies only to new members",
        ),
        (("train", "--resume", "filmed", "--workers", "1"), "run filmed has a film, which"),
        (("train", "--resume", "known", "known"), "run known is named twice"),
        (("train", "--resume", "begun", "known"), "run known has ended"),
        (("train", "--resume", "begun", "known", "--workers", "1"), "run known has ended"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_trained(
    arguments, message, network, tmp_path
):
    cache = make_small_digits(tmp_path)
    network("init", *SHORT[:2], "--hidden", "3", "--name", "known", cache=cache)
    create_remote_run(cache, Configuration(dataset=NAME), "begun", None)
    create_training_run(cache, Configuration(dataset=NAME), "filmed", film=True)
    done = network(*arguments, code=2, cache=cache)
    assert message in done.err
    assert done.err.count("\n") == 1
    assert {run.name for run in list_runs(cache)} == {"known", "begun", "filmed"}
    with pytest.raises(UsageError, match="has ended after 0 epochs"):
        resume_remote_run(cache, find_run(cache, "known"))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="a signal to one process of a terminal's group")
@pytest.mark.parametrize(
    ("options", "number"), [(("--workers", "2"), signal.SIGINT), ((), signal.SIGTERM)]
)
def test_what_was_stopped_says_what_remains_and_that_is_enough(
    options, number, tmp_path, run_command
):
    cache = make_small_digits(tmp_path)
    arguments = ("--presets", "lenet,small", "--dataset", NAME, "--name", "all")
    process = subprocess.Popen(
        [sys.executable, "-m", "network", "ensemble", *arguments, *options],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(cache.root)},
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not any(run.history.exists() and read_history(run) for run in list_runs(cache)):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.01)
    process.send_signal(number)
    _, printed = process.communicate(timeout=PATIENCE)
    assert process.returncode == 128 + number, printed
    assert "Traceback" not in printed
    rest = re.findall(r"^(?:Next|Then): (?:\S+ -m )?(.+)$", printed, re.MULTILINE)
    assert rest == [
        shlex.join(("network", "train", "--resume", "lenet-1", "small-1", *options)),
        "network ensemble lenet-1 small-1 --name all",
    ]
    for line in rest:
        run_command(*shlex.split(line), cache=cache)
    assert load_run(find_run(cache, "all"))[0].meta["members"] == ["lenet-1", "small-1"]
    for name in ("lenet-1", "small-1"):
        trained, configuration = load_run(find_run(cache, name))
        assert trained.meta["epoch"] == configuration.epochs
