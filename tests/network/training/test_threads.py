"""A batch that threads share gives the outputs and gradients of the whole batch."""

import threading
import warnings

import numpy as np
import pytest

from network.core.activations import Sigmoid
from network.core.layers import Flatten, Linear
from network.core.model import Model
from network.core.params import named_arrays
from network.layers.dropout import Dropout
from network.training.threads import share_among_threads
from pipeline.errors import UsageError

MODEL = Model((Flatten(), Linear(5), Sigmoid(), Linear(3)))
PARAMS = MODEL.init(np.random.default_rng(0), (4, 4), np.float64)
X = np.random.default_rng(1).random((7, 4, 4))
D_OUTPUTS = np.random.default_rng(2).random((7, 3))


def run(model, shards, rng=None, params=PARAMS):
    with share_among_threads(model, shards) as shared:
        outputs, backward = shared.forward(params, X, rng)
        return outputs, dict(named_arrays(backward(D_OUTPUTS)))


@pytest.mark.parametrize("shards", [1, 2, 3, 7, 20])  # 20: more than there are images
def test_shards_together_are_the_whole_batch(shards):
    (outputs, grads), (expected, expected_grads) = run(MODEL, shards), run(MODEL, 1)
    assert outputs == pytest.approx(expected)
    assert grads.keys() == expected_grads.keys()
    for name, grad in grads.items():
        assert grad == pytest.approx(expected_grads[name])


def test_the_same_shards_give_the_same_bits():
    results = [run(MODEL, 3) for _ in range(5)]
    for outputs, grads in results[1:]:
        assert np.array_equal(outputs, results[0][0])
        assert all(np.array_equal(grad, results[0][1][name]) for name, grad in grads.items())


def test_every_shard_draws_numbers_of_its_own_and_the_same_ones_again():
    model = Model((Flatten(), Dropout(0.5)))

    def masks():
        with share_among_threads(model, 7) as shared:
            outputs, _ = shared.forward([{}, {}], X, np.random.default_rng(0))
        return outputs > 0

    first = masks()
    assert np.array_equal(first, masks())
    assert len({mask.tobytes() for mask in first}) == 7


def test_each_shard_has_a_thread():
    seen = set()

    class Watched:
        def forward(self, params, x, rng=None):
            seen.add(threading.current_thread().name)
            barrier.wait(10)  # passes when all three are here at once
            return x, lambda d_outputs: []

    barrier = threading.Barrier(3)
    with share_among_threads(Watched(), 3) as shared:
        shared.forward([], X)
    assert len(seen) == 3
    assert threading.current_thread().name not in seen


def test_what_the_caller_wants_of_numpy_holds_in_the_threads():
    params = [{name: 1e308 * array for name, array in layer.items()} for layer in PARAMS]
    with warnings.catch_warnings(), np.errstate(over="ignore", invalid="ignore"):
        warnings.simplefilter("error")
        run(Model(MODEL.layers[:2]), 2, params=params[:2])


def test_an_error_in_a_thread_reaches_the_caller():
    with (
        share_among_threads(MODEL, 2) as shared,
        pytest.raises(UsageError, match="does not fit Linear"),
    ):
        shared.forward(PARAMS, X[:, :3])
