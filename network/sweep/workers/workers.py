"""Where trainings run: in processes on this machine, or on a Dask cluster.

Both take a job and return a future of `concurrent.futures`. A fault of a worker, and not of the
training, is a `WorkerError`, after which the job can be submitted again.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from network.sweep.workers.job import JobResult, TrainingJob
from pipeline.errors import ProjectError

POLL = 0.1  # seconds between two polls of signals and of the workers
TRIES = 5  # workers that a job may cost; one that costs more has the fault in itself


class WorkerError(Exception):
    """A worker died, hung or went away."""


class Workers(Protocol):
    """Processes or machines that run jobs."""

    @property
    def options(self) -> str:
        """The options that ask for them on a command line."""

    @property
    def count(self) -> int:
        """The number of jobs that run at once."""

    def submit(self, job: TrainingJob) -> "Future[JobResult]":
        """Have a job run; the future raises WorkerError when the worker fails."""

    def check(self) -> None:
        """Stop what has taken too long.

        Raises: NoClusterError when the cluster has gone.
        """


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def timeout_error(timeout: float) -> WorkerError:
    """Say that a worker hung."""
    return WorkerError(f"it took longer than {timeout:g} s")


def set_result(result: Callable[[], JobResult], future: "Future[JobResult]") -> None:
    """Give a future what came of a task."""
    try:
        future.set_result(result())
    except ProjectError as error:
        future.set_exception(error)
    except Exception as error:  # noqa: BLE001  # pools have errors of their own
        future.set_exception(WorkerError(f"the worker failed: {error!r}"))
