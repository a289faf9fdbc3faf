"""Train a run in a separate process: report several times a second, receive commands.

It is a process and not a thread, so that a page is answered while it computes, that two of them
use two cores, and that each has the number of BLAS threads that its results depend on. Commands
come through a pipe, events go back: both are plain data.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from network.core.params import count_params, is_finite
from network.lab.gradient_stats import COUNT, gradient_stats
from network.lab.histograms import Histograms, find_initial_params, pack_weights
from network.lab.worker_process import lower_priority, reporting_problems
from network.runs.live_changes import change_training, live_settings
from network.runs.names import describe_sizes, find_run
from network.runs.ownership import own_run
from network.runs.training_run import TrainingRun, create_training_run, load_training_run
from network.training.configuration import configuration_from_dict
from network.training.loop import has_ended, learning_rate_at
from network.training.state import EpochDone, Event, StepDone
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache

REPORT = 0.2  # seconds between two reports ...
LONG, LONG_REPORT = 600.0, 1.0  # ... in the first ten minutes; then once a second
POINTS = 10  # losses of a report; of more steps, the means of as many neighbours
SHARE = 0.1  # of the time, at most, that probes may take
POLL = 0.02  # seconds between two polls for commands


def train_in_process(pipe: Connection, root: str, job: Mapping[str, Any]) -> None:
    """Do a job of training, and report on it through the pipe until it is over.

    The job has `configuration`, `name`, `stem` and `film` of a new run; or `run`, the name of
    one to go on with, and `first`, what to do with it.
    """
    lower_priority()
    with reporting_problems(pipe), ExitStack() as owned:
        cache = Cache(Path(root), "the lab's")
        if "run" in job:
            owned.enter_context(own_run(find_run(cache, job["run"])))
        training_run = create_or_resume(cache, job)
        owned.enter_context(own_run(training_run.run))  # while it is paused, too
        Trainer(pipe, training_run).work(job.get("first", "resume"))


def create_or_resume(cache: Cache, job: Mapping[str, Any]) -> TrainingRun:
    """Create the run of a job, or load the one to resume.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    if "run" in job:
        return load_training_run(cache, find_run(cache, job["run"]))[0]
    configuration = configuration_from_dict(job["configuration"], "the job")
    return create_training_run(cache, configuration, job["name"], job["stem"], job["film"])


