"""A run is evaluated on examples that it was not trained on, whatever it started from."""

from dataclasses import replace

import numpy as np
import pytest

from network.core.data import load_examples, split_validation
from network.core.losses import CrossEntropy
from network.runs.folder import load_run, save_run
from network.runs.held_out import split_examples
from network.runs.make_ensemble import make_ensemble
from network.runs.names import create_run, find_run
from network.runs.training_run import create_training_run, resume_training_run
from network.training.build import fully_connected
from network.training.configuration import Configuration
from pipeline.datasets.registry import find_dataset
from pipeline.errors import CorruptError, UsageError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from tests.support.small_digits import NAME, make_small_digits

CHOICES = Configuration(dataset=NAME, hidden=(), epochs=1, validation=0.4, loss="cross-entropy")


@pytest.fixture
def cache(tmp_path):
    return make_small_digits(tmp_path)


def train(cache, name, **changes):
    training_run = create_training_run(cache, replace(CHOICES, **changes), name)
    for _ in training_run.train():
        pass
    return name


def division_of(cache, name):
    run = find_run(cache, name)
    return split_examples(cache, run, *load_run(run))


def held_out_of(cache, name):
    return set(division_of(cache, name).held_out.tolist())


def test_a_run_is_measured_by_what_validation_held_out(cache):
    train(cache, "one", seed=3)
    division = division_of(cache, "one")
    examples = load_examples(cache, find_dataset(cache, NAME), "train")
    training, validation = split_validation(examples, 0.4, 3)
    assert np.array_equal(division.examples.images, validation.images)
    assert np.array_equal(division.examples.labels, validation.labels)
    assert np.array_equal(division.labels[division.trained], training.labels)


def test_what_lies_beyond_the_limit_is_neither(cache):
    train(cache, "one", limit=20)
    division = division_of(cache, "one")
    assert sorted([*division.trained, *division.held_out]) == list(range(20))
    assert len(division.held_out) == 8


def test_what_a_run_began_with_has_seen_counts_and_after_a_resume_too(cache):
    train(cache, "first", seed=1)
    train(cache, "second", seed=2, start="first", epochs=2)
    train(cache, "third", seed=1, start="second")
    (one, other) = (train(cache, name, seed=seed) for name, seed in (("1", 1), ("2", 2)))
    both = held_out_of(cache, one) & held_out_of(cache, other)
    assert 0 < len(both) < len(held_out_of(cache, one))
    assert held_out_of(cache, "second") == both == held_out_of(cache, "third")
    stopped = create_training_run(
        cache, replace(CHOICES, seed=2, start="first", epochs=2), "stopped"
    )
    events = stopped.train()
    next(events)
    events.close()
    for _ in resume_training_run(cache, find_run(cache, "stopped"))[0].train():
        pass
    assert held_out_of(cache, "stopped") == both


def test_an_ensemble_is_measured_by_what_no_member_has_seen(cache):
    one, same, other = (
        train(cache, name, seed=seed) for name, seed in (("1", 1), ("1-too", 1), ("2", 2))
    )
    make_ensemble(cache, [one, same], "alike")
    assert held_out_of(cache, "alike") == held_out_of(cache, one)
    make_ensemble(cache, ["alike", other], "mixed")
    assert held_out_of(cache, "mixed") == held_out_of(cache, one) & held_out_of(cache, other)
    train(cache, "greedy", validation=0.0)
    make_ensemble(cache, [one, "greedy"], "nothing-left")
    assert held_out_of(cache, "nothing-left") == set()


def rewrite(cache, name, **changes):
    """Write a run's checkpoint again, its meta changed."""
    run = find_run(cache, name)
    training_run = create_training_run(cache, CHOICES, None)
    training_run.state.step = changes.pop("step", 1)
    training_run.state.origin |= changes
    save_run(run, training_run.recipe.model, training_run.state, CHOICES)


def save_untrained(cache, name, seen):
    model = fully_connected((), 10, "sigmoid", "uniform", CrossEntropy)
    params = model.init(np.random.default_rng(0), (28, 28))
    create_run(cache, name, model, params, CHOICES, origin={"seen": seen})


def test_of_what_was_not_trained_here_nobody_knows(cache):
    save_untrained(cache, "foreign", None)
    train(cache, "from-foreign", start="foreign")
    make_ensemble(cache, ["foreign", train(cache, "own")], "with-foreign")
    for name in ("foreign", "from-foreign", "with-foreign"):
        with pytest.raises(UsageError, match=f"training examples of run {name} are not known"):
            division_of(cache, name)


def test_an_untrained_network_has_seen_nothing(cache):
    save_untrained(cache, "new", [])
    assert len(division_of(cache, "new").trained) == 0
    train(cache, "from-new", start="new")
    assert len(held_out_of(cache, "from-new")) == 19


def test_of_runs_of_earlier_versions_only_those_that_began_anew_are_known(cache):
    train(cache, "old")
    rewrite(cache, "old", data=None)  # none was written down
    assert len(held_out_of(cache, "old")) == 19
    rewrite(cache, "old", members=["a", "b"])
    with pytest.raises(UsageError, match="not known"):
        division_of(cache, "old")


def test_other_data_under_the_same_name_are_refused(cache, tmp_path):
    train(cache, "one")
    rewrite(cache, "one", data="0" * 64)
    with pytest.raises(
        UsageError, match=r"was trained on data with sha256 0000.*; small-digits now has"
    ):
        division_of(cache, "one")
    train(cache, "two")
    import_dataset(cache, tmp_path / "source.npz", "small-digits-2", ImportOptions())
    assert len(held_out_of(cache, "two")) == 19


@pytest.mark.parametrize(
    "seen",
    [7, "text", [7], [{}], [{"data": None, "seed": "x"}], [{"data": None, "validation": 7}]],
)
def test_what_makes_no_sense_is_refused(seen, cache):
    train(cache, "one")
    rewrite(cache, "one", seen=seen)
    with pytest.raises(CorruptError, match=r"is damaged|seen is .*; expected a list"):
        division_of(cache, "one")
