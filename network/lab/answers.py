"""What a run answers to images that it was not trained on; looks at test images are counted."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from network.calibration import outputs_and_scores, soften
from network.data import Examples
from network.lab.loaded import version_of
from network.lab.state import Lab
from network.measuring import LoadedRun, write_look
from network.params import Array
from pipeline.datasets import find_dataset
from pipeline.errors import UsageError

Split: TypeAlias = Literal["held-out", "test"]


@dataclass(frozen=True)
class Answered:
    """Images with the outputs of a run; of test images, how often it has looked at them."""

    examples: Examples
    outputs: Array  # (N, K)
    sureness: Array  # (N,) float64, the highest probability, as risk_coverage takes it
    looks: int | None


def choose_examples(lab: Lab, run: LoadedRun, split: Split) -> Examples:
    """Take the images that a run has never seen of its own split, or those that it is tested by.

    Raises: UsageError, MissingError, CorruptError.
    """
    if split == "test":
        return lab.loaded.examples(run.configuration.dataset, "test")
    return lab.loaded.held_out(run)


def find_answers(lab: Lab, name: str, split: Split) -> Answered:
    """Let a run answer images, as its checkpoint is now.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    run = lab.loaded.run(name)
    return lab.loaded.answers.find(
        (name, version_of(run.run), split), lambda: answer(lab, run, split)
    )


def answer(lab: Lab, run: LoadedRun, split: Split) -> Answered:
    """Let a run answer images; the lab's first look at its test images is written down.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    examples = choose_examples(lab, run, split)
    if not len(examples):
        what = f"run {run.name} has held no images out of its training"
        raise UsageError(what, "Look at its test images")
    checkpoint = run.checkpoint
    outputs, scores = outputs_and_scores(checkpoint.model, checkpoint.params, examples.images)
    sureness = soften(scores, temperature=1.0).max(axis=1)
    if split != "test":
        return Answered(examples, outputs, sureness, None)
    looks = lab.loaded.looks.find(
        (run.name, version_of(run.run)), lambda: count_look(lab, run, examples, outputs)
    )
    return Answered(examples, outputs, sureness, looks)


def count_look(lab: Lab, run: LoadedRun, examples: Examples, outputs: Array) -> int:
    """Write down that a run was tested, and say how often it was by now.

    Shapes: outputs (N, K).
    Raises: CorruptError, StorageError.
    """
    dataset = find_dataset(lab.cache, run.configuration.dataset)
    return write_look(run, dataset, "test", examples.labels, outputs.argmax(axis=1)).looks
