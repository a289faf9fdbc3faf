"""R15: workers and parents of a sweep are killed at random moments, and no trial is lost."""

import os
import random
import signal
import sys
import time

import pytest

from network.runs.training_run import create_training_run
from network.sweep.find_study import load_study
from tests.reliability.warm_process import WarmProcess
from tests.support.pace import PATIENCE
from tests.support.processes import children_of, command_line
from tests.support.small_digits import NAME, make_small_digits

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
R15 = (
    "R15: {workers} workers and {parents} parents of sweeps killed, "
    "{lost} finished trials lost, {twice} counted twice, {failed} failed"
)
TRIALS = 40
PLAN = f"""
[sweep]
trials = {TRIALS}
first_rung = 40
factor = 2
[fixed]
dataset = "{NAME}"
hidden = [3]
batch_size = 5
epochs = 240
validation = 0.3
[space.learning_rate]
low = 0.1
high = 10
log = true
"""
FINISHED = {"COMPLETE", "PRUNED", "FAIL"}


@pytest.fixture
def cache(tmp_path):
    return make_small_digits(tmp_path)


@pytest.fixture
def start(warm_commands, cache):
    """Start a sweep; its workers are processes that begin with nothing."""

    def start(*arguments):
        words = ["network", "sweep", *arguments, "--workers", "2", "--quiet"]
        return WarmProcess(warm_commands, words, cache)

    return start


def finished_trials(cache):
    """What has ended, by its number: its state and its result."""
    trials = load_study(cache, "killed").optuna.trials
    ended = [trial for trial in trials if trial.state.name in FINISHED]
    return {trial.number: (trial.state.name, trial.values) for trial in ended}


def wait_for_children(process):
    while process.poll() is None and not children_of(process.pid):
        time.sleep(0.01)
    return children_of(process.pid)


def kill_some_workers(process, rng, count):
    """Kill so many workers while the sweep runs; return how many could be."""
    killed = 0
    while killed < count and process.poll() is None:
        time.sleep(rng.uniform(0.05, 0.6))
        if children := wait_for_children(process):
            os.kill(rng.choice(sorted(children)), signal.SIGKILL)
            killed += 1
    return killed


def wait_for_the_end_of(children):
    """A killed parent leaves nobody behind."""
    until = time.monotonic() + PATIENCE
    while any(b"spawn_main" in command_line(child) for child in children):
        assert time.monotonic() < until, "workers outlive their parent"
        time.sleep(0.05)


@pytest.mark.timeout(7200)
def test_no_trial_is_lost_whoever_is_killed(start, cache, tmp_path, amount, figure):
    plan = tmp_path / "killed.toml"
    plan.write_text(PLAN)
    rng, wanted = random.Random(15), amount(10, 200)
    workers = parents = lost = 0
    known = {}
    while workers < wanted or parents < wanted:
        is_begun = (cache.sweeps() / "killed" / "plan.json").exists()
        what = ("--resume", "--name", "killed") if is_begun else (str(plan),)
        process = start(*what, "--trials", str(len(known) + TRIALS))
        wait_for_children(process)
        workers += kill_some_workers(process, rng, 1)
        time.sleep(rng.uniform(0, 0.5))
        children = children_of(process.pid)
        parents += process.poll() is None
        process.kill()
        _, printed = process.communicate()
        assert process.returncode in {0, -signal.SIGKILL}, printed  # nothing else ends a parent
        wait_for_the_end_of(children)
        if not (cache.sweeps() / "killed" / "plan.json").exists():
            continue
        now = finished_trials(cache)
        lost += sum(now.get(number) != ended for number, ended in known.items())
        known = now
    total = len(known) + 4
    last = start("--resume", "--name", "killed", "--trials", str(total))
    _, printed = last.communicate(timeout=PATIENCE)
    assert last.returncode == 0, printed
    study, ended = load_study(cache, "killed"), finished_trials(cache)
    lost += sum(ended.get(number) != was for number, was in known.items())
    failed, twice = study.counts().failed, len(study.optuna.trials) - total
    figure(R15, workers=workers, parents=parents, lost=lost, twice=twice, failed=failed)
    assert (lost, twice, failed) == (0, 0, 0)
    assert sorted(ended) == list(range(total))
    for found in study.ranking()[:2]:  # as if nobody had been killed
        run = create_training_run(cache, study.configuration(found.values), None)
        list(run.train())
        assert run.state.history[-1].validation_accuracy == found.objectives[0]
