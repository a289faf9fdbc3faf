"""Every optimizer: its formula, a state that can be saved, steps that lower the loss."""

import numpy as np
import pytest

from network.core.activations import Sigmoid
from network.core.layers import Flatten, Linear
from network.core.losses import SquaredError
from network.core.model import Model
from network.core.params import copy_params, map_params, named_arrays
from network.core.train_step import train_step
from network.layers.convolution import Conv2D
from network.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from network.training.optimizers import OPTIMIZERS

MODEL = Model((Conv2D(2, size=2), Flatten(), Linear(4), Sigmoid(), Linear(3), Sigmoid()))
every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


# The formulas for an array, out of place; `memory` starts empty.
def sgd(param, grad, memory, rate):
    return param - rate * grad


def momentum(param, grad, memory, rate):
    memory["velocity"] = 0.9 * memory.get("velocity", 0) + grad
    return param - rate * memory["velocity"]


def adam(param, grad, memory, rate):
    memory["t"] = t = memory.get("t", 0) + 1
    memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * grad
    memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * grad**2
    m_hat, v_hat = memory["m"] / (1 - 0.9**t), memory["v"] / (1 - 0.999**t)
    return param - rate * m_hat / (v_hat**0.5 + 1e-8)


def nesterov(param, grad, memory, rate):
    memory["velocity"] = 0.9 * memory.get("velocity", 0) + grad
    return param - rate * (grad + 0.9 * memory["velocity"])


def rmsprop(param, grad, memory, rate):
    memory["v"] = 0.9 * memory.get("v", 0) + 0.1 * grad**2
    return param - rate * grad / (memory["v"] ** 0.5 + 1e-8)


def adagrad(param, grad, memory, rate):
    memory["v"] = memory.get("v", 0) + grad**2
    return param - rate * grad / (memory["v"] ** 0.5 + 1e-8)


def lion(param, grad, memory, rate):
    m = memory.get("m", 0)
    memory["m"] = 0.99 * m + 0.01 * grad
    return param - rate * np.sign(0.9 * m + 0.1 * grad)


def muon(param, grad, memory, rate):
    if grad.ndim < 2:
        return adam(param, grad, memory, rate)
    memory["velocity"] = 0.95 * memory.get("velocity", 0) + 0.05 * grad
    ahead = 0.95 * memory["velocity"] + 0.05 * grad
    u, s, v = np.linalg.svd(ahead.reshape(-1, grad.shape[-1]), full_matrices=False)
    s = s / (np.sqrt((s**2).sum()) + 1e-7)
    for _ in range(5):  # a product of matrices and their transposes acts on these alone
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    scale = max(1, v.shape[1] / len(u)) ** 0.5
    return param - rate * scale * ((u * s) @ v).reshape(param.shape)


FORMULAS = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "adam": adam,
    "lion": lion,
    "muon": muon,
}


def make_params(dtype=np.float64, in_shape=(4, 3)):
    params = MODEL.init(np.random.default_rng(0), in_shape, dtype)
    return map_params(lambda array: array + dtype(0.1), params)


def make_grads(params, seed):
    rng = np.random.default_rng([7, seed])
    return map_params(lambda array: rng.normal(size=array.shape).astype(array.dtype), params)


def test_every_optimizer_has_its_formula_here():
    assert FORMULAS.keys() == OPTIMIZERS.keys()


@every_optimizer
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_steps_are_the_formulas_and_decay_shrinks_weights_not_biases(name, weight_decay):
    optimizer, rate = OPTIMIZERS[name](weight_decay=weight_decay), 0.05
    params = make_params()
    state = optimizer.init(params)
    expected = {key: array.copy() for key, array in named_arrays(params)}
    memories = {key: {} for key in expected}
    for step in range(4):
        grads = make_grads(params, step)
        for key, grad in named_arrays(grads):
            shrink = 1 - rate * weight_decay if key.endswith("weight") else 1
            expected[key] = FORMULAS[name](shrink * expected[key], grad, memories[key], rate)
        optimizer.update(params, grads, state, rate)
        for key, array in named_arrays(params):
            assert array == pytest.approx(expected[key], rel=1e-11)


