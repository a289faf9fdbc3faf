"""Predictions, accuracy with its confidence interval, and confusion matrix."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

import numpy as np

from network.core.data import Examples
from network.core.losses import Loss
from network.core.model import Model, without_output_activation
from network.core.params import Array, Params
from network.environment import blas_threads, one_core_each
from network.metrics.confidence_intervals import accuracy_interval
from pipeline.storage.value_equality import ValueEquality

CHUNK = 1000  # examples per forward pass; limits the memory for sets of any size


def compute_outputs(model: Model, params: Params, images: Array) -> Array:
    """Compute outputs for one or more images, in chunks on the cores that BLAS may use.

    Shapes: images (N, H, W) -> outputs (N, K).
    """
    return compute_in_chunks(lambda chunk: model.forward(params, chunk)[0], images)


@np.errstate(over="ignore", invalid="ignore")  # of parameters that diverged
def compute_in_chunks(compute: Callable[[Array], Array], images: Array) -> Array:
    """Apply a function to one or more images, in chunks on the cores that BLAS may use.

    Shapes: images (N, H, W) -> (N, K).
    """
    chunks = np.split(images, range(CHUNK, len(images), CHUNK))
    threads = min(blas_threads(), len(chunks))

    if threads == 1:
        return np.concatenate([compute(chunk) for chunk in chunks])
    with one_core_each(), ThreadPoolExecutor(threads) as pool:
        contexts = (copy_context().run for _ in chunks)  # NumPy's errstate is one
        return np.concatenate([*pool.map(lambda run, chunk: run(compute, chunk), contexts, chunks)])


def compute_loss_and_accuracy(
    model: Model, params: Params, loss: Loss, examples: Examples
) -> tuple[float, float]:
    """Compute the loss and the accuracy of a model on labelled examples.

    Returns: the mean loss, and the share of examples (0 to 1) whose highest output is the label.
    """
    outputs = compute_outputs(without_output_activation(model, loss), params, examples.images)
    loss_value, _ = loss(outputs, examples.labels)
    return loss_value, float(np.mean(outputs.argmax(axis=1) == examples.labels))


def confusion_matrix(labels: Array, answers: Array, n_classes: int) -> Array:
    """Count how often each class (row) was predicted as each class (column).

    Shapes: labels (N,), answers (N,) -> (K, K) int64.
    """
    pairs = labels * n_classes + answers
    return np.bincount(pairs, minlength=n_classes**2).reshape(n_classes, n_classes)


@dataclass(frozen=True, eq=False)
class ClassificationResult(ValueEquality):
    """Result of a model on a test set."""

    __test__ = False  # not a test, despite its name

    confusion: Array  # (K, K)

    @property
    def count(self) -> int:
        return int(self.confusion.sum())

    @property
    def correct(self) -> int:
        return int(np.trace(self.confusion))

    @property
    def accuracy(self) -> float:
        return self.correct / self.count

    @property
    def interval(self) -> tuple[float, float]:
        return accuracy_interval(self.correct, self.count)

    def __repr__(self) -> str:
        """Return the accuracy with its count and interval: 9,542 / 10,000 (95.42 %, ...)."""
        low, high = self.interval
        return (
            f"{self.correct:,} / {self.count:,} ({100 * self.accuracy:.2f} %, "
            f"95 % interval {100 * low:.2f}-{100 * high:.2f})"
        )

    def _repr_html_(self) -> str:
        """Return the accuracy and the confusion matrix as HTML, for a notebook."""
        head = "".join(f"<th>{label}</th>" for label in range(len(self.confusion)))
        rows = "".join(
            f"<tr><th>{label}</th>{''.join(f'<td>{count:,}</td>' for count in row)}</tr>"
            for label, row in enumerate(self.confusion)
        )
        caption = "true class (row) and predicted class (column)"
        return f"<p>accuracy {self}; {caption}:</p><table><tr><th></th>{head}</tr>{rows}</table>"


def predict_classes(model: Model, params: Params, images: Array) -> Array:
    """Predict each image's class: the one with the highest output.

    Shapes: images (N, H, W) -> answers (N,).
    """
    answers: Array = compute_outputs(model, params, images).argmax(axis=1)
    return answers
