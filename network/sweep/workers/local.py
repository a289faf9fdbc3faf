"""Training processes on this machine, each of which can be stopped alone."""

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
from pipeline.terminal.interrupts import shielded_start


@contextmanager
def local_workers(count: int, timeout: float) -> Iterator[Workers]:
    """Start processes on this machine, and stop them at the end, even during jobs.

    Raises: MissingError without the extra `sweep`.
    """
    workers = LocalWorkers(count, timeout)
    try:
        yield workers
    finally:
        workers.stop()


def handle_signals() -> None:
    """Ignore Ctrl-C, which the parent handles, and end at once on SIGTERM.

    The handler of Pebble would wait for NumPy to finish, and there is nothing to save.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


class LocalWorkers:
    """Processes on this machine, each a pool of one that can be stopped alone."""

    def __init__(self, count: int, timeout: float) -> None:
        self.count, self.timeout = count, timeout
        self.options = f"--workers {count}"
        self.free = [new_process() for _ in range(count)]
        self.busy: dict[Any, tuple[Future[JobResult], float]] = {}  # process -> future, deadline
        self.failed: list[Any] = []  # replaced, not reused: their pipes may hold data

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
            with shielded_start():  # the first job starts the process
                process.schedule(run_job, args=[job]).add_done_callback(take)
        except RuntimeError:  # it was killed while idle
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
        """Set an error as the result of a process, unless it has just returned one."""
        if (work := self.busy.pop(process, None)) is not None:
            self.failed.append(process)
            work[0].set_exception(error)

    def replace_failed(self) -> None:
        """Replace processes that died or took too long."""
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
    """Create a pool of one process, which its first job starts."""
    with needs_extra("sweep", "training in several processes"):
        from pebble import ProcessPool
    context = multiprocessing.get_context("spawn")
    return ProcessPool(1, initializer=handle_signals, context=context)
