"""Training in a separate process, which reports several times per second.

A process instead of a thread keeps the page responsive, lets two training runs use two cores, and
gives each its number of BLAS threads, which affects its results. It receives commands and sends
events through a pipe; both are plain data.
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
LONG, LONG_REPORT = 600.0, 1.0  # ... in the first ten minutes; then once per second
POINTS = 10  # losses per report; longer lists are averaged
SHARE = 0.1  # maximum share of the time for measurements of layers
POLL = 0.02  # seconds between two polls for commands


def train_in_process(pipe: Connection, root: str, job: Mapping[str, Any]) -> None:
    """Run a training job, and report through the pipe until it is over.

    The job has `configuration`, `name`, `stem` and `film` of a new run; or `run`, the name of
    a run to resume, and `first`, the first command.
    """
    lower_priority()
    with reporting_problems(pipe), ExitStack() as owned:
        cache = Cache(Path(root), "the lab's")
        if "run" in job:
            owned.enter_context(own_run(find_run(cache, job["run"])))
        training_run = create_or_resume(cache, job)
        owned.enter_context(own_run(training_run.run))  # also while it is paused
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
    """The loop that trains, reports and runs commands."""

    def __init__(self, pipe: Connection, training_run: TrainingRun) -> None:
        self.pipe, self.training_run = pipe, training_run
        self.measured = training_run.training.take(slice(COUNT))
        first = find_initial_params(training_run.run)
        self.histograms = Histograms(training_run.recipe.model, first)
        self.losses: list[float] = []  # since the last report
        self.steps_a_point = 1  # as in the latest report that was not cut short
        self.until: int | None = None  # the epoch after which to pause
        self.pace: float | None = None  # steps per second; None: maximum
        self.is_going, self.is_over = False, False
        self.started = self.reported = self.polled = time.monotonic()
        self.next_measurement = 0.0

    def work(self, first: str) -> None:
        """Train and run commands until the end, starting with the first command."""
        self.send("begin", **describe(self.training_run))
        self.handle({"order": first})
        self.report()
        while not self.is_over:
            if self.is_going:
                self.advance()
            elif self.pipe.poll(POLL):
                self.handle(self.pipe.recv())

    def advance(self) -> None:
        """Train until a command arrives or training ends, and save the state."""
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
        """Return whether a command is waiting; at a set speed, wait for the next step."""
        now = time.monotonic()
        if self.pace is not None and isinstance(event, StepDone):
            return self.pipe.poll(1 / self.pace)
        if now - self.polled < POLL:
            return False
        self.polled = now
        return self.pipe.poll()

    def finish(self, how: str) -> None:
        """End the loop, and report the final state."""
        self.is_going, self.is_over = False, True
        self.send("state", state=how)

    def receive(self, event: Event) -> None:
        """Handle an event of the training loop."""
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
        """Report the losses since the last report, and statistics of layers if there is time."""
        recipe, state = self.training_run.recipe, self.training_run.state
        now = time.monotonic()
        steps = -(-len(self.training_run.training) // recipe.batch_size)
        progress: dict[str, Any] = {
            "step": state.step,
            "epoch": state.step / steps,
            "losses": summarise(self.losses, state.step, len(self.losses) // self.steps_a_point),
            "learning_rate": learning_rate_at(recipe, state.step, steps),
            "steps_a_second": len(self.losses) / max(now - self.reported, 1e-9),
        }
        if always or now >= self.next_measurement:
            progress["layers"] = [
                one._asdict() for one in gradient_stats(recipe, state.params, self.measured)
            ]
            if is_finite(state.params):
                self.send("weights", **pack_weights(state.params, self.histograms))
            self.next_measurement = now + (time.monotonic() - now) / SHARE
        self.send("progress", **progress)
        self.losses, self.reported = [], time.monotonic()

    def handle(self, command: Mapping[str, Any]) -> None:
        """Run a command."""
        COMMANDS[command["order"]](self, command)

    def send(self, kind: str, **more: Any) -> None:
        """Send an event to the lab."""
        self.pipe.send({"type": kind, **more})


def pause_training(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Pause; the state is saved."""
    trainer.is_going, trainer.until = False, None
    trainer.send("state", state="paused")


def resume_training(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Train to the last epoch."""
    trainer.is_going, trainer.until = True, None


def train_one_epoch(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Train one more epoch and pause, even if no more epochs are planned."""
    done = len(trainer.training_run.state.history)
    if done >= trainer.training_run.configuration.epochs:
        change_settings(trainer, {"values": {"epochs": done + 1}})
    trainer.is_going, trainer.until = True, done + 1


def set_speed(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Set the speed in steps per second, with a report per step; None: maximum."""
    trainer.pace = command["steps_a_second"]
    trainer.send("pace", steps_a_second=trainer.pace)


def stop_training(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Stop; `network train --resume` can continue the run."""
    trainer.finish("stopped")


def change_settings(trainer: Trainer, command: Mapping[str, Any]) -> None:
    """Change settings from this step on."""
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
    """Return losses as points: the last step, the mean, and the number of steps."""
    parts = np.array_split(losses, min(max(points, 1), POINTS)) if losses else []
    ends = step - len(losses) + np.cumsum([len(part) for part in parts])
    found = zip(ends, parts, strict=True)
    return [(int(end), float(part.mean()), len(part)) for end, part in found]


def describe(training_run: TrainingRun) -> dict[str, Any]:
    """Return a training run and its history as plain data."""
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
