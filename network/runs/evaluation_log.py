"""Log of a run's evaluations on the test set, in the test.json of the run.

If you choose among runs by their scores on the test set, you train on it, slowly. So every
evaluation is logged, with the hash of the checkpoint that it is about: a run that is trained
further has not been tested in its new state.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from network.metrics.accuracy import ClassificationResult
from network.runs.checkpoints import Checkpoint
from pipeline.errors import CorruptError, UsageError, describe_cause
from pipeline.storage.arguments import check_fields, show_value
from pipeline.storage.checksummed_json import publish_json, read_json

FORMAT = 3  # 2: without the hash of what was tested
FORMAT_1 = ("count", "correct", "accuracy")  # its keys: the last score on the run's own test set
MAX_LISTED = 1000  # evaluations that are listed one by one; a JSON of ours has to stay small


@dataclass(frozen=True)
class LoggedEvaluation:
    """What a run scored on a split of a dataset."""

    dataset: str
    split: str
    count: int
    correct: int
    time: str | None = None  # UTC; None: from before times were written down
    looks: int = 1  # evaluations; more than 1 where earlier ones are no longer listed
    checkpoint: str | None = None  # sha256 in its meta; None: from before that was written down

    def __post_init__(self) -> None:
        check_fields(self)
        if not 0 <= self.correct <= self.count != 0 or self.looks < 1:
            raise ValueError(f"{self.correct} of {self.count} correct, in {self.looks} evaluations")

    @property
    def accuracy(self) -> float:
        return self.correct / self.count


def evaluation_now(
    dataset: str, split: str, result: ClassificationResult, checkpoint: str | None = None
) -> LoggedEvaluation:
    """Describe an evaluation that has just been made, of the checkpoint with this hash."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    return LoggedEvaluation(dataset, split, result.count, result.correct, time, 1, checkpoint)


def is_about(evaluation: LoggedEvaluation, checkpoint: Checkpoint) -> bool:
    """Return whether an evaluation is of a checkpoint as it is now.

    Earlier versions did not write down what they tested. Their scores count until the run is
    trained further, when `mark_evaluations` says that they are of the state before.
    """
    return evaluation.checkpoint in (None, checkpoint.meta["sha256"])


def mark_evaluations(path: Path, dataset: str, file_hash: str) -> None:
    """Say of the scores of earlier versions that they are of no later state than this file's.

    Raises: MissingError, CorruptError, StorageError.
    """
    evaluations = read_evaluations(path, dataset)
    if any(it.checkpoint is None for it in evaluations):
        marked = [replace(it, checkpoint=it.checkpoint or file_hash) for it in evaluations]
        save_evaluations(path, marked)


def read_evaluations(path: Path, dataset: str) -> list[LoggedEvaluation]:
    """Read the evaluations of a run that was trained on this data set, oldest first.

    Raises: CorruptError.
    """
    if not path.is_file():
        return []
    again = f"Delete it and run `network test {path.parent.name}`"
    value = read_json(path, again, FORMAT, unsealed=FORMAT_1)
    try:
        if value.keys() == set(FORMAT_1):
            return [LoggedEvaluation(dataset, "test", value["count"], value["correct"])]
        if not isinstance(listed := value["looks"], list):
            raise TypeError(f"looks is {show_value(listed)}; expected a list")
        return [LoggedEvaluation(**it) for it in listed]
    except (KeyError, TypeError, ValueError, UsageError) as error:
        what = f"{path} is damaged ({describe_cause(error)})"
        raise CorruptError(what[:500], again) from error


def save_evaluations(path: Path, evaluations: Sequence[LoggedEvaluation]) -> None:
    """Save the evaluations of a run; of very many only the last on each split, and their number."""
    listed = evaluations if len(evaluations) <= MAX_LISTED else merge_evaluations(evaluations)
    publish_json(path, {"format": FORMAT, "looks": [asdict(it) for it in listed]})


def merge_evaluations(evaluations: Sequence[LoggedEvaluation]) -> list[LoggedEvaluation]:
    """Let the last evaluation on each split stand for all of them."""
    last = {(it.dataset, it.split): it for it in evaluations}
    return [replace(it, looks=count_evaluations(evaluations, *place)) for place, it in last.items()]


def count_evaluations(evaluations: Sequence[LoggedEvaluation], dataset: str, split: str) -> int:
    """Count the evaluations on one split."""
    return sum(it.looks for it in evaluations if (it.dataset, it.split) == (dataset, split))


def last_evaluation(
    evaluations: Sequence[LoggedEvaluation], dataset: str, split: str = "test"
) -> LoggedEvaluation | None:
    """Return the last evaluation on one split, None where there was none."""
    found = [it for it in evaluations if (it.dataset, it.split) == (dataset, split)]
    return found[-1] if found else None
