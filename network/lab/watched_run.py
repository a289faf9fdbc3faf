"""A run trained by another process, watched through its files."""

import contextlib
import time
from collections.abc import Sequence

from network.core.params import count_params
from network.lab.event_log import Event
from network.runs.folder import Run, load_run, read_history, read_saved_history
from network.runs.names import describe_sizes
from network.runs.ownership import is_owned_run
from pipeline.errors import ProjectError

# Seconds without a change after which a run counts as stopped: longer before the first epoch, and
# a few epochs if they take long.
SILENT, SILENT_AT_FIRST, EPOCHS = 30.0, 300.0, 4


class WatchedRun:
    """The events of a run, built from its current history."""

    name = "disk"  # the same in every lab, because the events have the same numbers

    def __init__(self, run: Run) -> None:
        """Load the run and its history.

        Raises: MissingError, CorruptError.
        """
        checkpoint, configuration = load_run(run)
        self.run, self.version = run, 0
        self.history = read_saved_history(run, checkpoint)
        self.epochs = configuration.epochs
        self.description = {
            "run": run.name,
            "sizes": describe_sizes(checkpoint.model),
            "layers": [repr(layer) for layer in checkpoint.model.layers],
            "params": count_params(checkpoint.params),
            "configuration": configuration.to_dict(),
            "controls": None,
            "epochs": configuration.epochs,
            "history": [],
            "changes": checkpoint.meta.get("changes", []),
        }
        self.refresh()

    def refresh(self) -> None:
        """Read the history if it has changed; keep the old one after a read error."""
        with contextlib.suppress(OSError, ProjectError):
            if (version := self.run.history.stat().st_mtime_ns) != self.version:
                self.history, self.version = read_history(self.run), version

    @property
    def is_in_training(self) -> bool:
        """Return whether a process trains the run; if unknown, whether it changed recently."""
        self.refresh()
        if len(self.history) >= self.epochs:
            return False
        if (is_owned := is_owned_run(self.run)) is not None:
            return is_owned
        last = self.history[-1:]
        wait = max([SILENT if last else SILENT_AT_FIRST, *(EPOCHS * one.seconds for one in last)])
        return 0 <= self.age < wait

    @property
    def age(self) -> float:
        """Seconds since the last change; negative if the clock was set back."""
        return time.time() - self.version / 1e9

    @property
    def is_over(self) -> bool:
        return not self.is_in_training

    def events(self) -> Sequence[Event]:
        state = "watched" if self.is_in_training else self.resting_state
        return [
            {"type": "begin", **self.description},
            {"type": "state", "state": state},
            *({"type": "epoch", **epoch._asdict()} for epoch in self.history),
        ]

    @property
    def resting_state(self) -> str:
        """The state of a run that is not being trained: ended or stopped."""
        return "ended" if len(self.history) >= self.epochs else "stopped"
