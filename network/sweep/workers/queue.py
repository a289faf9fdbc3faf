"""Orders that workers are at: what each is for, and given again where a worker fails."""

import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Generic, TypeVar

from network.sweep.workers.job import JobResult, TrainingJob
from network.sweep.workers.workers import POLL, TRIES, WorkerError, Workers

Purpose = TypeVar("Purpose")


class JobQueue(Generic[Purpose]):
    """The orders that are at work."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.pending: dict[Future[JobResult], tuple[TrainingJob, Purpose, int]] = {}

    def __len__(self) -> int:
        return len(self.pending)

    @property
    def free(self) -> int:
        """How many workers have nothing to do."""
        return self.workers.count - len(self.pending)

    def submit(self, job: TrainingJob, purpose: Purpose, tries: int = 1) -> None:
        """Have an order fulfilled."""
        self.pending[self.workers.submit(job)] = job, purpose, tries

    def results(self) -> Iterator[tuple[Purpose, "Future[JobResult]"]]:
        """Wait a moment for orders that are done; yield what each was for, and what came of it.

        A future raises WorkerError when its order has cost so many workers that the fault must be
        in the order.

        Raises: NoClusterError.
        """
        self.workers.check()
        if not self.pending:  # nobody is there to work: one may come
            time.sleep(POLL)
        done, _ = wait(self.pending, timeout=POLL, return_when=FIRST_COMPLETED)
        for future in done:
            job, purpose, tries = self.pending.pop(future)
            if isinstance(future.exception(), WorkerError) and tries < TRIES:
                self.submit(job, purpose, tries + 1)
            else:
                yield purpose, future
