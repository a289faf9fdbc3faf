"""What a run answers to images that are new to it, damaged or not; test looks are counted."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from network.core.data import Examples
from network.core.params import Array
from network.lab.corruption import ImageCorruption
from network.lab.run_cache import file_version
from network.lab.state import Lab
from network.metrics.calibration import apply_temperature, outputs_and_scores
from network.runs.evaluate import LoadedRun, log_evaluation
from pipeline.datasets.registry import find_dataset
from pipeline.errors import UsageError

MAX_IMAGES = 10_000  # images that are shown, and that are damaged

Split: TypeAlias = Literal["held-out", "test"]


@dataclass(frozen=True)
class Predictions:
    """Images with the outputs of a run; of test images, how often it has looked at them."""

    examples: Examples
    outputs: Array  # (N, K)
    sureness: Array  # (N,) float64, the highest probability, as risk_coverage takes it
    count: int  # of the images that there are
    looks: int | None


def choose_examples(lab: Lab, run: LoadedRun, split: Split) -> Examples:
    """Take the images that a run has never seen of its own split, or those that it is tested by.

    Raises: UsageError, MissingError, CorruptError.
    """
    if split == "test":
        return lab.loaded.examples(run.configuration.dataset, "test")
    return lab.loaded.held_out(run)


def find_predictions(
    lab: Lab, name: str, split: Split, damage: ImageCorruption | None = None
) -> Predictions:
    """Let a run answer images, as its checkpoint is now; of damaged ones, those that are shown.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    run = lab.loaded.run(name)
    key = name, file_version(run.run), split
    whole = lab.loaded.answers.find(key, lambda: predict_examples(lab, run, split))
    if damage is None:
        return whole
    return lab.loaded.damaged.find((*key, damage), lambda: predict_corrupted(run, whole, damage))


def predict_examples(lab: Lab, run: LoadedRun, split: Split) -> Predictions:
    """Let a run answer images; the lab's first look at its test images is written down.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    examples = choose_examples(lab, run, split)
    if not len(examples):
        what = f"run {run.name} has held no images out of its training"
        raise UsageError(what, "Look at its test images")
    outputs, sureness = compute_predictions(run, examples.images)
    answered = Predictions(examples, outputs, sureness, len(examples), None)
    if split != "test":
        return answered
    looks = lab.loaded.looks.find(
        (run.name, file_version(run.run)), lambda: log_test_evaluation(lab, run, examples, outputs)
    )
    return replace(answered, looks=looks)


def predict_corrupted(run: LoadedRun, whole: Predictions, damage: ImageCorruption) -> Predictions:
    """Let a run answer images again, damaged; whoever has these has looked at them before."""
    shown = whole.examples.take(slice(MAX_IMAGES))
    images = damage.apply(shown.images)
    outputs, sureness = compute_predictions(run, images)
    examples = Examples(images, shown.labels)
    return replace(whole, examples=examples, outputs=outputs, sureness=sureness)


def compute_predictions(run: LoadedRun, images: Array) -> tuple[Array, Array]:
    """Compute what a run says of images, and how sure it is of the class that it answers.

    Shapes: images (N, H, W) -> outputs (N, K), sureness (N,).
    """
    checkpoint = run.checkpoint
    outputs, scores = outputs_and_scores(checkpoint.model, checkpoint.params, images)
    return outputs, apply_temperature(scores, temperature=1.0).max(axis=1)


def log_test_evaluation(lab: Lab, run: LoadedRun, examples: Examples, outputs: Array) -> int:
    """Write down that a run was tested, and say how often it was by now.

    Shapes: outputs (N, K).
    Raises: CorruptError, StorageError.
    """
    dataset = find_dataset(lab.cache, run.configuration.dataset)
    return log_evaluation(run, dataset, "test", examples.labels, outputs.argmax(axis=1)).looks