@every_optimizer
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_state_has_the_params_form_and_a_step_changes_arrays_in_place(name, dtype):
    params = make_params(dtype)
    state = OPTIMIZERS[name]().init(params)
    form = {key: (array.shape, array.dtype) for key, array in named_arrays(params)}
    remembered = set()
    for tree in state.values():
        found = {key: (array.shape, array.dtype) for key, array in named_arrays(tree)}
        if [shape for shape, _ in found.values()] != [()]:  # no counter
            assert found.items() <= form.items()  # Muon has one for vectors, one for matrices
            remembered |= found.keys()
    assert remembered in (set(), set(form))
    arrays, kept = dict(named_arrays(params)), copy_params(params)
    OPTIMIZERS[name]().update(params, make_grads(params, 0), state, 0.1)
    for (key, array), (_, before) in zip(named_arrays(params), named_arrays(kept), strict=True):
        assert array is arrays[key]
        assert (array.shape, array.dtype) == form[key]
        assert not np.array_equal(array, before)


@every_optimizer
def test_a_small_step_lowers_the_loss(name):
    params, rng = make_params(), np.random.default_rng(1)
    images, labels = rng.random((6, 4, 3)), rng.integers(0, 3, 6)
    optimizer = OPTIMIZERS[name]()
    state = optimizer.init(params)
    losses = [
        train_step(MODEL, SquaredError(), optimizer, params, state, images, labels, 1e-3)
        for _ in range(5)
    ]
    assert losses == sorted(losses, reverse=True)
    assert len(set(losses)) == 5


@every_optimizer
def test_a_state_that_was_saved_and_restored_takes_the_same_next_step(name, tmp_path):
    optimizer, params = OPTIMIZERS[name](weight_decay=0.1), make_params(np.float32, (28, 28))
    state = optimizer.init(params)
    for step in range(3):
        optimizer.update(params, make_grads(params, step), state, 0.01)
    save_checkpoint(tmp_path / "c.npz", Checkpoint(MODEL, params, state))
    restored = load_checkpoint(tmp_path / "c.npz")
    assert restored.state.keys() == state.keys()
    for target, memory in [(params, state), (restored.params, restored.state)]:
        optimizer.update(target, make_grads(params, 3), memory, 0.01)
    for (_, one), (_, other) in zip(
        named_arrays(params), named_arrays(restored.params), strict=True
    ):
        assert one.tobytes() == other.tobytes()


def test_adams_first_step_is_about_the_learning_rate():
    params = make_params()
    kept, grads = copy_params(params), make_grads(params, 0)
    for scale in (1e-3, 1, 1e3):  # however large the gradients are
        moved, scaled = copy_params(kept), map_params(lambda grad, by=scale: by * grad, grads)
        optimizer = OPTIMIZERS["adam"]()
        optimizer.update(moved, scaled, optimizer.init(moved), 0.01)
        for (key, after), (_, before) in zip(named_arrays(moved), named_arrays(kept), strict=True):
            step = after - before
            assert np.abs(step) == pytest.approx(0.01, rel=0.01)
            assert np.array_equal(np.sign(step), -np.sign(dict(named_arrays(grads))[key]))


@every_optimizer
def test_what_has_no_gradient_does_not_move(name):
    params = [{"scale": np.ones(3), "mean": np.full(3, 0.5)}]
    optimizer = OPTIMIZERS[name](weight_decay=0.1)
    state = optimizer.init(params)
    for _ in range(3):
        grads = [{"scale": np.ones(3), "mean": np.zeros(3)}]
        optimizer.update(params, grads, state, 0.1)
    assert np.array_equal(params[0]["mean"], np.full(3, 0.5))
    assert (params[0]["scale"] < 1).all()
