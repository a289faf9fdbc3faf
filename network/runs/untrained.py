"""Runs that no training made: ensembles of others, and others edited."""

from network.runs.checkpoints import Checkpoint
from pipeline.errors import UsageError


def refuse_untrained(name: str, checkpoint: Checkpoint) -> None:
    """Say of a run that was not trained that its training can neither go on nor be done again.

    Raises: UsageError.
    """
    refuse_ensemble(name, checkpoint)
    if edited := checkpoint.meta.get("edited"):
        raise UsageError(
            f"run {name} was not trained: it is run {edited['run']} as it was edited",
            f"`network train --from {name}` begins a new one with its weights",
        )


def refuse_ensemble(name: str, checkpoint: Checkpoint) -> None:
    """Say that an ensemble is made of runs that were trained.

    Raises: UsageError.
    """
    if members := checkpoint.meta.get("members"):
        raise UsageError(f"run {name} is an ensemble of {', '.join(members)}, it is not trained")
