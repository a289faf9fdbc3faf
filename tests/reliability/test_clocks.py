"""R26: clocks that jump, and files from the future, stop nothing and hide nothing."""

import os
import time

import pytest

from network.lab.films import describe_film
from network.lab.run_cache import RunCache
from network.lab.training_runs import Trainings
from network.lab.watched_run import WatchedRun
from network.runs.folder import LoadedRun, load_run
from network.runs.names import find_run
from network.runs.training_run import create_training_run, resume_training_run
from network.sweep.find_study import create_study, find_study_folder
from network.sweep.plan import build_plan
from network.training.configuration import Configuration
from pipeline.storage.locks import own_folder
from tests.support.small_digits import NAME, make_small_digits

FIGURE = "R26: {ages} runs with files from other times, {hidden} that hid the latest or were kept"
DAY = 86_400
AGES = [-400 * DAY, -3 * DAY, -2 * 3600, 0, 2 * 3600, 3 * DAY, 400 * DAY]  # seconds before now
PLAN = {"fixed": {"dataset": NAME}, "space": {"learning_rate": {"low": 0.1, "high": 1.0}}}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("clocks"))


@pytest.fixture
def stopped(digits, request):
    """A run that stands after one of three epochs."""
    configuration = Configuration(dataset=NAME, hidden=(3,), epochs=3, batch_size=10)
    name = f"aged-{abs(hash(request.node.name))}"
    training_run = create_training_run(digits, configuration, name, film=True)
    list(training_run.train_until((1, 0)))
    return training_run.run


def make_aged(folder, age):
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (time.time() - age,) * 2)


@pytest.mark.parametrize("age", AGES)
def test_a_run_with_files_of_another_time_is_found_watched_and_continued(
    digits, stopped, age, figure
):
    make_aged(stopped.folder, age)
    assert not WatchedRun(stopped).is_in_training
    assert WatchedRun(stopped).events()[1] == {"type": "state", "state": "stopped"}
    with own_folder(stopped.folder, "it"):
        assert WatchedRun(stopped).is_in_training
    row = RunCache(digits).summary(stopped.name)
    assert row["changed"] <= time.time()
    assert describe_film(digits, LoadedRun(stopped, *load_run(stopped)))["epochs"] == [0, 1]
    configuration = Configuration(dataset=NAME, hidden=(3,), epochs=3)
    training_run = create_training_run(digits, configuration, None)
    list(training_run.train_until((1, 0)))
    latest = training_run.run
    is_hidden = find_run(digits, None).name != latest.name
    assert RunCache(digits).names()[0] == latest.name
    figure(FIGURE, ages=1, hidden=int(is_hidden))
    assert not is_hidden
    list(resume_training_run(digits, stopped)[0].train())
    assert load_run(stopped)[0].meta["epoch"] == 3


@pytest.mark.slow
def test_the_lab_goes_on_with_a_run_whose_files_are_three_days_ahead(digits, stopped):
    make_aged(stopped.folder, -3 * DAY)
    trainings = Trainings(digits)
    training = trainings.resume(stopped, "resume")
    training.process.join()
    training.listener.join()
    assert (training.state, training.problem) == ("ended", "")


@pytest.mark.slow
def test_a_sweep_of_the_future_does_not_hide_the_latest(digits):
    for name in ("b", "a"):
        create_study(digits, name, build_plan(PLAN))
    assert find_study_folder(digits, None).name == "a"
    make_aged(digits.sweeps() / "b", -3 * DAY)
    assert find_study_folder(digits, None).name == "a"
    make_aged(digits.sweeps() / "a", 3600)
    assert find_study_folder(digits, None).name == "a"


@pytest.mark.parametrize("age", AGES)
def test_a_run_without_a_lock_is_watched_only_while_it_has_changed_of_late(digits, stopped, age):
    (stopped.folder / "owner.lock").unlink()
    make_aged(stopped.folder, age)
    assert WatchedRun(stopped).is_in_training == (age == 0)
