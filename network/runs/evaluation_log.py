"""Log of a run's evaluations on the test set, in the test.json of the run.

If you choose among runs by their accuracy on the test set, that stops being a fair estimate. So
every evaluation is logged with the hash of its checkpoint: a run that is trained further has not
been tested in its new state.
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

FORMAT = 3  # 2: without the hash of the tested checkpoint
FORMAT_1 = ("count", "correct", "accuracy")  # its keys: the last result on the run's test set
MAX_LISTED = 1000  # evaluations listed one by one; keeps the JSON small


@dataclass(frozen=True)
class LoggedEvaluation:
    """Result of a run on a split of a dataset."""

    dataset: str
    split: str
    count: int
    correct: int
    time: str | None = None  # UTC; None: from a version without times
    looks: int = 1  # evaluations; more than 1 where earlier ones are no longer listed
    checkpoint: str | None = None  # sha256 in its meta; None: from an earlier version

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
    """Return the log entry of a new evaluation of the checkpoint with this hash."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    return LoggedEvaluation(dataset, split, result.count, result.correct, time, 1, checkpoint)


def is_about(evaluation: LoggedEvaluation, checkpoint: Checkpoint) -> bool:
    """Return whether an evaluation is of a checkpoint as it is now.

    Earlier versions did not log the checkpoint that they tested. Their results count until the run
    is trained further: then `mark_evaluations` assigns them to the state before.
    """
    return evaluation.checkpoint in (None, checkpoint.meta["sha256"])


def mark_evaluations(path: Path, dataset: str, file_hash: str) -> None:
    """Assign results of earlier versions to the current checkpoint.

    Raises: MissingError, CorruptError, StorageError.
    """
    evaluations = read_evaluations(path, dataset)
    if any(it.checkpoint is None for it in evaluations):
        marked = [replace(it, checkpoint=it.checkpoint or file_hash) for it in evaluations]
        save_evaluations(path, marked)


def read_evaluations(path: Path, dataset: str) -> list[LoggedEvaluation]:
    """Read the evaluations of a run that was trained on this dataset, oldest first.

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
        raise CorruptError(what, again) from error


def save_evaluations(path: Path, evaluations: Sequence[LoggedEvaluation]) -> None:
    """Save the evaluations of a run; of too many, only the last per split and their number."""
    listed = evaluations if len(evaluations) <= MAX_LISTED else merge_evaluations(evaluations)
    publish_json(path, {"format": FORMAT, "looks": [asdict(it) for it in listed]})


def merge_evaluations(evaluations: Sequence[LoggedEvaluation]) -> list[LoggedEvaluation]:
    """Merge the evaluations on each split into the last one."""
    last = {(it.dataset, it.split): it for it in evaluations}
    return [replace(it, looks=count_evaluations(evaluations, *place)) for place, it in last.items()]


def count_evaluations(evaluations: Sequence[LoggedEvaluation], dataset: str, split: str) -> int:
    """Return the number of evaluations on one split."""
    return sum(it.looks for it in evaluations if (it.dataset, it.split) == (dataset, split))


def last_evaluation(
    evaluations: Sequence[LoggedEvaluation], dataset: str, split: str = "test"
) -> LoggedEvaluation | None:
    """Return the last evaluation on one split; None without one."""
    found = [it for it in evaluations if (it.dataset, it.split) == (dataset, split)]
    return found[-1] if found else None
