"""Hyperparameter search: a loop that starts trials and records their results.

A trial is trained from rung to rung. After each rung the worker returns its checkpoint, and the
parent either prunes the trial or continues it on the next free worker. A parent or a worker may be
killed at any moment: a trial then resumes from its last rung, and completed trials are kept.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from network.sweep.space import Values
from network.sweep.study import Study
from network.sweep.workers.job import DamagedCheckpointError, JobResult, TrainingJob
from network.sweep.workers.queue import JobQueue
from network.sweep.workers.workers import TRIES, WorkerError, Workers
from network.training.configuration import Configuration
from network.training.initial_state import TrainingData
from network.training.state import EpochDone
from pipeline.errors import UsageError

if TYPE_CHECKING:
    import optuna

MAX_NEW_TRIALS = 16  # trials that are started before results are read again


@dataclass
class RunningTrial:
    """A trial that is running."""

    trial: "optuna.trial.Trial"
    values: Values
    configuration: Configuration
    rungs: list[int]  # those not reached yet

    @property
    def number(self) -> int:
        return self.trial.number


@dataclass(frozen=True)
class TrialDone:
    """A trial that has ended: complete, pruned or failed."""

    number: int
    values: Values
    state: str  # complete, pruned, failed
    objectives: tuple[float, ...]
    epochs: int
    problem: str = ""


class Sweep:
    """A study with its workers and its running trials."""

    def __init__(self, study: Study, workers: Workers, data: TrainingData) -> None:
        self.study, self.data = study, data
        self.jobs: JobQueue[RunningTrial] = JobQueue(workers)

    def run(self, trials: int) -> Iterator[TrialDone | None]:
        """Search until `trials` have ended; yield each one, and None while waiting.

        You can stop iterating at any time: running trials resume when the study is resumed.

        Raises: NoClusterError, StorageError; MissingError or CorruptError if the examples are
        missing or damaged.
        """
        with self.study.being_written():
            yield from self.search(trials)

    def search(self, trials: int) -> Iterator[TrialDone | None]:
        """Search without owning the folder; errors of the study are those of Optuna."""
        waiting = self.study.unfinished()
        left = trials - self.study.counts().finished - len(waiting)
        while True:
            free = min(MAX_NEW_TRIALS, self.jobs.free)
            while free > 0 and (waiting or left > 0):
                free -= 1
                if waiting:
                    trial = waiting.pop(0)
                    ended = self.begin(trial, self.study.reported(trial))
                else:
                    left -= 1
                    ended = self.begin(self.study.ask(), {})
                if ended is not None:
                    yield ended
            if not (self.jobs or waiting or left > 0):
                return
            for running, future in self.jobs.results():
                ended = self.take(running, future)
                if ended is not None:
                    yield ended
            yield None

    def begin(self, trial: "optuna.trial.Trial", reported: Mapping[int, float]) -> TrialDone | None:
        """Submit the first job of a trial, or the next one after its last rung."""
        values = self.study.trial_values(trial)
        try:
            configuration = self.study.configuration(values)
        except UsageError as error:
            return self.fail(trial, values, str(error))
        if reported and trial.should_prune():
            return self.prune(trial, values, reported)
        rungs = self.study.plan.rungs(configuration.epochs)
        left = [rung for rung in rungs if rung not in reported]
        self.submit_job(RunningTrial(trial, values, configuration, left))
        return None

    def submit_job(self, running: RunningTrial) -> None:
        """Submit the job that trains a trial to its next rung."""
        checkpoint = self.study.kept(running.number)
        job = TrainingJob(running.configuration.to_dict(), running.rungs[0], self.data, checkpoint)
        self.jobs.submit(job, running)

    def take(self, running: RunningTrial, future: Future[JobResult]) -> TrialDone | None:
        """Process the result of a job: end the trial, or continue it."""
        try:
            job_result = future.result()
        except WorkerError as error:
            return self.fail(running.trial, running.values, f"{error}, {TRIES} times")
        except DamagedCheckpointError:
            self.study.forget(running.number)
            self.submit_job(running)
            return None
        except UsageError as error:
            return self.fail(running.trial, running.values, str(error))
        if job_result.problem:
            worst = [objective.worst for objective in self.study.plan.objectives]
            return self.complete(running, worst, job_result.epochs, job_result.problem)
        return self.climb(running, job_result)

    def climb(self, running: RunningTrial, job_result: JobResult) -> TrialDone | None:
        """Complete, prune or continue a trial that has reached a rung."""
        rung = running.rungs.pop(0)
        history = job_result.history[:rung]
        reached = self.measure(history)
        if not running.rungs or len(history) < rung:  # early stopping may have ended it
            return self.complete(running, reached, len(history))
        self.study.keep(running.number, job_result.checkpoint)
        running.trial.report(reached[0], rung)
        if running.trial.should_prune():
            return self.prune(running.trial, running.values, {rung: reached[0]})
        self.submit_job(running)
        return None

    def measure(self, history: tuple[EpochDone, ...]) -> list[float]:
        """Compute each objective from the history of a trial."""
        plan = self.study.plan
        return [it.measure(history, plan.options.target) for it in plan.objectives]

    def complete(
        self, running: RunningTrial, objectives: list[float], epochs: int, problem: str = ""
    ) -> TrialDone:
        """Record a trial that has a result; divergence counts as one."""
        self.study.finish(running.trial, objectives, problem=problem)
        return TrialDone(
            running.number, running.values, "complete", tuple(objectives), epochs, problem
        )

    def prune(
        self, trial: "optuna.trial.Trial", values: Values, reported: Mapping[int, float]
    ) -> TrialDone:
        """Prune a trial at the last rung that it has reached."""
        self.study.finish(trial, None, pruned=True)
        rung = max(reported)
        return TrialDone(trial.number, values, "pruned", (reported[rung],), rung)

    def fail(self, trial: "optuna.trial.Trial", values: Values, problem: str) -> TrialDone:
        """Record a trial that has no result."""
        self.study.finish(trial, None, problem=problem)
        return TrialDone(trial.number, values, "failed", (), 0, problem)
