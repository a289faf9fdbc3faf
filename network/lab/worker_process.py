"""A worker process of the lab: it receives commands through a pipe and sends events."""

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing.connection import Connection
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any

from network.lab.event_log import Event, EventLog
from pipeline.errors import ProjectError, UsageError
from pipeline.storage.cache import Cache
from pipeline.terminal.interrupts import shielded_start

BEGIN = 60.0  # seconds in which the work must start
END = 1.4  # seconds to save when the lab ends
NICE = 5  # priority below the page and other programs
OVER = {"ended", "stopped", "failed"}


class WorkerProcess:
    """Work in a separate process; its first event is `begin`, with the name of the run."""

    what = "the work"

    def __init__(
        self,
        target: Callable[..., None],
        cache: Cache,
        job: Mapping[str, Any],
        log: EventLog | None = None,
    ) -> None:
        """Start the process, and wait for its first event.

        Raises: UsageError with the reason if it cannot start.
        """
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.log, self.lock = log or EventLog(), Lock()
        self.begun, self.state, self.problem, self.description = Flag(), "begun", "", Event()
        self.process = context.Process(
            target=target, args=(theirs, str(cache.root), dict(job)), daemon=True
        )
        with shielded_start():
            self.process.start()
        theirs.close()
        self.log.is_over = False
        self.listener = Thread(target=self.listen, args=(self.pipe,), daemon=True)
        self.listener.start()
        if not self.begun.wait(BEGIN):
            self.process.kill()
            raise ProjectError(f"{self.what} did not start within {BEGIN:g} s")
        if not self.description:
            raise UsageError(self.problem or f"{self.what} ended before it started")

    @property
    def name(self) -> str:
        """The name of the run."""
        return str(self.description["run"])

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    def listen(self, pipe: Connection) -> None:
        """Receive the events of the process until it ends."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                self.take(pipe.recv())
        self.process.join()
        if not self.is_over:
            self.take({"type": "state", "state": "failed", "message": "the process ended early"})
        self.log.is_over = True
        self.begun.set()

    def take(self, event: Event) -> None:
        """Record an event."""
        if event["type"] == "state":
            self.state, self.problem = event["state"], event.get("message", "")
        if event["type"] == "begin":
            self.description = event
        self.log.add(event)
        if event["type"] == "begin":
            self.begun.set()

    def send(self, command: str, **more: Any) -> None:
        """Send a command to the process.

        Raises: UsageError when the process has ended.
        """
        with self.lock, contextlib.suppress(OSError):
            if not self.is_over:
                self.pipe.send({"order": command, **more})
                return
        raise UsageError(f"{self.what} of run {self.name} has ended")


def stop_all(works: Iterable[WorkerProcess]) -> list[WorkerProcess]:
    """Stop all work and save it; kill processes that do not stop in time.

    Returns: the killed ones, which are saved up to their last epoch.
    """
    all_works = list(works)
    for work in all_works:
        with contextlib.suppress(UsageError):
            work.send("stop")
    deadline = time.monotonic() + END
    killed = []
    for work in all_works:
        work.process.join(max(0.0, deadline - time.monotonic()))
        if work.process.is_alive():
            work.process.kill()
            killed.append(work)
    return killed


def lower_priority() -> None:
    """Ignore Ctrl-C, which the lab handles, and run at low priority."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "SIGHUP"):  # when the terminal closes; the lab receives it, too
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICE)


@contextlib.contextmanager
def reporting_problems(pipe: Connection) -> Iterator[None]:
    """Report errors to the lab in one line, unless the lab has ended."""
    try:
        yield
    except ProjectError as error:
        kind = type(error).__name__
        pipe.send({"type": "state", "state": "failed", "kind": kind, "message": str(error)})
    except MemoryError:
        pipe.send({"type": "state", "state": "failed", "message": "not enough memory"})
    except (ConnectionError, EOFError):
        pass  # the lab has ended, and the state is saved
