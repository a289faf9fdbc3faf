"""Accuracy with its interval, the confusion matrix, and outputs chunk by chunk."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.data import Examples
from network.core.layers import Flatten
from network.core.losses import SquaredError
from network.core.model import Model
from network.core.params import map_params
from network.metrics import accuracy
from network.metrics.accuracy import (
    ClassificationResult,
    compute_loss_and_accuracy,
    compute_outputs,
    confusion_matrix,
    predict_classes,
)
from network.metrics.confidence_intervals import accuracy_interval
from network.training.build import fully_connected
from network.training.losses import LOSSES


def test_the_confusion_matrix_by_hand():
    labels, answers = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 2, 0, 0])
    confusion = confusion_matrix(labels, answers, 4)
    assert confusion.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [2, 0, 1, 0], [0, 0, 0, 0]]
    result = ClassificationResult(confusion)
    assert (result.count, result.correct, result.accuracy) == (6, 3, 0.5)
    assert result.interval == accuracy_interval(3, 6)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_the_confusion_matrix_counts_every_pair(pairs):
    labels, answers = np.array(pairs).T
    confusion = confusion_matrix(labels, answers, 10)
    for label, answer in pairs:
        assert confusion[label, answer] == pairs.count((label, answer))
    assert confusion.sum() == len(pairs)


@pytest.mark.parametrize("count", [1, 6, 7, 8, 14, 20])
def test_chunks_do_not_change_the_outputs(count, monkeypatch):
    monkeypatch.setattr(accuracy, "CHUNK", 7)
    model = fully_connected((5,), 10, "tanh", "uniform", SquaredError)
    params = model.init(np.random.default_rng(0), (28, 28))
    images = np.random.default_rng(1).random((count, 28, 28), np.float32)
    outputs = compute_outputs(model, params, images)
    assert outputs == pytest.approx(model.forward(params, images)[0], rel=1e-5)


def test_the_highest_output_is_the_answer():
    # one pixel per class and no weights: the brightest pixel is the prediction
    images = np.array([[[0.9, 0.1, 0.2]], [[0.3, 0.4, 0.2]], [[0.5, 0.1, 0.9]]])
    assert predict_classes(Model((Flatten(),)), [{}], images).tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", LOSSES)
def test_loss_and_accuracy_agree_with_the_parts(name):
    loss, rng = LOSSES[name](), np.random.default_rng(0)
    model = fully_connected((5,), 10, "tanh", "glorot", LOSSES[name])
    params = map_params(lambda array: 3 * array, model.init(rng, (28, 28), np.float64))
    examples = Examples(rng.random((50, 28, 28)), rng.integers(0, 10, 50))
    loss_value, accuracy = compute_loss_and_accuracy(model, params, loss, examples)
    y = model.forward(params, examples.images)[0]
    t = np.eye(10)[examples.labels]
    by_hand = {
        "squared-error": ((y - t) ** 2).sum() / 2,
        "cross-entropy": -(t * np.log(y)).sum(),
        "binary-cross-entropy": -(t * np.log(y) + (1 - t) * np.log(1 - y)).sum(),
    }
    assert loss_value == pytest.approx(by_hand[name] / 50)
    assert accuracy == np.mean(predict_classes(model, params, examples.images) == examples.labels)
