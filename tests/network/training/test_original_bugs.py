"""The original project's five bugs, each with the test that would have caught it.

Every test runs on our network and on a rebuilt one (`benchmarks/seed_network.py`) that has the
seed's fault and no other, so it is seen to pass what is right and to fail what is wrong.
"""

import numpy as np
import pytest
from seed_network import SeedNetwork

from network.core.activations import Sigmoid
from network.core.data import scale_pixels
from network.core.layers import Linear
from network.core.losses import SquaredError
from network.core.model import Model
from network.core.params import copy_params, named_arrays, zip_arrays
from network.training.build import fully_connected


class Ours:
    """The project's own network behind the same three functions."""

    model = Model((Linear(30), Sigmoid(), Linear(10), Sigmoid()))

    def run(self, params, x, labels):
        tree = [params[0], {}, params[1], {}]
        outputs, backward = self.model.forward(tree, x)
        loss, d_outputs = SquaredError()(outputs, labels)
        grads = backward(d_outputs)
        return loss, [grads[0], grads[2]]

    def loss(self, params, x, labels):
        return self.run(params, x, labels)[0]

    def grads(self, params, x, labels):
        return self.run(params, x, labels)[1]


@pytest.fixture(scope="module")
def start(mnist_test_set):
    """Params of 784-30-10 in float64 with biases off 0, and 20 real digits."""
    pixels, labels = mnist_test_set
    rng = np.random.default_rng(0)
    params = [layer for layer in Ours.model.init(rng, (784,), np.float64) if layer]
    for layer in params:
        layer["bias"] += rng.normal(0, 0.1, layer["bias"].shape)
    return params, scale_pixels(pixels[:20]).reshape(20, 784).astype(np.float64), labels[:20]


def stepped(params, grads, names=("weight", "bias"), rate=0.01):
    moved = copy_params(params)
    for name, (param, grad) in zip_arrays(moved, grads):
        if name in names:
            param -= rate * grad
    return moved


def hidden_weights_change(network, start):
    params, x, labels = start
    moved = stepped(params, network.grads(params, x, labels))
    return not np.array_equal(moved[0]["weight"], params[0]["weight"])


def bias_step_lowers_loss(network, start):
    params, x, labels = start
    moved = stepped(params, network.grads(params, x, labels), names=("bias",))
    return network.loss(moved, x, labels) < network.loss(params, x, labels)


def grads_match_differences(network, start):
    params, x, labels = start
    grads, rng, epsilon = network.grads(params, x, labels), np.random.default_rng(1), 1e-5
    for (_, array), (_, grad) in zip(named_arrays(params), named_arrays(grads), strict=True):
        direction, kept, losses = rng.normal(size=array.shape), array.copy(), []
        for sign in (1, -1):
            array[:] = kept + sign * epsilon * direction
            losses.append(network.loss(params, x, labels))
        array[:] = kept
        numeric = (losses[0] - losses[1]) / (2 * epsilon)
        if np.vdot(grad, direction) != pytest.approx(numeric, rel=1e-5):
            return False
    return True


EVERY_TEST = (hidden_weights_change, bias_step_lowers_loss, grads_match_differences)


@pytest.mark.parametrize(
    "network", [Ours(), SeedNetwork()], ids=["ours", "the seed without its faults"]
)
@pytest.mark.parametrize("passes", EVERY_TEST)
def test_a_correct_network_passes(passes, network, start):
    assert passes(network, start)


@pytest.mark.parametrize(
    ("passes", "fault"),
    [
        (hidden_weights_change, SeedNetwork(stops_early=True)),
        (bias_step_lowers_loss, SeedNetwork(subtracts_bias=True)),
        (grads_match_differences, SeedNetwork(uses_desired=True)),
        (grads_match_differences, SeedNetwork(stops_early=True)),
        (grads_match_differences, SeedNetwork(subtracts_bias=True)),
    ],
)
def test_each_bug_of_the_original_is_caught(passes, fault, start):
    assert not passes(fault, start)


def range_follows_inputs(weights):
    """The largest weight lies just below 1 / sqrt(n_in) of its own layer."""
    return all(0.9 < np.abs(weight).max() * np.sqrt(len(weight)) <= 1 for weight in weights)


def test_initial_weights_suit_the_inputs_of_each_layer():
    model = fully_connected((30,), 10, "sigmoid", "uniform", SquaredError)
    params = model.init(np.random.default_rng(0), (28, 28), np.float64)
    assert range_follows_inputs([layer["weight"] for layer in params if layer])


def test_one_range_for_all_layers_is_caught():
    params = SeedNetwork(one_range=True).init(np.random.default_rng(0))
    assert not range_follows_inputs([layer["weight"] for layer in params])


def saturated_share(hidden):
    """The share of hidden sigmoids whose output is 0 or 1 for every digit."""
    return np.mean(np.abs(hidden - 0.5) > 0.499)


def fresh_params_and_digits(network, mnist_test_set):
    digits = scale_pixels(mnist_test_set[0][:1000]).reshape(1000, 784)
    return network.init(np.random.default_rng(0)), digits


def test_pixels_from_0_to_1_leave_the_hidden_layer_able_to_learn(mnist_test_set):
    params, digits = fresh_params_and_digits(SeedNetwork(), mnist_test_set)
    hidden, _ = Model(Ours.model.layers[:2]).forward([params[0], {}], digits)
    assert saturated_share(hidden) < 0.001


def test_pixels_from_0_to_255_are_caught(mnist_test_set):
    network = SeedNetwork(raw_pixels=True)
    assert (
        saturated_share(network.activations(*fresh_params_and_digits(network, mnist_test_set))[1])
        > 0.8
    )
