"""Training of several runs at once, by local processes or a cluster.

Each run is trained in parts of some seconds. After each part the worker returns its checkpoint and
the run is saved. A run that is stopped or killed resumes as usual, with `network train --resume`.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from network.errors import DivergedError
from network.runs.checkpoints import read_file_hash, unpack_checkpoint
from network.runs.folder import Run, extract_state
from network.runs.names import create_run
from network.runs.ownership import SavedState, own_run, remove_dead_parts
from network.runs.training_run import load_initial_state, load_state, require_unfinished
from network.sweep.workers.job import JobResult, TrainingJob, pack_state
from network.sweep.workers.queue import JobQueue
from network.sweep.workers.workers import TRIES, WorkerError, Workers
from network.training.configuration import Configuration
from network.training.initial_state import TrainingData, find_training_data
from network.training.loop import has_ended
from network.training.recipe import Recipe
from network.training.state import TrainingState
from pipeline.errors import ProjectError, UsageError
from pipeline.storage.cache import Cache

SAVE_EVERY = 5.0  # seconds of training per job, or one epoch that takes longer


@dataclass
class RemoteRun:
    """A run that workers train, with its configuration and its current state."""

    run: Run
    configuration: Configuration
    recipe: Recipe
    state: TrainingState
    data: TrainingData
    saved: SavedState = field(default_factory=SavedState)  # to resume from

    @property
    def has_ended(self) -> bool:
        return has_ended(self.recipe, self.state)

    @property
    def epochs_left(self) -> int:
        return self.configuration.epochs - len(self.state.history)

    def next_job(self) -> TrainingJob:
        """Return the job for the next epochs."""
        history = self.state.history
        some = max(1, int(SAVE_EVERY / history[-1].seconds)) if history else 1
        until = min(len(history) + some, self.configuration.epochs)
        checkpoint = pack_state(self.recipe, self.state, self.configuration)
        return TrainingJob(self.configuration.to_dict(), until, self.data, checkpoint)

    def save(self, job_result: JobResult) -> None:
        """Save the state that a worker returned.

        Raises: CorruptError, StorageError.
        """
        checkpoint = unpack_checkpoint(job_result.checkpoint, "the checkpoint of the worker")
        self.state = extract_state(checkpoint, list(job_result.history))
        meta = {key: value for key, value in checkpoint.meta.items() if key != "history"}
        self.saved.save(self.run, replace(checkpoint, meta=meta), self.state.history)


class RunProgress(NamedTuple):
    """The progress of a run."""

    remote_run: RemoteRun
    epochs: int  # completed since the last progress


def create_remote_run(
    cache: Cache, configuration: Configuration, name: str | None, stem: str | None
) -> RemoteRun:
    """Create a run that workers can train.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    recipe, state = load_initial_state(cache, configuration)
    data = find_training_data(cache, configuration.dataset)
    run = create_run(cache, name, recipe.model, state.params, configuration, stem, state.origin)
    saved = SavedState(read_file_hash(run.checkpoint))
    return RemoteRun(run, configuration, recipe, state, data, saved)


def resume_remote_run(cache: Cache, run: Run) -> RemoteRun:
    """Load a run that was stopped, so that workers can train it.

    Raises: UsageError, MissingError, CorruptError.
    """
    stands = load_state(cache, run)
    require_unfinished(run, stands.configuration, stands.recipe, stands.state)
    data = find_training_data(cache, stands.configuration.dataset)
    return RemoteRun(run, stands.configuration, stands.recipe, stands.state, data, stands.saved)


def require_no_films(remote_runs: Sequence[RemoteRun]) -> None:
    """Require runs without a film, because workers do not save one.

    Raises: UsageError.
    """
    for remote_run in remote_runs:
        if remote_run.run.film.is_dir():
            raise UsageError(
                f"run {remote_run.run.name} has a film, which workers do not save",
                "Resume it without --workers and --scheduler",
            )


def train_all(workers: Workers, remote_runs: Sequence[RemoteRun]) -> Iterator[RunProgress | None]:
    """Train all runs to their ends; yield each progress, and None while waiting.

    Raises: DivergedError, NoClusterError, CorruptError; StorageError, also if another process owns
    one of the runs or has changed it; ProjectError if a job failed on too many workers.
    """
    with ExitStack() as owned:
        for remote_run in remote_runs:
            is_alone = owned.enter_context(own_run(remote_run.run))
            remote_run.saved.require(remote_run.run)
            if is_alone:
                remove_dead_parts(remote_run.run)
        yield from train_in_parts(workers, remote_runs)


def train_in_parts(
    workers: Workers, remote_runs: Sequence[RemoteRun]
) -> Iterator[RunProgress | None]:
    """Train all runs to their ends; this process must own them."""
    waiting = [remote_run for remote_run in remote_runs if not remote_run.has_ended]
    jobs: JobQueue[RemoteRun] = JobQueue(workers)
    while waiting or jobs:
        while waiting and jobs.free > 0:
            remote_run = waiting.pop(0)
            jobs.submit(remote_run.next_job(), remote_run)
        for remote_run, future in jobs.results():
            left = remote_run.epochs_left
            remote_run.save(job_result(remote_run.run, future))
            if not remote_run.has_ended:
                waiting.insert(0, remote_run)
            yield RunProgress(remote_run, left - remote_run.epochs_left)
        yield None


def job_result(run: Run, future: "Future[JobResult]") -> JobResult:
    """Return the result of a job, or raise the error of its run.

    Raises: DivergedError, CorruptError, UsageError; ProjectError.
    """
    try:
        result = future.result()
    except WorkerError as error:
        raise ProjectError(f"run {run.name}: {error}, {TRIES} times") from error
    if result.problem:
        raise DivergedError(f"run {run.name}: {result.problem}", "Try a lower --learning-rate")
    return result
