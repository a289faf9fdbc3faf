"""Have several runs trained at once, by processes here or by the workers of a cluster."""

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import NamedTuple

from network.checkpoints import save_checkpoint, unpack_checkpoint
from network.configuration import Configuration
from network.remote_training import Data, Order, Outcome
from network.run_names import create_run
from network.runs import Run, save_history, state_of
from network.training import DivergedError
from network.training_state import TrainingState
from network.workers import POLL, TRIES, WorkerError, Workers
from pipeline.cache import Cache
from pipeline.errors import ProjectError


class Trained(NamedTuple):
    """A run that a worker has trained."""

    place: int  # among those that were asked for
    run: Run
    state: TrainingState


def train_all(
    cache: Cache,
    workers: Workers,
    data: Data,
    configurations: Sequence[Configuration],
    names: Sequence[str | None],
    stem: str | None,
) -> Iterator[Trained | None]:
    """Train every configuration to its end; yield each run that is done, and None now and then.

    Raises: DivergedError, NoClusterError, UsageError, StorageError; ProjectError when a training
    has cost too many workers.
    """
    tries = [0] * len(configurations)
    pending: dict[Future[Outcome], int] = {}
    waiting = list(range(len(configurations)))
    while waiting or pending:
        workers.check()
        while waiting and len(pending) < workers.count:
            place = waiting.pop(0)
            configuration = configurations[place]
            order = Order(configuration.to_dict(), configuration.epochs, data)
            pending[workers.submit(order)] = place
        done, _ = wait(pending, timeout=POLL, return_when=FIRST_COMPLETED)
        for future in done:
            place = pending.pop(future)
            try:
                outcome = future.result()
            except WorkerError as error:
                tries[place] += 1
                if tries[place] == TRIES:
                    raise ProjectError(f"a training failed {TRIES} times: {error}") from error
                waiting.insert(0, place)
                continue
            if outcome.problem:
                raise DivergedError(outcome.problem, "Try a lower --learning-rate")
            run, state = adopt(cache, configurations[place], outcome, names[place], stem)
            yield Trained(place, run, state)
        yield None


def adopt(
    cache: Cache,
    configuration: Configuration,
    outcome: Outcome,
    name: str | None,
    stem: str | None,
) -> tuple[Run, TrainingState]:
    """Make a run of what a worker has trained.

    Raises: UsageError when the name is taken; StorageError.
    """
    checkpoint = unpack_checkpoint(outcome.checkpoint, "what the worker sent")
    state = state_of(checkpoint, list(outcome.history))
    run = create_run(cache, name, checkpoint.model, state.params, configuration, stem)
    save_history(run, state.history)
    meta = {key: value for key, value in checkpoint.meta.items() if key != "history"}
    save_checkpoint(run.checkpoint, replace(checkpoint, meta=meta))
    return run, state
