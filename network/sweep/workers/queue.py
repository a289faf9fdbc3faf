"""A queue of running jobs; a job is submitted again if its worker fails."""

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Generic, TypeVar

from network.sweep.workers.job import JobResult, TrainingJob
from network.sweep.workers.workers import POLL, TRIES, WorkerError, Workers

Purpose = TypeVar("Purpose")


class JobQueue(Generic[Purpose]):
    """The jobs that workers are running."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.pending: dict[Future[JobResult], tuple[TrainingJob, Purpose, int]] = {}

    def __len__(self) -> int:
        return len(self.pending)

    @property
    def free(self) -> int:
        """The number of idle workers."""
        return self.workers.count - len(self.pending)

    def submit(self, job: TrainingJob, purpose: Purpose, tries: int = 1) -> None:
        """Submit a job to the workers."""
        self.pending[self.workers.submit(job)] = job, purpose, tries

    def results(self) -> Iterator[tuple[Purpose, "Future[JobResult]"]]:
        """Wait a moment for finished jobs; yield the purpose and the result of each.

        A future raises WorkerError if its job failed on TRIES workers: then the job itself must be
        the cause.

        Raises: NoClusterError.
        """
        self.workers.check()
        if not self.pending:  # no workers now; one may join
            time.sleep(POLL)
        done, _ = wait(self.pending, timeout=POLL, return_when=FIRST_COMPLETED)
        for future in done:
            job, purpose, tries = self.pending.pop(future)
            if isinstance(future.exception(), WorkerError) and tries < TRIES:
                self.submit(job, purpose, tries + 1)
            else:
                yield purpose, future
