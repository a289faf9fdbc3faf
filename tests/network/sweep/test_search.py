"""Sweeps find the best values, lose no trials, and resume after any stop."""

import os
import shutil
import signal
import tomllib
from itertools import islice

import pytest

from network.runs.training_run import create_training_run
from network.sweep.find_study import create_study, load_study
from network.sweep.objectives import OBJECTIVES
from network.sweep.plan import build_plan
from network.sweep.pruners import PRUNERS
from network.sweep.samplers import SAMPLERS
from network.sweep.search import Sweep, TrialDone
from network.sweep.workers.local import local_workers
from network.training.initial_state import find_training_data
from pipeline.errors import CorruptError, MissingError, StorageError, UsageError
from tests.support.pace import PATIENCE
from tests.support.processes import children_of
from tests.support.small_digits import NAME, make_small_digits

FIXED = f'[fixed]\ndataset = "{NAME}"\nhidden = [3]\nepochs = 4\nvalidation = 0.3\n'
RATES = "[space.learning_rate]\nlow = 0.1\nhigh = 10\nlog = true\nsteps = 3\n"
SIZES = "[space.batch_size]\nchoices = [5, 20]\n"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("sweeps"))


@pytest.fixture(scope="module")
def workers():
    with local_workers(2, timeout=PATIENCE) as started:
        yield started


def make_study(cache, name, space=RATES + SIZES, fixed=FIXED, **options):
    """Create the study of a plan, from the text of its tables."""
    plan = tomllib.loads(fixed + space)
    return create_study(cache, name, build_plan({**plan, "sweep": options}))


def search(cache, study, workers, trials):
    """Search to the end; return every trial that ended."""
    sweep = Sweep(study, workers, find_training_data(cache, NAME))
    return [ended for ended in sweep.run(trials) if isinstance(ended, TrialDone)]


def states(study):
    return {trial.number: (trial.state.name, trial.values) for trial in study.optuna.trials}


def test_a_sweep_in_which_every_trial_fails_is_no_success(cache, tmp_path, run_command):
    space = "[space.optimizer]\nchoices = ['sgd', 'momentum']\n"  # the first of a grid is sgd
    plan = tmp_path / "hopeless.toml"
    plan.write_text(f"[sweep]\nsampler = 'grid'\ntrials = 1\n{FIXED}momentum = 0.5\n{space}")
    done = run_command("network", "sweep", str(plan), "--workers", "1", cache=cache, code=2)
    assert "0 trials complete, 0 pruned, 1 failed" in done.stdout
    assert "Every trial failed; change the plan" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("pruner", PRUNERS)
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_trial_ends_once(cache, workers, sampler, pruner):
    study = make_study(cache, f"{sampler}-{pruner}", sampler=sampler, pruner=pruner)
    ended = search(cache, study, workers, 6)
    assert sorted(trial.number for trial in ended) == list(range(6))
    assert study.counts().finished == 6
    assert study.counts().failed == 0
    assert not list(study.folder.glob("trials/*.npz"))


def test_a_grid_tries_every_combination_once(cache, workers):
    study = make_study(cache, "grid", sampler="grid", trials=100)
    ended = search(cache, study, workers, study.wanted)
    found = {(trial.values["learning_rate"], trial.values["batch_size"]) for trial in ended}
    assert found == {(rate, size) for rate in (0.1, 1.0, 10) for size in (5, 20)}
    assert len(ended) == 6


def test_the_first_trial_is_the_defaults(cache, workers):
    study = make_study(cache, "defaults-first")
    first = search(cache, study, workers, 1)[0]
    assert first.values["learning_rate"] == 7.0  # a batch size of 32 is not in the space
    first = search(cache, make_study(cache, "in-space", space=RATES), workers, 1)[0]
    assert first.values == {"learning_rate": 7.0}


@pytest.mark.slow
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_what_is_found_best_is_what_such_a_run_comes_to(cache, workers, objective):
    study = make_study(cache, f"best-{objective}", objective=objective, target=0.05)
    ended = search(cache, study, workers, 5)
    best = study.best()[0]
    complete = [trial.objectives[0] for trial in ended if trial.state == "complete"]
    choose = max if OBJECTIVES[objective].direction == "maximize" else min
    assert best.objectives[0] == choose(complete) == study.ranking()[0].objectives[0]
    if objective != "time":
        run = create_training_run(cache, study.configuration(best.values), None)
        list(run.train())
        assert OBJECTIVES[objective].measure(run.state.history, 0) == best.objectives[0]


