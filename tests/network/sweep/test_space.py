"""Search spaces: values of hyperparameters, and errors for invalid ones."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.sweep.space import (
    Choices,
    Numbers,
    as_label,
    build_grid,
    configure_trial,
    read_space,
    suggest_values,
)
from network.training.configuration import Configuration
from pipeline.errors import UsageError

CONDITIONAL = """
    [optimizer]
    choices = ["sgd", "adam"]
    [average]
    low = 0
    high = 0.9
    when = { optimizer = "adam" }
    [augment.shift]
    low = 0
    high = 3
    [hidden]
    choices = [[30], [30, 20]]
"""
REFUSED = {
    "[learning_rat]\nlow = 1\nhigh = 2": '"learning_rat" is not a training option.*mean learning',
    "[learning_rate]\nlow = 2\nhigh = 1": "from 2 to 1; expected low < high",
    "[learning_rate]\nlow = 0\nhigh = 1\nlog = true": "log = true and low = 0; expected true",
    "[learning_rate]\nlow = 'a'\nhigh = 1": 'low = "a"; expected a number',
    "[learning_rate]\nlow = nan\nhigh = 1": "low = NaN; expected a number",
    "[learning_rate]\nhigh = 1": "has no low; expected low and high, or choices",
    "[learning_rate]\nlow = true\nhigh = 2": "low = true; expected a number",
    "[learning_rate]\nlow = 1\nhigh = 2\nlogg = true": 'space.learning_rate is "logg"; expected',
    "[learning_rate]\nlow = 1\nhigh = 2\nsteps = 1.5": "steps = 1.5; expected a whole number",
    "[learning_rate]\nlow = 1\nhigh = 1e9": r"space.learning_rate is 1e\+09; expected",
    "[epochs]\nlow = 0.5\nhigh = 2": "from 0.5 to 2; expected whole numbers",
    "[optimizer]\nchoices = []": "expected a list of choices, or a range",
    "[optimizer]\nchoices = ['sgd']\nlow = 1": "expected a list of choices, or a range",
    "[optimizer]\nchoices = ['sgd', 'adamm']": 'optimizer is "adamm"; .*Did you mean adam',
    "[batch_size]\nchoices = [[1]]": r"space.batch_size is \[1\]; expected a whole number",
    "[seed]\nlow = 1\nhigh = 2\nwhen = { optimizer = 'sgd' }": "space.seed has when optimizer; exp",
    "[optimizer]\nchoices = ['sgd']\n[seed]\nlow = 1\nhigh = 2\nwhen = { optimizer = 'adam' }":
        'when optimizer = "adam"; expected a value in space.optimizer',
    "[optimizer]\nchoices = ['sgd']\n[seed]\nlow = 1\nhigh = 2\nwhen = 3": "expected { name = val",
    "[augment.shfit]\nlow = 0\nhigh = 1": "space.augment is .*shfit.*Did you mean shift",
    "[epochs]\nlow = 0\nhigh = 2": "space.epochs is 0; a trial needs 1 or more",
    "[dataset]\nchoices = ['mnist']": "space.dataset cannot vary between trials",
    "[start]\nchoices = ['a']": "space.start cannot vary between trials",
    "learning_rate = 3": "space.learning_rate is 3; expected low and high",
    "": r"\[space\] is empty",
}  # fmt: skip


class Chooser:
    """A source of the first or of the last values."""

    def __init__(self, which):
        self.which = which

    def suggest_categorical(self, name, choices):
        return choices[self.which]

    def suggest_float(self, name, low, high, *, log=False):
        return (low, high)[self.which]

    suggest_int = suggest_float


def space_of(text, fixed=None):
    return read_space(tomllib.loads(text), fixed or {})


@pytest.mark.parametrize("text", REFUSED)
def test_what_no_run_could_have_is_refused_in_words(text):
    with pytest.raises(UsageError) as caught:
        space_of(text)
    assert caught.match(REFUSED[text])


def test_a_field_with_a_condition_is_tried_where_that_holds():
    space = space_of(CONDITIONAL)
    with_adam, with_sgd = suggest_values(space, Chooser(-1)), suggest_values(space, Chooser(0))
    assert with_adam == {
        "optimizer": "adam", "average": 0.9, "augment.shift": 3, "hidden": [30, 20]
    }  # fmt: skip
    assert with_sgd == {"optimizer": "sgd", "augment.shift": 0, "hidden": [30]}


def test_values_make_a_configuration_on_top_of_what_is_fixed():
    fixed = {"epochs": 3, "augment": {"rotate": 5.0}}
    found = configure_trial(fixed, {"augment.shift": 2.0, "hidden": [7]})
    assert (found.epochs, found.hidden) == (3, (7,))
    assert found.augment == {"rotate": 5.0, "shift": 2.0}
    assert fixed == {"epochs": 3, "augment": {"rotate": 5.0}}
    assert found.learning_rate == Configuration().learning_rate


@given(
    low=st.floats(1e-6, 1e3), width=st.floats(1e-3, 1e3), steps=st.integers(2, 9),
    log=st.booleans(),
)  # fmt: skip
def test_a_grid_of_a_range_begins_and_ends_with_it_and_rises(low, width, steps, log):
    numbers = Numbers(low, low + width, log, steps)
    grid = numbers.grid()
    assert (len(grid), grid[0], grid[-1]) == (steps, low, low + width)
    assert grid == sorted(grid)
    assert all(numbers.holds(number) for number in grid)


@given(low=st.integers(1, 50), width=st.integers(1, 50), steps=st.integers(1, 9), log=st.booleans())
def test_a_grid_of_whole_numbers_has_each_once(low, width, steps, log):
    grid = Numbers(low, low + width, log, steps, is_whole=True).grid()
    assert all(type(number) is int for number in grid)
    assert len(set(grid)) == len(grid)


def test_a_grid_has_every_combination_once():
    space = {"a": Choices((1, 2)), "b": Choices(("x", "y", "z"))}
    found = [tuple(values.values()) for values in build_grid(space)]
    assert sorted(found) == [(a, b) for a in (1, 2) for b in "xyz"]


def test_lists_are_chosen_by_their_text_and_come_back_as_lists():
    choices = Choices(([30], [30, 20]))
    assert as_label([30, 20]) == "[30, 20]"
    assert choices.suggest("hidden", Chooser(-1)) == [30, 20]
    assert choices.holds((30,))
    assert not choices.holds([20])
