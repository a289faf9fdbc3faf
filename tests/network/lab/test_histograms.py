"""Histograms count every weight, and compare with what the run really began with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.params import copy_params, map_params, named_arrays
from network.lab.histograms import BINS, CLEAR, ROOM, TINY, Histograms, find_initial_params
from network.runs.checkpoints import load_checkpoint
from network.runs.film import frame_path
from network.runs.names import find_run
from network.runs.training_run import create_training_run, load_training_run
from network.training.build import build_model, init_params
from network.training.configuration import Configuration
from tests.support.small_digits import NAME, make_small_digits

MODELS = {"fully connected": "Flatten, Linear(5), Sigmoid", "convolution": "Conv2D(4, 5), Flatten"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("histograms"))


def make(**choices):
    """Make a model and its first parameters."""
    configuration = Configuration(**choices)
    model = build_model(configuration, 10)
    return model, init_params(model, configuration)


def same(one, other):
    pairs = zip(named_arrays(one), named_arrays(other), strict=True)
    return all(a == b and np.array_equal(x, y) for (a, x), (b, y) in pairs)


@pytest.mark.parametrize("layers", MODELS.values(), ids=MODELS)
def test_every_weight_of_every_layer_is_counted_once(layers):
    model, first = make(layers=layers)
    found = Histograms(model, first).count(first)
    weights = [layer["weight"] for layer in first if layer]
    assert [sum(one.now) for one in found] == [weight.size for weight in weights]
    for one, weight in zip(found, weights, strict=True):
        assert len(one.now) == BINS
        assert one.now == one.start  # nothing has been learnt
        assert one.spread == one.spread_at_start == pytest.approx(weight.std(), rel=1e-5)
        assert one.limit == np.abs(weight).max()


@given(st.lists(st.floats(0, 1e3), min_size=1, max_size=6), st.booleans())
def test_bins_fit_the_weights_and_stay_while_they_do(factors, is_known):
    model, first = make(hidden=(5,))
    histograms = Histograms(model, first if is_known else None)
    before = [None, None]
    for factor in factors:
        now = map_params(lambda array, factor=factor: array * np.float32(factor), first)
        found = histograms.count(now)
        for one, weight, limit in zip(found, (now[1], now[3]), before, strict=True):
            inside = np.quantile(np.abs(weight["weight"]), CLEAR, method="inverted_cdf")
            assert inside <= one.limit  # wide enough, and no wider than need be:
            assert one.limit in {limit, np.abs(weight["weight"]).max()} or (
                one.limit <= ROOM * max(inside, one.spread_at_start or 0, TINY)
            )
            assert sum(one.now) == weight["weight"].size
            assert one.start is None or sum(one.start) == sum(one.now)
        before = [one.limit for one in found]


def test_bins_come_back_with_weights_that_had_run_away():
    model, first = make(hidden=(5,))
    histograms = Histograms(model, first)
    begun = [one.limit for one in histograms.count(first)]
    far = histograms.count(map_params(lambda array: array * 1000, first))
    assert all(one.limit >= 500 * limit for one, limit in zip(far, begun, strict=True))
    back = histograms.count(first)
    assert all(one.limit < ROOM * limit for one, limit in zip(back, begun, strict=True))


def test_the_bins_are_those_that_their_limit_says():
    model, first = make(hidden=(5,))
    now = copy_params(first)
    now[3]["weight"][:] = 0.3
    (_, last) = Histograms(model, first).count(now)
    edges = np.linspace(-last.limit, last.limit, BINS + 1)
    (place,) = np.flatnonzero(last.now)
    assert edges[place] <= 0.3 <= edges[place + 1]
    assert last.spread == pytest.approx(0, abs=1e-6)


def test_weights_that_are_no_numbers_any_more_are_not_counted():
    model, first = make(hidden=(5,))
    now = copy_params(first)
    now[1]["weight"][0, 0] = np.inf
    assert Histograms(model, first).count(now) == []


def begun(cache, name, film=False, **choices):
    """Begin a run of a few digits, and train it to the end; returns its first parameters."""
    configuration = Configuration(dataset=NAME, hidden=(5,), epochs=2, **choices)
    training_run = create_training_run(cache, configuration, name, film=film)
    first = copy_params(training_run.state.params)
    for _ in training_run.train():
        pass
    return first


@pytest.mark.parametrize("film", [False, True])
@pytest.mark.parametrize("choices", [{}, {"seed": 7, "gain": 3.0}, {"average": 0.9}])
def test_what_a_run_began_with_is_found_when_it_is_taken_up_again(cache, film, choices):
    name = f"run-{film}-{len(choices)}-{'average' in choices}"
    first = begun(cache, name, film, **choices)
    run = find_run(cache, name)
    assert same(find_initial_params(run), first)
    assert not same(load_training_run(cache, run)[0].state.params, first)


def test_before_the_first_step_what_it_began_with_is_what_it_is(cache):
    training_run = create_training_run(cache, Configuration(dataset=NAME), "new")
    assert same(find_initial_params(training_run.run), training_run.state.params)


def test_a_run_that_began_with_another_knows_its_start_by_its_film_alone(cache):
    begun(cache, "another")
    first = begun(cache, "from-filmed", film=True, start="another")
    begun(cache, "from-other", start="another")
    assert find_initial_params(find_run(cache, "from-other")) is None
    filmed = find_run(cache, "from-filmed")
    assert same(find_initial_params(filmed), first)
    frame_path(filmed.film, 0).write_bytes(b"damaged")
    assert find_initial_params(filmed) is None
    checkpoint = load_checkpoint(filmed.checkpoint)
    for one in Histograms(checkpoint.model, None).count(checkpoint.params):
        assert one.start is one.spread_at_start is None
        assert sum(one.now) > 0
