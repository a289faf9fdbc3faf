"""Have several runs trained at once, by processes here or by the workers of a cluster.

Each is trained in parts of some seconds. After a part the worker gives its checkpoint back and the
run is saved: whoever is stopped or killed, it goes on as any other, with `network train --resume`.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import NamedTuple

from network.runs.checkpoints import save_checkpoint, unpack_checkpoint
from network.runs.folder import Run, save_history, state_of
from network.runs.names import create_run
from network.runs.training_run import refuse_ended, restore, start_training
from network.sweep.workers.job import Data, Order, Outcome, find_data, pack
from network.sweep.workers.queue import OrderBook
from network.sweep.workers.workers import TRIES, WorkerError, Workers
from network.training.configuration import Configuration
from network.training.loop import DivergedError, has_ended
from network.training.recipe import Recipe
from network.training.state import TrainingState
from pipeline.errors import ProjectError, UsageError
from pipeline.storage.cache import Cache

SAVE_EVERY = 5.0  # seconds of training from one order to the next, or an epoch that takes longer


@dataclass
class Trainee:
    """A run that workers train: what it is to become, and how far it is."""

    run: Run
    configuration: Configuration
    recipe: Recipe
    state: TrainingState
    data: Data

    @property
    def has_ended(self) -> bool:
        return has_ended(self.recipe, self.state)

    @property
    def epochs_left(self) -> int:
        return self.configuration.epochs - len(self.state.history)

    def next_order(self) -> Order:
        """Ask for the epochs that come next."""
        history = self.state.history
        some = max(1, int(SAVE_EVERY / history[-1].seconds)) if history else 1
        until = min(len(history) + some, self.configuration.epochs)
        checkpoint = pack(self.recipe, self.state, self.configuration)
        return Order(self.configuration.to_dict(), until, self.data, checkpoint)

    def save(self, outcome: Outcome) -> None:
        """Write down how far a worker has brought it.

        Raises: CorruptError, StorageError.
        """
        checkpoint = unpack_checkpoint(outcome.checkpoint, "what the worker sent")
        self.state = state_of(checkpoint, list(outcome.history))
        save_history(self.run, self.state.history)
        meta = {key: value for key, value in checkpoint.meta.items() if key != "history"}
        save_checkpoint(self.run.checkpoint, replace(checkpoint, meta=meta))


class Further(NamedTuple):
    """A run has got further."""

    trainee: Trainee
    epochs: int  # by so many


def begin_trainee(
    cache: Cache, configuration: Configuration, name: str | None, stem: str | None
) -> Trainee:
    """Make a new run that workers can train.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    recipe, state = start_training(cache, configuration)
    data = find_data(cache, configuration.dataset)
    run = create_run(cache, name, recipe.model, state.params, configuration, stem)
    return Trainee(run, configuration, recipe, state, data)


def resume_trainee(cache: Cache, run: Run) -> Trainee:
    """Take up a run that was stopped, so that workers can train it.

    Raises: UsageError, MissingError, CorruptError.
    """
    configuration, recipe, state, _ = restore(cache, run)
    refuse_ended(run, recipe, state)
    return Trainee(run, configuration, recipe, state, find_data(cache, configuration.dataset))


def refuse_films(trainees: Sequence[Trainee]) -> None:
    """Say that workers keep no film.

    Raises: UsageError.
    """
    for trainee in trainees:
        if trainee.run.film.is_dir():
            raise UsageError(f"run {trainee.run.name} keeps a film, which workers do not")


def train_all(workers: Workers, trainees: Sequence[Trainee]) -> Iterator[Further | None]:
    """Train all runs to their ends; yield each part of one that is done, and None now and then.

    Raises: DivergedError, NoClusterError, CorruptError, StorageError; ProjectError when a training
    has cost too many workers.
    """
    waiting = [trainee for trainee in trainees if not trainee.has_ended]
    at_work: OrderBook[Trainee] = OrderBook(workers)
    while waiting or at_work:
        while waiting and at_work.free > 0:
            trainee = waiting.pop(0)
            at_work.give(trainee.next_order(), trainee)
        for trainee, future in at_work.take():
            left = trainee.epochs_left
            trainee.save(outcome_of(trainee.run, future))
            if not trainee.has_ended:
                waiting.insert(0, trainee)
            yield Further(trainee, left - trainee.epochs_left)
        yield None


def outcome_of(run: Run, future: "Future[Outcome]") -> Outcome:
    """Take what came of an order, or tell which run's training went wrong.

    Raises: DivergedError, CorruptError, UsageError; ProjectError.
    """
    try:
        outcome = future.result()
    except WorkerError as error:
        raise ProjectError(f"run {run.name}: {error}, {TRIES} times") from error
    if outcome.problem:
        raise DivergedError(f"run {run.name}: {outcome.problem}", "Try a lower --learning-rate")
    return outcome
