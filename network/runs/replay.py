"""Compare a run with itself trained again: the weights, and what could make them differ."""

from dataclasses import dataclass

from network.core.params import named_arrays
from network.environment import differences
from network.runs.checkpoints import Checkpoint, hash_arrays, load_checkpoint
from network.runs.folder import Run


@dataclass(frozen=True)
class ReplayComparison:
    """What two runs of one configuration have come to."""

    names: tuple[str, str]
    hashes: tuple[str, str]  # SHA-256 of the parameters that answer
    differences: list[str]  # in what they were computed from and with

    @property
    def is_same(self) -> bool:
        return self.hashes[0] == self.hashes[1]

    def lines(self) -> list[str]:
        """Say it in words."""
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
    """Tell what a checkpoint was computed from and with, and how far its training went."""
    facts = {name: checkpoint.meta.get(name) for name in ("data", "epoch", "step")}
    return facts | dict(checkpoint.meta.get("environment", {}))


def hash_params(checkpoint: Checkpoint) -> str:
    """Hash the parameters that answer."""
    return hash_arrays(dict(named_arrays(checkpoint.params)))
