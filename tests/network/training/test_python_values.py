"""Options take the values that are natural in Python, or say which value to type instead."""

import ast
import collections
import fractions
import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import network
from network import Conv2D, Flatten, Model, ReLU
from network.training.configuration import OPTIONS, Configuration, build_configuration
from network.training.find_preset import change_values
from network.training.option import OptionError
from network.training.option_values import Number, Sizes, Strengths, Whole
from pipeline.errors import UsageError

itself: list = []
itself.append(itself)
VALUES = [
    None, True, np.True_, 3, 0.25, -1, np.int64(3), np.uint8(3), np.float32(0.5), np.float64(0.5),
    float("nan"), np.float32("inf"), 1 + 2j, fractions.Fraction(1, 2), 10**400,
    10**5000, (10**5000,), fractions.Fraction(10**400),
    "3", "none", "", "relu", "shift=2", np.str_("sgd"), b"sgd", Path("sgd"),
    (), [], (3,), [3, 4], (3, 4.5), [[3]], [None], range(3, 5), {3, 4}, itself,
    np.array([3, 4]), np.array(3), np.array([0.5, 2]), np.zeros((2, 2)), iter([3]),
    {}, {"shift": 2}, {"shift": np.float32(2)}, {"shift": None}, {3: 4}, [("shift", 2)],
    collections.OrderedDict(shift=1), object(), int, len,
]  # fmt: skip
# with these, no option lacks what another one needs
BESIDE = {"layers": None, "hidden": (3,), "validation": 0.1}


def chosen(key, value):
    """Return the value in a configuration with this value of one option."""
    return getattr(Configuration(**{**BESIDE, key: value}), key)


@pytest.mark.parametrize("key", OPTIONS)
def test_a_value_is_accepted_as_plain_data_or_refused_in_one_line(key):
    refusals = []
    for value in VALUES:
        try:
            found = chosen(key, value)
        except UsageError as error:
            refusals.append(error.message)
        else:
            again = json.loads(json.dumps(found))
            assert chosen(key, again) == found
    for message in refusals:
        assert message.startswith(key)
        assert "\n" not in message
        assert len(message) < 700


def advised_values(message):
    """Return the values of Python that an error names as valid."""
    expected = message.partition("; expected ")[2]
    if "such as" in expected:
        texts = re.findall(r'\{.*?\}|\[.*?\]|".*?"|[\d.]+', expected.partition("such as ")[2])
        return [eval(text, {it: getattr(network, it) for it in network.__all__}) for text in texts]
    if found := re.fullmatch(r"([\d.,e+-]+) to ([\d.,e+-]+)", expected):
        return [ast.literal_eval(number.replace(",", "")) for number in found.groups()]
    return re.split(", | or ", expected)


@pytest.mark.parametrize("key", OPTIONS)
def test_the_values_that_an_error_advises_are_valid_in_python(key):
    for wrong in (object(), {"shift": object()}, [None], -1, b"x"):
        with pytest.raises(OptionError) as caught:
            chosen(key, wrong)
        if "for shift" in caught.value.message:  # about a part of the value
            continue
        advised = advised_values(caught.value.message)
        assert advised
        for value in advised:
            chosen(key, value)


NUMBERS = st.integers(1, 60)
OF_NUMPY = st.sampled_from([int, np.uint8, np.int16, np.int64])
LIKE_A_LIST = st.sampled_from([list, tuple, np.array, lambda it: ",".join(map(str, it))])


@given(NUMBERS, OF_NUMPY)
def test_a_whole_number_of_any_type_is_the_same_one(number, kind):
    for key, one in OPTIONS.items():
        if isinstance(one.kind, Whole | Sizes):
            found = chosen(key, kind(number))
            assert found == ((number,) if isinstance(one.kind, Sizes) else number)
            assert type(found) in (int, tuple)


@given(st.floats(0.0078125, 0.5, width=32), st.sampled_from([float, np.float32, np.float64]))
def test_a_number_of_any_type_is_the_same_one(number, kind):
    for key, one in OPTIONS.items():
        if isinstance(one.kind, Number):
            found = chosen(key, kind(number))
            assert (type(found), found) == (float, number)
        if isinstance(one.kind, Strengths):
            assert chosen(key, {"shift": kind(number)}) == {"shift": number}


@given(st.lists(NUMBERS, min_size=1, max_size=4), LIKE_A_LIST)
def test_sizes_are_a_sequence_of_any_type(sizes, kind):
    found = chosen("hidden", kind(sizes))
    assert found == tuple(sizes)
    assert {type(size) for size in found} == {int}


@pytest.mark.parametrize("none", [(), [], "none", np.array([], int)])
def test_no_hidden_layer_in_any_form_drops_the_activation_of_a_preset(none):
    values = change_values({"hidden": [5], "activation": "relu"}, {"hidden": none})
    assert build_configuration(values).hidden == ()
    assert change_values({"activation": "relu"}, {"hidden": np.array([3, 4])})["activation"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("hidden", None, 'hidden is None; expected sizes such as 30, [128, 64] or "none"'),
        ("hidden", "thirty", 'hidden is "thirty"; expected sizes such as 30, [128, 64]'),
        ("epochs", np.float32(2), "epochs is 2.0; expected a whole number such as 40"),
        ("validation", np.float32(2), "validation is 2.0; expected 0 to 0.9"),
        ("augment", None, 'augment is None; expected strengths such as {"shift": 2, "rotate": 10}'),
        ("augment", "shift=2,shift=2", "expected one value for shift"),
        ("layers", "", 'layers is ""; expected a string such as "Flatten, Linear(30), Sigmoid"'),
        ("layers", " ", 'layers is " "; expected a string such as'),
        ("layers", [], "layers is []; expected a string such as"),
        ("layers", [Conv2D, ReLU()], "Create each layer: Conv2D(...) instead of Conv2D"),
        ("layers", ReLU, "Create each layer: ReLU(...) instead of ReLU"),
        ("layers", ["Flatten"], "Write names in one string, or layers without quotes"),
        ("layers", Model([Flatten()]), "such as list(model.layers[:-2])"),
        ("layers", Flatten(), "a list of layers, such as [Flatten(), Linear(30), Sigmoid()]"),
        ("dataset", Path("mnist"), 'expected a name such as "mnist"'),
        ("hidden", itself, "hidden is a list; expected a whole number such as 30"),
    ],
)
def test_an_error_shows_the_value_and_what_to_type(key, value, message):
    with pytest.raises(OptionError) as caught:
        chosen(key, value)
    assert message in str(caught.value)
