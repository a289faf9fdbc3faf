"""Every loss: the textbook formula, its gradient, a mean over the batch, always finite."""

from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.layers import Linear
from network.core.losses import CrossEntropy
from network.training.losses import LOSSES


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


# The formulas as they are printed, with t one-hot, for what the loss is given.
TEXTBOOK = {
    "squared-error": lambda y, t: ((y - t) ** 2).sum(axis=1) / 2,
    "cross-entropy": lambda z, t: -(t * np.log(softmax(z))).sum(axis=1),
    "smoothed": lambda z, t: -((0.9 * t + 0.1 / t.shape[1]) * np.log(softmax(z))).sum(axis=1),
    "binary-cross-entropy": lambda z, t: (
        -(t * np.log(sigmoid(z)) + (1 - t) * np.log(1 - sigmoid(z))).sum(axis=1)
    ),
}
MAKERS = {**LOSSES, "smoothed": partial(CrossEntropy, smoothing=0.1)}
every_loss = pytest.mark.parametrize("name", MAKERS)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@st.composite
def batches(draw):
    """Draw outputs and labels of a small batch."""
    n, k = draw(st.integers(1, 6)), draw(st.integers(2, 10))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return rng.normal(0, 2, (n, k)), rng.integers(0, k, n)


def test_every_loss_has_its_formula_here():
    assert TEXTBOOK.keys() == MAKERS.keys()


@every_loss
@given(batch=batches())
def test_the_loss_is_the_textbooks_mean_over_the_batch(name, batch):
    outputs, labels = batch
    t = np.eye(outputs.shape[1])[labels]
    loss, _ = MAKERS[name]()(outputs, labels)
    assert type(loss) is float
    assert loss == pytest.approx(TEXTBOOK[name](outputs, t).mean(), rel=1e-10)


@every_loss
@given(batch=batches())
def test_the_gradient_matches_finite_differences(name, batch):
    outputs, labels = batch
    loss = MAKERS[name]()
    _, d_outputs = loss(outputs, labels)
    for index in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[index] = 1e-6
        found = (loss(outputs + step, labels)[0] - loss(outputs - step, labels)[0]) / 2e-6
        assert d_outputs[index] == pytest.approx(found, rel=1e-6, abs=1e-8)


@every_loss
@given(batch=batches())
def test_duplicating_a_batch_changes_neither_the_loss_nor_the_models_gradients(name, batch):
    x, labels = batch
    layer, loss = Linear(12), MAKERS[name]()
    params, _ = layer.init(np.random.default_rng(0), x.shape[1:], np.float64)

    def measure(x, labels):
        outputs, backward = layer.forward(params, x)
        loss_value, d_outputs = loss(outputs, labels)
        return loss_value, backward(d_outputs)[1]

    once, grads = measure(x, labels)
    twice, grads_twice = measure(np.concatenate([x, x]), np.concatenate([labels, labels]))
    assert twice == pytest.approx(once)
    for key, grad in grads.items():
        assert grads_twice[key] == pytest.approx(grad)


@every_loss
@every_dtype
@pytest.mark.parametrize("scale", [1e4, 1e30])
def test_huge_sums_give_a_finite_loss_without_a_warning(name, dtype, scale):
    for z in (scale * (2 * np.eye(10) - 1), scale * (1 - 2 * np.eye(10))):
        loss, d_outputs = lose(name, z.astype(dtype))
        assert np.isfinite(loss)
        assert np.isfinite(d_outputs).all()


@pytest.mark.parametrize("name", LOSSES)
@every_dtype
@pytest.mark.parametrize("scale", [1e2, 1e4, 1e30])
def test_answers_that_are_sure_and_right_cost_nothing(name, dtype, scale):
    loss, d_outputs = lose(name, (scale * (2 * np.eye(10) - 1)).astype(dtype))
    assert 0 <= loss < 1e-6
    assert np.abs(d_outputs).max() < 1e-6


@given(k=st.integers(2, 10), smoothing=st.floats(0.01, 0.9))
def test_a_smoothed_target_is_reached_at_logits_that_are_finite(k, smoothing):
    t = smoothing / k + (1 - smoothing) * np.eye(k)
    loss, d_outputs = CrossEntropy(smoothing)(np.log(t), np.arange(k))
    assert loss == pytest.approx(
        -(t * np.log(t)).sum() / k
    )  # the entropy of t: no less is possible
    assert d_outputs == pytest.approx(np.zeros((k, k)), abs=1e-12)


def lose(name, z):
    """Apply a loss to weighted sums, through the output activation where it wants outputs."""
    loss = MAKERS[name]()
    outputs = z if loss.contains_activation else loss.output_activation().forward({}, z)[0]
    return loss(outputs, np.arange(len(z)))


@every_loss
@every_dtype
def test_outputs_stay_unchanged_and_their_dtype_is_kept(name, dtype):
    outputs = np.random.default_rng(0).random((5, 10)).astype(dtype)
    kept = outputs.copy()
    outputs.setflags(write=False)
    _, d_outputs = MAKERS[name]()(outputs, np.arange(5))
    assert np.array_equal(outputs, kept)
    assert (d_outputs.shape, d_outputs.dtype) == (outputs.shape, dtype)
