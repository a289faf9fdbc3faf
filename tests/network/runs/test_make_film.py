"""A film that is made afterwards equals, frame by frame, the film of the training itself."""

import itertools
from contextlib import closing

import pytest

from network.commands.ensemble import ensemble
from network.commands.init import init
from network.runs.checkpoints import load_checkpoint, save_checkpoint
from network.runs.film import frame_path, list_epochs
from network.runs.live_changes import change_training
from network.runs.make_film import is_film_complete, make_film
from network.runs.names import find_run, list_runs
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.errors import MissingError, UsageError
from tests.support.small_digits import NAME, make_small_digits

numbers = itertools.count()
NETS = {
    "sigmoids": {"hidden": (4,)},
    "normalised": {"layers": "Conv2D(2, 5), BatchNorm, ReLU, Flatten, Dropout(0.5)"},
    "averaged": {"hidden": (4,), "average": 0.9, "augment": {"shift": 1.0}},
    "patient": {"hidden": (4,), "patience": 2},
}
STEPS = 5  # an epoch


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("filming"))


def train(cache, changes=(), film=False, until=(99, 0), **choices):
    """Train a run of four epochs that is changed on the way."""
    configuration = Configuration(dataset=NAME, epochs=4, batch_size=10, **choices)
    training_run = create_training_run(cache, configuration, f"run-{next(numbers)}", film=film)
    for place, values in changes:
        for _ in training_run.train_until(place):
            pass
        training_run = change_training(training_run, values)
    for _ in training_run.train_until(until):
        pass
    return training_run.run


def frames(run):
    return [frame_path(run.film, epoch).read_bytes() for epoch in list_epochs(run)]


@pytest.mark.parametrize("net", NETS)
def test_a_film_made_afterwards_is_the_one_that_would_have_been_kept(net, cache):
    changes = [((0, 0), {"weight_decay": 0.0}), ((2, 2 * STEPS + 2), {"learning_rate": 0.1})]
    kept = train(cache, changes, film=True, **NETS[net])
    without = train(cache, changes, **NETS[net])
    assert list_epochs(without) == []
    for _ in make_film(cache, without):
        pass
    assert frames(without) == frames(kept)
    assert is_film_complete(without, load_checkpoint(without.checkpoint)) is True


def test_a_film_that_is_given_up_leaves_nothing(cache):
    run = train(cache, hidden=(4,))
    with closing(make_film(cache, run)) as events:
        for _ in range(STEPS + 3):
            next(events)
        assert len([*cache.runs().glob(".new.*")]) == 1
    assert not run.film.exists()
    assert [*cache.runs().glob(".*")] == []
    assert run.name in [one.name for one in list_runs(cache)]


def test_a_film_with_a_gap_is_made_anew(cache):
    run = train(cache, film=True, hidden=(4,))
    before = frames(run)
    frame_path(run.film, 2).unlink()
    assert is_film_complete(run, load_checkpoint(run.checkpoint)) is None
    for _ in make_film(cache, run):
        pass
    assert frames(run) == before


def test_a_run_that_was_stopped_within_an_epoch_is_filmed_as_far_as_its_epochs_go(cache):
    run = train(cache, hidden=(4,), until=(2, 2 * STEPS + 3))
    for _ in make_film(cache, run):
        pass
    assert list_epochs(run) == [0, 1, 2]
    assert is_film_complete(run, load_checkpoint(run.checkpoint)) is None


def test_a_film_of_other_weights_is_told_from_the_runs_own(cache):
    run, other = (train(cache, film=True, hidden=(4,), seed=seed) for seed in (1, 2))
    frame_path(run.film, 4).write_bytes(frame_path(other.film, 4).read_bytes())
    assert is_film_complete(run, load_checkpoint(run.checkpoint)) is False


def test_what_was_not_trained_here_cannot_be_filmed(cache):
    init(dataset=NAME, hidden="3", name="one", cache_dir=cache.root, quiet=True)
    members = [train(cache, hidden=(4,), seed=seed).name for seed in (1, 2)]
    ensemble(runs=members, name="both", cache_dir=cache.root, quiet=True)
    for name, words in (("one", "nothing to film"), ("both", "is an ensemble")):
        with pytest.raises(UsageError, match=words):
            next(make_film(cache, find_run(cache, name)))


def test_what_cannot_be_trained_again_says_why(cache):
    run = train(cache, hidden=(4,))
    checkpoint = load_checkpoint(run.checkpoint)
    checkpoint.meta["configuration"]["start"] = "gone"
    save_checkpoint(run.checkpoint, checkpoint)
    with pytest.raises(MissingError, match="gone"):
        next(make_film(cache, run))
    assert [*cache.runs().glob(".*")] == []
