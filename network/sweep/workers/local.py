"""Processes on this machine that train; one can die or be ended without the others."""

import multiprocessing
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from network.sweep.workers.job import JobResult, TrainingJob, run_job
from network.sweep.workers.workers import (
    WorkerError,
    Workers,
    set_result,
    timeout_error,
)
from pipeline.errors import ProjectError
from pipeline.extras import needs_extra


@contextmanager
def local_workers(count: int, timeout: float) -> Iterator[Workers]:
    """Start processes on this machine, and end them afterwards, whatever they are doing.

    Raises: MissingError without the extra `sweep`.
    """
    workers = LocalWorkers(count, timeout)
    try:
        yield workers
    finally:
        workers.stop()


def handle_signals() -> None:
    """Leave Ctrl-C, which reaches the whole group, to the parent, and end at once when it says so.

    Pebble's own handler waits for the end of what NumPy is doing, and there is nothing to save.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


class LocalWorkers:
    """Processes on this machine, each a pool of one: it can die or be ended without the others."""

    def __init__(self, count: int, timeout: float) -> None:
        self.count, self.timeout = count, timeout
        self.options = f"--workers {count}"
        self.free = [new_process() for _ in range(count)]
        self.busy: dict[
            Any, tuple[Future[JobResult], float]
        ] = {}  # process -> for what, until when
        self.failed: list[Any] = []  # what is left in their pipes would confuse a next process

    def submit(self, job: TrainingJob) -> "Future[JobResult]":
        future: Future[JobResult] = Future()
        self.replace_failed()
        process = self.free.pop()
        self.busy[process] = future, time.monotonic() + self.timeout

        def take(task: "Future[JobResult]") -> None:
            if self.busy.pop(process, None) is not None:
                is_well = isinstance(task.exception(), ProjectError | None)
                (self.free if is_well else self.failed).append(process)
                set_result(task.result, future)

        try:
            process.schedule(run_job, args=[job]).add_done_callback(take)
        except RuntimeError:  # it was killed while it had nothing to do
            self.give_up(process, WorkerError("the worker died"))
        return future

    def check(self) -> None:
        now = time.monotonic()
        for process, (_, deadline) in list(self.busy.items()):
            if not process.active:
                self.give_up(process, WorkerError("the worker died"))
            elif now > deadline:
                self.give_up(process, timeout_error(self.timeout))
        self.replace_failed()

    def give_up(self, process: Any, error: WorkerError) -> None:
        """Tell whoever waits for a process that nothing will come, unless it just came."""
        if (work := self.busy.pop(process, None)) is not None:
            self.failed.append(process)
            work[0].set_exception(error)

    def replace_failed(self) -> None:
        """Put others in the place of processes that died or took too long."""
        while self.failed:
            process = self.failed.pop()
            process.stop()
            process.join()
            self.free.append(new_process())

    def stop(self) -> None:
        """End all processes."""
        processes = [*self.free, *self.busy, *self.failed]
        for process in processes:
            process.stop()
        for process in processes:
            process.join()


def new_process() -> Any:
    """Make a pool of one process, which is started by its first job."""
    with needs_extra("sweep", "training in several processes"):
        from pebble import ProcessPool
    context = multiprocessing.get_context("spawn")
    return ProcessPool(1, initializer=handle_signals, context=context)
