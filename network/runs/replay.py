"""Replay: a run compared with a repetition of its training."""

from dataclasses import dataclass

from network.core.params import named_arrays
from network.environment import differences
from network.runs.checkpoints import Checkpoint, hash_arrays, load_checkpoint
from network.runs.folder import Run


@dataclass(frozen=True)
class ReplayComparison:
    """Comparison of two runs of one configuration."""

    names: tuple[str, str]
    hashes: tuple[str, str]  # SHA-256 of the parameters for prediction
    differences: list[str]  # between their data and environments

    @property
    def is_same(self) -> bool:
        return self.hashes[0] == self.hashes[1]

    def lines(self) -> list[str]:
        """Return the result as lines of text."""
        lines = [f"{sha256}  {name}" for name, sha256 in zip(self.names, self.hashes, strict=True)]
        if self.is_same:
            return [*lines, "the same weights, bit for bit"]
        causes = self.differences or ["data, versions, BLAS and threads are the same"]
        return [*lines, "different weights", *causes]


def compare_runs(run: Run, again: Run) -> ReplayComparison:
    """Compare the parameters of two runs, their data and their environments.

    Raises: MissingError, CorruptError.
    """
    before, now = load_checkpoint(run.checkpoint), load_checkpoint(again.checkpoint)
    return ReplayComparison(
        names=(run.name, again.name),
        hashes=(hash_params(before), hash_params(now)),
        differences=differences(describe_origin(before), describe_origin(now)),
    )


def describe_origin(checkpoint: Checkpoint) -> dict[str, object]:
    """Return the data, the progress and the environment of a checkpoint's training."""
    facts = {name: checkpoint.meta.get(name) for name in ("data", "epoch", "step")}
    return facts | dict(checkpoint.meta.get("environment", {}))


def hash_params(checkpoint: Checkpoint) -> str:
    """Hash the parameters for prediction."""
    return hash_arrays(dict(named_arrays(checkpoint.params)))
