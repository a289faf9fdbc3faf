"""Predictions of a run for validation or test images; test evaluations are logged."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from network.core.data import Examples
from network.core.params import Array
from network.lab.corruption import ImageCorruption
from network.lab.run_cache import file_version
from network.lab.state import Lab
from network.metrics.calibration import apply_temperature, outputs_and_scores
from network.runs.evaluate import log_evaluation
from network.runs.folder import LoadedRun
from network.runs.held_out import require_steps
from network.runs.own_dataset import find_own_dataset
from pipeline.errors import UsageError

MAX_IMAGES = 10_000  # images shown, and corrupted, at most

Split: TypeAlias = Literal["held-out", "test"]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Images with the outputs of a run; for test images, the number of test evaluations."""

    examples: Examples
    outputs: Array  # (N, K)
    confidence: Array  # (N,) float64, the highest probability, as in risk_coverage
    count: int  # of all images of the split
    looks: int | None


def choose_examples(lab: Lab, run: LoadedRun, split: Split) -> Examples:
    """Return the validation images of a run, or the test images.

    Raises: UsageError, MissingError, CorruptError.
    """
    if split == "test":
        return lab.loaded.examples(run, "test")
    return lab.loaded.held_out(run)


def find_predictions(
    lab: Lab, name: str, split: Split, damage: ImageCorruption | None = None
) -> Predictions:
    """Return the predictions of a run for a split, with or without a corruption.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    run = lab.loaded.run(name)
    key = name, file_version(run.run), split
    whole = lab.loaded.predictions.find(key, lambda: predict_examples(lab, run, split))
    if damage is None:
        return whole
    return lab.loaded.corrupted.find((*key, damage), lambda: predict_corrupted(run, whole, damage))


def predict_examples(lab: Lab, run: LoadedRun, split: Split) -> Predictions:
    """Compute the predictions for a split; the first test evaluation of the lab is logged.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    examples = choose_examples(lab, run, split)
    if not len(examples):
        require_steps(run.name, run.checkpoint, run.configuration)
        raise UsageError(f"run {run.name} has no validation images", "Choose the test images")
    outputs, confidence = compute_predictions(run, examples.images)
    predictions = Predictions(examples, outputs, confidence, len(examples), None)
    if split != "test":
        return predictions
    looks = lab.loaded.evaluations.find(
        (run.name, file_version(run.run)), lambda: log_test_evaluation(lab, run, examples, outputs)
    )
    return replace(predictions, looks=looks)


def predict_corrupted(run: LoadedRun, whole: Predictions, damage: ImageCorruption) -> Predictions:
    """Compute the predictions for corrupted images; their test evaluation is logged already."""
    shown = whole.examples.take(slice(MAX_IMAGES))
    images = damage.apply(shown.images)
    outputs, confidence = compute_predictions(run, images)
    examples = Examples(images, shown.labels)
    return replace(whole, examples=examples, outputs=outputs, confidence=confidence)


def compute_predictions(run: LoadedRun, images: Array) -> tuple[Array, Array]:
    """Compute the outputs of a run, and the confidence of its predictions.

    Shapes: images (N, H, W) -> outputs (N, K), confidence (N,).
    """
    checkpoint = run.checkpoint
    outputs, scores = outputs_and_scores(checkpoint.model, checkpoint.params, images)
    return outputs, apply_temperature(scores, temperature=1.0).max(axis=1)


def log_test_evaluation(lab: Lab, run: LoadedRun, examples: Examples, outputs: Array) -> int:
    """Log a test evaluation of a run, and return the number of evaluations so far.

    Shapes: outputs (N, K).
    Raises: CorruptError, StorageError.
    """
    dataset = find_own_dataset(lab.cache, run)
    return log_evaluation(run, dataset, "test", examples.labels, outputs.argmax(axis=1)).looks