class Trainer:
    """Trains, reports, carries out commands: at every moment it does one of these."""

    def __init__(self, pipe: Connection, training_run: TrainingRun) -> None:
        self.pipe, self.training_run = pipe, training_run
        self.probed = training_run.training.take(slice(COUNT))
        first = find_initial_params(training_run.run)
        self.histograms = Histograms(training_run.recipe.model, first)
        self.losses: list[float] = []  # since the last report
        self.steps_a_point = 1  # as many as an undisturbed report has
        self.until: int | None = None  # the epoch after which to pause
        self.pace: float | None = None  # steps a second, as many as can be when None
        self.is_going, self.is_over = False, False
        self.started = self.reported = self.looked = time.monotonic()
        self.next_probe = 0.0

    def work(self, first: str) -> None:
        """Train and carry out commands until it is over, the first command first."""
        self.send("begin", **describe(self.training_run))
        self.handle({"order": first})
        self.report()
        while not self.is_over:
            if self.is_going:
                self.advance()
            elif self.pipe.poll(POLL):
                self.handle(self.pipe.recv())

    def advance(self) -> None:
        """Train until a command comes or the training ends, and save where it stands."""
        self.send("state", state="training")
        command = None
        with closing(self.training_run.train()) as events:
            for event in events:
                self.receive(event)
                if self.has_command(event):
                    command = self.pipe.recv()
                    break
                if not self.is_going:
                    break
        self.report(always=True)
        if command is not None:
            self.handle(command)
        elif has_ended(self.training_run.recipe, self.training_run.state):
            self.finish("ended")
        else:
            self.send("state", state="paused")

    def has_command(self, event: Event) -> bool:
        """Return whether a command has come; in slow motion, wait until the next step is due."""
        now = time.monotonic()
        if self.pace is not None and isinstance(event, StepDone):
            return self.pipe.poll(1 / self.pace)
        if now - self.looked < POLL:
            return False
        self.looked = now
        return self.pipe.poll()

    def finish(self, how: str) -> None:
        """Let this be the end."""
        self.is_going, self.is_over = False, True
        self.send("state", state=how)

    def receive(self, event: Event) -> None:
        """Handle an event of the training."""
        if isinstance(event, EpochDone):
            self.report()
            self.send("epoch", **event._asdict())
            if self.until is not None and event.epoch >= self.until:
                self.is_going, self.until = False, None
            return
        self.losses.append(event.loss)
        now = time.monotonic()
        wait = REPORT if now - self.started < LONG else LONG_REPORT
        if self.pace is not None or now - self.reported > wait:
            self.steps_a_point = max(1, len(self.losses) // POINTS)
            self.report()

    def report(self, always: bool = False) -> None:
        """Tell the losses since the last report, and what a probe finds, where there is time."""
        recipe, state = self.training_run.recipe, self.training_run.state
        now = time.monotonic()
        steps = -(-len(self.training_run.training) // recipe.batch_size)
        told: dict[str, Any] = {
            "step": state.step,
            "epoch": state.step / steps,
            "losses": summarise(self.losses, state.step, len(self.losses) // self.steps_a_point),
            "learning_rate": learning_rate_at(recipe, state.step, steps),
            "steps_a_second": len(self.losses) / max(now - self.reported, 1e-9),
        }
        if always or now >= self.next_probe:
            told["layers"] = [
                one._asdict() for one in gradient_stats(recipe, state.params, self.probed)
            ]
            if is_finite(state.params):
                self.send("weights", **pack_weights(state.params, self.histograms))
            self.next_probe = now + (time.monotonic() - now) / SHARE
        self.send("progress", **told)
        self.losses, self.reported = [], time.monotonic()

    def handle(self, command: Mapping[str, Any]) -> None:
        """Carry out a command."""
        COMMANDS[command["order"]](self, command)

    def send(self, kind: str, **more: Any) -> None:
        """Send an event to the lab."""
        self.pipe.send({"type": kind, **more})


def pause_training(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Stand still; all is saved."""
    trainer.is_going, trainer.until = False, None
    trainer.send("state", state="paused")


def resume_training(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Train to the end."""
    trainer.is_going, trainer.until = True, None


def train_one_epoch(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Train to the end of the next epoch and pause, though it be one more than was planned."""
    done = len(trainer.training_run.state.history)
    if done >= trainer.training_run.configuration.epochs:
        change_settings(trainer, {"values": {"epochs": done + 1}})
    trainer.is_going, trainer.until = True, done + 1


def set_speed(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Make so many steps a second, each told at once; as many as can be when it is None."""
    trainer.pace = command["steps_a_second"]
    trainer.send("pace", steps_a_second=trainer.pace)


def stop_training(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """End here; `network train --resume` goes on."""
    trainer.finish("stopped")


def change_settings(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Go on with other choices, from this step on."""
    try:
        trainer.training_run = change_training(trainer.training_run, command["values"])
    except UsageError as error:
        trainer.send("problem", message=str(error))
        return
    training_run = trainer.training_run
    trainer.send(
        "change",
        step=training_run.state.step,
        epoch=len(training_run.state.history),
        values=dict(command["values"]),
        controls=live_settings(training_run),
        epochs=training_run.configuration.epochs,
    )


COMMANDS: dict[str, Callable[[Trainer, Mapping[str, Any]], None]] = {
    "pause": pause_training,
    "resume": resume_training,
    "epoch": train_one_epoch,
    "pace": set_speed,
    "stop": stop_training,
    "change": change_settings,
}


def summarise(losses: list[float], step: int, points: int) -> list[tuple[int, float, int]]:
    """Give the losses up to a step as some points: the last step, the mean, and of how many."""
    parts = np.array_split(losses, min(max(points, 1), POINTS)) if losses else []
    ends = step - len(losses) + np.cumsum([len(part) for part in parts])
    found = zip(ends, parts, strict=True)
    return [(int(end), float(part.mean()), len(part)) for end, part in found]


def describe(training_run: TrainingRun) -> dict[str, Any]:
    """Say in plain data what is trained, and what it has done so far."""
    model, state = training_run.recipe.model, training_run.state
    return {
        "run": training_run.run.name,
        "sizes": describe_sizes(model),
        "layers": [repr(layer) for layer in model.layers],
        "params": count_params(state.params),
        "images": len(training_run.training),
        "held_out": len(training_run.validation),
        "configuration": training_run.configuration.to_dict(),
        "controls": live_settings(training_run),
        "epochs": training_run.configuration.epochs,
        "history": [epoch._asdict() for epoch in state.history],
        "changes": state.origin.get("changes", []),
    }
