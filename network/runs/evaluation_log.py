"""How often a run has looked at test images, and what it scored each time.

Whoever chooses among runs by what they score on the test set trains on it, slowly. So every look
is written down, in the test.json of the run.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from network.metrics.accuracy import ClassificationResult
from pipeline.errors import CorruptError
from pipeline.storage.checksummed_json import publish_json, read_json

FORMAT = 2
FORMAT_1 = ("count", "correct", "accuracy")  # its keys: the last score on the run's own test set
MAX_LISTED = 1000  # looks that are listed one by one; a JSON of ours has to stay small


@dataclass(frozen=True)
class LoggedEvaluation:
    """What a run scored on a split of a data set."""

    dataset: str
    split: str
    count: int
    correct: int
    time: str | None = None  # UTC; None: from before times were written down
    looks: int = 1  # more where earlier looks are not listed any more

    def __post_init__(self) -> None:
        numbers = self.count, self.correct, self.looks
        texts = self.dataset, self.split, self.time or ""
        if any(type(it) is not int for it in numbers) or any(type(it) is not str for it in texts):
            raise TypeError(f"no look at a test set: {self}"[:500])
        if not 0 <= self.correct <= self.count != 0 or self.looks < 1:
            raise ValueError(f"{self.correct} of {self.count} right, in {self.looks} looks")

    @property
    def accuracy(self) -> float:
        return self.correct / self.count


def evaluation_now(dataset: str, split: str, result: ClassificationResult) -> LoggedEvaluation:
    """Describe a look that has just been taken."""
    time = datetime.now(UTC).isoformat(timespec="seconds")
    return LoggedEvaluation(dataset, split, result.count, result.correct, time)


def read_evaluations(path: Path, dataset: str) -> list[LoggedEvaluation]:
    """Read the looks of a run that was trained on this data set, oldest first.

    Raises: CorruptError.
    """
    if not path.is_file():
        return []
    again = f"Delete it, and run `network test {path.parent.name}`"
    value = read_json(path, again, FORMAT, unsealed=FORMAT_1)
    try:
        if value.keys() == set(FORMAT_1):
            return [LoggedEvaluation(dataset, "test", value["count"], value["correct"])]
        return [LoggedEvaluation(**look) for look in value["looks"]]
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptError(f"{path}: no test result ({error})", again) from error


def save_evaluations(path: Path, looks: Sequence[LoggedEvaluation]) -> None:
    """Publish the looks of a run; of very many only the last at each split, with their number."""
    listed = looks if len(looks) <= MAX_LISTED else merge_evaluations(looks)
    publish_json(path, {"format": FORMAT, "looks": [asdict(look) for look in listed]})


def merge_evaluations(looks: Sequence[LoggedEvaluation]) -> list[LoggedEvaluation]:
    """Let the last look at each split stand for all looks at it."""
    last = {(look.dataset, look.split): look for look in looks}
    return [replace(look, looks=count_evaluations(looks, *place)) for place, look in last.items()]


def count_evaluations(looks: Sequence[LoggedEvaluation], dataset: str, split: str) -> int:
    """Count the looks at one split."""
    return sum(look.looks for look in looks if (look.dataset, look.split) == (dataset, split))


def last_evaluation(
    looks: Sequence[LoggedEvaluation], dataset: str, split: str = "test"
) -> LoggedEvaluation | None:
    """Return the last look at one split, None where there was none."""
    found = [look for look in looks if (look.dataset, look.split) == (dataset, split)]
    return found[-1] if found else None
