"""Ownership of runs: one process writes a run, and replaces only the state it read."""

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from network.runs.checkpoints import Checkpoint, read_file_hash, save_checkpoint
from network.runs.evaluation_log import mark_evaluations
from network.runs.folder import Run, save_history
from network.training.state import EpochDone
from pipeline.errors import ProjectError, StorageError
from pipeline.storage.cache import Digest, remove_parts
from pipeline.storage.locks import file_lock, is_owned, own_folder, require_free


def own_run(run: Run) -> AbstractContextManager[bool]:
    """Return a context in which only this process writes a run.

    Yields: whether that is certain, because some disks have no locks.
    Raises: StorageError if another process writes it.
    """
    return own_folder(run.folder, f"run {run.name}")


def remove_dead_parts(run: Run) -> None:
    """Remove unfinished files of a writer that was killed."""
    for path in (run.history, run.checkpoint):
        remove_parts(run.folder, f".{path.name}.*.part")
    remove_parts(run.film, ".*.npz.*.part")


def require_free_run(run: Run) -> None:
    """Require that no process writes a run now.

    Raises: StorageError.
    """
    require_free(run.folder, f"run {run.name}")


def is_owned_run(run: Run) -> bool | None:
    """Return whether a process writes a run now; None if there is no trace of one."""
    return is_owned(run.folder)


@dataclass
class SavedState:
    """The checkpoint that a writer last read or saved, by the hash of its file.

    Locks have no effect on some disks, and a run can be removed while it is trained. So a writer
    compares before it writes.
    """

    file_hash: str | None = None  # None: this writer has not read or saved one
    has_saved: bool = False

    def require(self, run: Run) -> None:
        """Require that the checkpoint of a run is still the one that was read or saved.

        Raises: StorageError.
        """
        if self.file_hash is None or run.checkpoint.is_symlink():  # a planted link is replaced
            return
        found = read_file_hash(run.checkpoint)
        if found is None:
            raise StorageError(
                f"{run.checkpoint} not found: run {run.name} was removed or moved",
                "Changes after its last save are not saved",
            )
        if found != self.file_hash:
            raise StorageError(
                f"run {run.name} was changed by another process: its checkpoint has sha256 "
                f"{found[:16]}...; expected {self.file_hash[:16]}...",
                "The run stays as that process saved it; changes of this process are not saved",
            )

    def save(self, run: Run, checkpoint: Checkpoint, history: list[EpochDone]) -> None:
        """Save a run, and replace only the state that was read or saved.

        Raises: StorageError if there is another state, or none.
        """
        self.require(run)
        if self.file_hash is not None and not self.has_saved and run.result.is_file():
            dataset = checkpoint.meta["configuration"]["dataset"]
            with contextlib.suppress(ProjectError), file_lock(run.result):
                mark_evaluations(run.result, dataset, self.file_hash)
        is_first, self.has_saved = self.file_hash is None, True

        def check(made: Path, digest: Digest) -> None:
            self.require(run)

        save_history(run, history, check, is_first)
        self.file_hash = save_checkpoint(run.checkpoint, checkpoint, check, is_first)