def test_several_objectives_have_a_front_that_nothing_beats(cache, workers):
    study = make_study(cache, "front", objective=["accuracy", "loss"])
    ended = search(cache, study, workers, 6)
    front = {found.number: found.objectives for found in study.best()}
    for accuracy, loss in front.values():
        for trial in ended:
            better = trial.objectives[0] >= accuracy and trial.objectives[1] <= loss
            assert not better or trial.objectives == (accuracy, loss)


def test_to_diverge_is_a_result_and_to_be_impossible_a_failure(cache, workers):
    space = (
        '[space.layers]\nchoices = ["Flatten, Linear(5), ReLU", "Conv2D(2, 30), Flatten"]\n'
        "[space.learning_rate]\nchoices = [0.1, 1e6]\n"
    )
    fixed = FIXED.replace("hidden = [3]\n", "loss = 'cross-entropy'\n")
    study = make_study(cache, "odd", space=space, fixed=fixed, sampler="grid", pruner="none")
    ended = {tuple(trial.values.values()): trial for trial in search(cache, study, workers, 4)}
    fits, too_large = "Flatten, Linear(5), ReLU", "Conv2D(2, 30), Flatten"
    assert ended[fits, 0.1].state == "complete"
    assert (ended[fits, 1e6].state, ended[fits, 1e6].objectives) == ("complete", (0.0,))
    assert "at step" in ended[fits, 1e6].problem
    for rate in (0.1, 1e6):
        assert ended[too_large, rate].state == "failed"
        assert "cannot take inputs" in ended[too_large, rate].problem
    assert study.best()[0].values["learning_rate"] == 0.1


@pytest.mark.slow
@pytest.mark.parametrize("looks", [1, 3, 8, 20])
def test_a_sweep_that_was_left_goes_on_where_it_was(cache, workers, looks):
    study = make_study(cache, f"left-{looks}", first_rung=1, factor=2)
    sweep = Sweep(study, workers, find_training_data(cache, NAME))
    list(islice(sweep.run(8), looks))
    before = {n: state for n, state in states(study).items() if state[0] != "RUNNING"}
    again = load_study(cache, study.name)
    ended = search(cache, again, workers, 8)
    after = states(again)
    assert sorted(after) == list(range(8))
    assert {state for state, _ in after.values()} <= {"COMPLETE", "PRUNED"}
    finished = {n: state for n, state in before.items() if state[0] in {"COMPLETE", "PRUNED"}}
    assert finished == {n: after[n] for n in finished}
    assert {trial.number for trial in ended} == set(range(8)) - set(finished)


def test_a_damaged_checkpoint_costs_time_alone(cache, workers):
    study = make_study(cache, "damaged", first_rung=1, factor=2)
    sweep = Sweep(study, workers, find_training_data(cache, NAME))
    for _ in sweep.run(6):
        if kept := list(study.folder.glob("trials/*.npz")):
            break
    for path in kept:
        path.write_bytes(path.read_bytes()[:-9])
    again = load_study(cache, study.name)
    search(cache, again, workers, 6)
    assert again.counts().finished == 6
    assert again.counts().failed == 0


@pytest.mark.slow
def test_a_worker_that_hangs_is_timed_out(cache):
    study = make_study(cache, "hanging", pruner="none")
    known = children_of(os.getpid())
    with local_workers(1, timeout=5) as workers:
        events = Sweep(study, workers, find_training_data(cache, NAME)).run(3)
        while not (own := children_of(os.getpid()) - known):
            next(events)
        os.kill(max(own), signal.SIGSTOP)
        ended = [event for event in events if event is not None]
    assert len(ended) == 3
    assert study.counts().complete == 3


def test_what_is_no_sweep_is_told(cache, tmp_path):
    study = make_study(cache, "taken")
    with pytest.raises(UsageError, match='a sweep named "taken" already exists'):
        make_study(cache, "taken")
    with pytest.raises(UsageError, match=r'--name is "takn"; expected .*Did you mean taken'):
        load_study(cache, "takn")
    with pytest.raises(UsageError, match="is not a valid run name"):
        make_study(cache, "../taken")
    (study.folder / "study.db").write_bytes(b"no database" * 100)
    with pytest.raises(CorruptError, match=r"study\.db is damaged"):
        load_study(cache, "taken")
    (study.folder / "study.db").unlink()
    with pytest.raises((MissingError, UsageError)):
        load_study(cache, "taken")


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_sweep_that_is_removed_while_it_is_at_work_says_so_and_does_not_come_back(cache, is_kept):
    study = make_study(cache, f"removed-{is_kept}")

    def remove_and_go_on():
        with study.being_written():
            shutil.rmtree(study.folder)
            if is_kept:
                study.keep(0, b"where it stands")
            else:
                study.ask()

    with pytest.raises(StorageError, match="not found: sweep removed-"):
        remove_and_go_on()
    assert not study.folder.exists()
