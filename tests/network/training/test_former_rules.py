"""Runs that began by former rules are trained by them; new runs by the new ones."""

import numpy as np
import pytest

from network.core.data import Examples
from network.core.params import named_arrays
from network.training.build import build_recipe, find_schedule
from network.training.configuration import Configuration, configuration_from_dict
from network.training.former_rules import WeightAveragingByFours, warm_cosine_from_zero
from network.training.initial_state import TrainingData, initial_state
from network.training.loop import train
from network.training.schedules import SCHEDULES, warm_cosine
from network.training.weight_averaging import WeightAveraging

NOWHERE = TrainingData("", "", 10)


def some_digits(count):
    rng = np.random.default_rng(0)
    return Examples(rng.random((count, 28, 28), np.float32), rng.integers(0, 10, count))


def weights_after(digits, **choices):
    recipe, state = initial_state(Configuration(hidden=(5,), **choices), NOWHERE)
    for _ in train(recipe, state, digits, digits.take(slice(0))):
        pass
    return np.concatenate([array.ravel() for _, array in named_arrays(state.answering)])


def test_a_configuration_without_rules_is_one_of_the_first():
    old = configuration_from_dict({"average": 0.9, "schedule": "warm-cosine"}, "config.json")
    recipe = build_recipe(old, initial_state(old, NOWHERE)[0].model)
    assert type(recipe.optimizer) is WeightAveragingByFours
    assert recipe.schedule is warm_cosine_from_zero
    new = Configuration(average=0.9, schedule="warm-cosine")
    recipe = build_recipe(new, recipe.model)
    assert type(recipe.optimizer) is WeightAveraging
    assert recipe.schedule is warm_cosine


def test_a_former_warm_up_begins_at_0():
    assert warm_cosine_from_zero(0) == 0
    assert warm_cosine_from_zero(0.025) == 0.5
    for progress in (0.05, 0.3, 1):
        assert warm_cosine_from_zero(progress) == warm_cosine(progress)


@pytest.mark.parametrize("name", sorted(SCHEDULES.keys() - {"warm-cosine"}))
def test_the_other_schedules_are_those_that_they_were(name):
    assert find_schedule(Configuration(schedule=name, rules=1)) is SCHEDULES[name]


@pytest.mark.parametrize("choices", [{"average": 0.99}, {"schedule": "warm-cosine"}])
def test_a_short_run_learns_by_the_new_rules_and_did_not_by_the_former(choices):
    digits = some_digits(20)
    begun = weights_after(digits, epochs=0)
    one_step = {"epochs": 1, "batch_size": 20, **choices}
    assert np.array_equal(weights_after(digits, **one_step, rules=1), begun)
    assert not np.array_equal(weights_after(digits, **one_step), begun)


@pytest.mark.parametrize("choices", [{}, {"optimizer": "adam", "schedule": "one-cycle"}])
def test_what_no_rule_touches_keeps_its_bits(choices):
    digits = some_digits(50)
    former = weights_after(digits, epochs=2, batch_size=20, **choices, rules=1)
    assert np.array_equal(former, weights_after(digits, epochs=2, batch_size=20, **choices))
