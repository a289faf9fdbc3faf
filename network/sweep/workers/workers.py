"""Workers that run training jobs: processes on this machine, or a Dask cluster.

Both accept a job and return a future of `concurrent.futures`. If a worker fails, and not the
training, the future raises a `WorkerError`, and the job can be submitted again.
"""

import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Protocol

from network.sweep.workers.job import JobResult, TrainingJob
from pipeline.errors import ProjectError

POLL = 0.1  # seconds between two polls of signals and of the workers
TRIES = 5  # failed workers per job; after more the job itself must be the cause


class WorkerError(Exception):
    """A worker that died, hung or was lost."""


class Workers(Protocol):
    """Processes or machines that run jobs."""

    @property
    def options(self) -> str:
        """The command-line options that choose these workers."""

    @property
    def count(self) -> int:
        """The number of jobs that run at once."""

    def submit(self, job: TrainingJob) -> "Future[JobResult]":
        """Submit a job; the future raises WorkerError if the worker fails."""

    def check(self) -> None:
        """Stop jobs that take too long.

        Raises: NoClusterError if the cluster is lost.
        """


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def timeout_error(timeout: float) -> WorkerError:
    """Return the error of a worker that takes too long."""
    return WorkerError(f"the worker took longer than {timeout:g} s")


def set_result(result: Callable[[], JobResult], future: "Future[JobResult]") -> None:
    """Set the result of a task, or its error, on a future."""
    try:
        future.set_result(result())
    except ProjectError as error:
        future.set_exception(error)
    except Exception as error:  # noqa: BLE001  # pools raise errors of many kinds
        future.set_exception(WorkerError(f"the worker failed: {error!r}"))
