"""A training with too few examples for its settings ends with an error before it begins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.data import count_held_out, split_indices
from network.layers.text import parse_layers
from network.training.configuration import Configuration
from network.training.enough_examples import check_examples, smallest_part
from network.training.initial_state import TrainingData, initial_state
from network.training.option import OptionError

NORMALISED = "Flatten, Linear(30), BatchNorm, ReLU"
NORMALISING = [
    NORMALISED,
    f"Ensemble(('{NORMALISED}', 'Flatten, Linear(30)'))",
    "MaxPool2D(28), BatchNorm, Flatten",
]


def begin(count, **choices):
    return initial_state(Configuration(**choices), TrainingData("", "", 10, count))


@given(count=st.integers(1, 200), size=st.integers(1, 250), shards=st.integers(1, 20))
def test_the_smallest_part_is_that_of_the_batches_as_they_are_shared(count, size, shards):
    batches = [min(size, count - start) for start in range(0, count, size)]
    parts = [len(part) for it in batches for part in np.array_split(np.zeros(it), shards)]
    assert smallest_part(count, size, shards) == min(filter(None, parts))


TOO_SMALL = [
    ({"batch_size": 1}, "expected batch_size 2$"),
    ({"batch_size": 64, "shards": 64}, "in 64 threads leaves it 1; expected batch_size 135$"),
    ({"batch_size": 32, "limit": 54_017, "validation": 0}, "32 of 54,017 images .* batch_size 33$"),
    ({"batch_size": 32, "limit": 1, "validation": 0}, "expected more images$"),
    ({"batch_size": 32, "limit": 3, "validation": 0, "shards": 2}, "fewer shards or more images$"),
]


@pytest.mark.parametrize(("choices", "message"), TOO_SMALL)
@pytest.mark.parametrize("layers", NORMALISING)
def test_one_value_per_channel_is_too_few_for_batch_normalisation(choices, message, layers):
    choices = {"limit": 3000, **choices}
    with pytest.raises(OptionError, match=message):
        begin(60_000, layers=layers, **choices)
    begin(60_000, **choices)  # without the layer
    begin(60_000, layers="BatchNorm, Flatten", **choices)  # 784 values per image
    begin(60_000, layers=layers, rules=1, **choices)  # replayed as it was
    begin(60_000, layers=layers, epochs=0, **choices)  # never trained


@given(count=st.integers(2, 300), size=st.integers(1, 40), shards=st.integers(1, 4))
def test_the_batch_size_that_an_error_names_will_do(count, size, shards):
    choices = {"layers": NORMALISED, "validation": 0, "shards": shards}
    try:
        begin(count, batch_size=size, **choices)
    except OptionError as error:
        *_, last = error.message.split()
        if last.isdigit():
            begin(count, batch_size=int(last), **choices)


@given(count=st.integers(1, 400), share=st.floats(0, 0.5))
def test_what_is_held_out_is_counted_as_it_is_split(count, share):
    assert len(split_indices(count, share, 0)[1]) == count_held_out(count, share)


@pytest.mark.parametrize(
    "choices",
    [{"limit": 10, "validation": 0.01}, {"limit": 500, "validation": 0.001}, {"validation": 1e-9}],
)
def test_patience_needs_images_and_not_a_share(choices):
    with pytest.raises(
        OptionError, match=r"patience needs validation images, .* expected at least"
    ):
        begin(60_000, patience=2, **choices)
    begin(60_000, **choices)
    begin(60_000, patience=2, rules=1, **choices)


def test_the_share_that_an_error_names_will_do():
    for count in (2, 3, 7, 10, 499):
        with pytest.raises(OptionError) as caught:
            begin(count, patience=2, validation=1e-6)
        begin(count, patience=2, validation=float(caught.value.message.split()[-1]))


def test_layers_without_a_need_ask_for_one_image():
    model_layers = parse_layers("Conv2D(2, 5), ReLU, MaxPool2D, Dropout, Flatten, Linear(3)")
    assert {layer.least_batch((28, 28)) for layer in model_layers} == {1}
    check_examples(Configuration(batch_size=1), begin(1, validation=0)[0].model, 1)
