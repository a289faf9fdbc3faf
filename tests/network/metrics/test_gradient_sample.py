"""As many parameters are checked one by one as there is time for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from network.core.model import Model
from network.layers.text import parse_layers
from network.metrics.gradient_sample import affordable_sample, largest_sample, time_of_the_rest

arrays = st.lists(st.tuples(st.integers(1, 10_000), st.floats(1e-6, 1)), min_size=1, max_size=9)


def takes(several, sample):
    return sum(min(sample, size) * cost for size, cost in several)


@given(arrays, st.floats(0.001, 1000))
def test_the_sample_is_the_largest_for_which_there_is_time(several, seconds):
    sample, largest = largest_sample(several, seconds), max(size for size, _ in several)
    if sample is None:
        assert takes(several, largest) <= seconds
    else:
        assert 1 <= sample <= largest
        assert sample == 1 or takes(several, sample) <= seconds
        assert takes(several, sample + 1) > seconds or sample == largest


def test_a_layer_takes_no_longer_than_what_begins_with_it():
    model = Model(parse_layers("Flatten, Linear(50), Tanh, Linear(10), Sigmoid"))
    rng = np.random.default_rng(0)
    params, images = model.init(rng, (28, 28)), rng.random((8, 28, 28), np.float32)
    rest = time_of_the_rest(model, params, images)
    assert rest == sorted(rest, reverse=True)
    assert affordable_sample(model, params, images, 1e9) is None
    assert affordable_sample(model, params, images, 0) == 1
