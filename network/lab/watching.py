"""A run that is not trained by this lab, seen through its files."""

import contextlib
import time
from collections.abc import Sequence

from network.events import EpochDone
from network.lab.event_log import Event
from network.params import count_params
from network.run_names import describe_sizes
from network.runs import Run, load_run, read_history
from pipeline.errors import ProjectError

SILENT = 30.0  # seconds without a change, after which a run is not believed to be in training
PATIENCE = 4  # epochs that one may take instead, where epochs take longer


class WatchedRun:
    """The events of a run, made from its history as that is now."""

    name = "disk"  # the events of a run on disk have the same numbers for every lab

    def __init__(self, run: Run) -> None:
        """Read what the run is.

        Raises: MissingError, CorruptError.
        """
        self.run, self.history, self.version = run, list[EpochDone](), 0
        checkpoint, configuration = load_run(run)
        self.epochs = configuration.epochs
        self.told = {
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
        self.look()

    def look(self) -> None:
        """Read the history if it has changed; what cannot be read just now stays as it was."""
        with contextlib.suppress(OSError, ProjectError):
            if (version := self.run.history.stat().st_mtime_ns) != self.version:
                self.history, self.version = read_history(self.run), version

    @property
    def is_in_training(self) -> bool:
        """Is it unfinished, and has it changed of late?"""
        self.look()
        wait = max([SILENT, *(PATIENCE * epoch.seconds for epoch in self.history[-1:])])
        return len(self.history) < self.epochs and time.time() - self.version / 1e9 < wait

    @property
    def is_over(self) -> bool:
        return not self.is_in_training

    def events(self) -> Sequence[Event]:
        state = "watched" if self.is_in_training else self.resting_state
        return [
            {"type": "begin", **self.told},
            {"type": "state", "state": state},
            *({"type": "epoch", **epoch._asdict()} for epoch in self.history),
        ]

    @property
    def resting_state(self) -> str:
        """Say what a run is that nobody trains."""
        return "ended" if len(self.history) >= self.epochs else "stopped"
