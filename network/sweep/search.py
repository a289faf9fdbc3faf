"""Search hyperparameters: ask for trials, have them trained by workers, tell the results.

A trial is trained from rung to rung. After each the worker gives its checkpoint back, and the
parent decides whether the trial goes on, on whichever worker is free. A parent or a worker may be
killed at any moment: a trial then goes on from its last rung, and what has ended stays ended.
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

MAX_NEW_TRIALS = 16  # trials that are begun between two looks at those that end


@dataclass
class RunningTrial:
    """A trial at work."""

    trial: "optuna.trial.Trial"
    values: Values
    configuration: Configuration
    rungs: list[int]  # those still to be reached

    @property
    def number(self) -> int:
        return self.trial.number


@dataclass(frozen=True)
class TrialDone:
    """A trial has ended, completely or not."""

    number: int
    values: Values
    state: str  # complete, pruned, failed
    objectives: tuple[float, ...]
    epochs: int
    problem: str = ""


class Sweep:
    """A study, who trains for it, and the trials that are at work."""

    def __init__(self, study: Study, workers: Workers, data: TrainingData) -> None:
        self.study, self.data = study, data
        self.jobs: JobQueue[RunningTrial] = JobQueue(workers)

    def run(self, trials: int) -> Iterator[TrialDone | None]:
        """Search until so many trials have ended; yield each that does, and None now and then.

        Whoever iterates may stop at any time: what was at work goes on when the study is taken up.

        Raises: NoClusterError, StorageError; MissingError or CorruptError when the examples are
        not what they should be.
        """
        with self.study.being_written():
            yield from self.search(trials)

    def search(self, trials: int) -> Iterator[TrialDone | None]:
        """Do the same; what goes wrong with the study is told as Optuna tells it."""
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
        """Submit the first job of a trial, or the next one after the rungs that it has reached."""
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
        """Have a trial trained to its next rung."""
        checkpoint = self.study.kept(running.number)
        job = TrainingJob(running.configuration.to_dict(), running.rungs[0], self.data, checkpoint)
        self.jobs.submit(job, running)

    def take(self, running: RunningTrial, future: Future[JobResult]) -> TrialDone | None:
        """Take the result of a job: the trial has ended, or goes on."""
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
        """Decide about a trial that has reached a rung."""
        rung = running.rungs.pop(0)
        history = job_result.history[:rung]
        reached = self.measure(history)
        if not running.rungs or len(history) < rung:  # it may have stopped by itself
            return self.complete(running, reached, len(history))
        self.study.keep(running.number, job_result.checkpoint)
        running.trial.report(reached[0], rung)
        if running.trial.should_prune():
            return self.prune(running.trial, running.values, {rung: reached[0]})
        self.submit_job(running)
        return None

    def measure(self, history: tuple[EpochDone, ...]) -> list[float]:
        """Say what a training has come to, by each of the objectives."""
        plan = self.study.plan
        return [it.measure(history, plan.options.target) for it in plan.objectives]

    def complete(
        self, running: RunningTrial, objectives: list[float], epochs: int, problem: str = ""
    ) -> TrialDone:
        """Write down a trial that has a result; to have diverged is one."""
        self.study.finish(running.trial, objectives, problem=problem)
        return TrialDone(
            running.number, running.values, "complete", tuple(objectives), epochs, problem
        )

    def prune(
        self, trial: "optuna.trial.Trial", values: Values, reported: Mapping[int, float]
    ) -> TrialDone:
        """Give a trial up at the last rung that it has reached."""
        self.study.finish(trial, None, pruned=True)
        rung = max(reported)
        return TrialDone(trial.number, values, "pruned", (reported[rung],), rung)

    def fail(self, trial: "optuna.trial.Trial", values: Values, problem: str) -> TrialDone:
        """Write down a trial that has no result."""
        self.study.finish(trial, None, problem=problem)
        return TrialDone(trial.number, values, "failed", (), 0, problem)
