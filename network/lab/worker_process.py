"""A process that works for the lab: commands go in through a pipe, events come back."""

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

BEGIN = 60.0  # seconds that work may take to begin
END = 1.4  # seconds that it has to save, when the lab ends
NICE = 5  # how far it stands back behind the page and everything else
OVER = {"ended", "stopped", "failed"}


class WorkerProcess:
    """What is done in a process of its own: the first it tells is `begin`, with the run's name."""

    what = "the work"

    def __init__(
        self,
        target: Callable[..., None],
        cache: Cache,
        job: Mapping[str, Any],
        log: EventLog | None = None,
    ) -> None:
        """Start the process, and wait until it has begun.

        Raises: UsageError with what keeps it from beginning.
        """
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.log, self.lock = log or EventLog(), Lock()
        self.begun, self.state, self.problem, self.description = Flag(), "begun", "", Event()
        self.process = context.Process(
            target=target, args=(theirs, str(cache.root), dict(job)), daemon=True
        )
        self.process.start()
        theirs.close()
        self.log.is_over = False
        self.listener = Thread(target=self.listen, args=(self.pipe,), daemon=True)
        self.listener.start()
        if not self.begun.wait(BEGIN):
            self.process.kill()
            raise ProjectError(f"{self.what} has not begun in {BEGIN:g} s")
        if not self.description:
            raise UsageError(self.problem or f"{self.what} has ended before it began")

    @property
    def name(self) -> str:
        """The name of the run that it is about."""
        return str(self.description["run"])

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    def listen(self, pipe: Connection) -> None:
        """Take in what the process tells, until it ends."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                self.take(pipe.recv())
        self.process.join()
        if not self.is_over:
            self.take({"type": "state", "state": "failed", "message": "its process has died"})
        self.log.is_over = True
        self.begun.set()

    def take(self, event: Event) -> None:
        """Take in one event."""
        if event["type"] == "state":
            self.state, self.problem = event["state"], event.get("message", "")
        if event["type"] == "begin":
            self.description = event
        self.log.add(event)
        if event["type"] == "begin":
            self.begun.set()

    def send(self, command: str, **more: Any) -> None:
        """Send the process a command.

        Raises: UsageError when it is over.
        """
        with self.lock, contextlib.suppress(OSError):
            if not self.is_over:
                self.pipe.send({"order": command, **more})
                return
        raise UsageError(f"{self.what} of run {self.name} is over")


def stop_all(works: Iterable[WorkerProcess]) -> list[WorkerProcess]:
    """Stop what is being done, each saved as far as it has come; what cannot stop is ended.

    Returns: what was ended; a training stands at the end of an epoch then.
    """
    all_works = list(works)
    for work in all_works:
        with contextlib.suppress(UsageError):
            work.send("stop")
    deadline = time.monotonic() + END
    ended = []
    for work in all_works:
        work.process.join(max(0.0, deadline - time.monotonic()))
        if work.process.is_alive():
            work.process.kill()
            ended.append(work)
    return ended


def lower_priority() -> None:
    """Leave Ctrl-C, which reaches the whole group, to the lab, and the machine to who needs it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "SIGHUP"):  # of a terminal that closes; the lab hears it, too
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(NICE)


@contextlib.contextmanager
def reporting_problems(pipe: Connection) -> Iterator[None]:
    """Tell the lab of an error in one line, and nobody when the lab has gone."""
    try:
        yield
    except ProjectError as error:
        kind = type(error).__name__
        pipe.send({"type": "state", "state": "failed", "kind": kind, "message": str(error)})
    except MemoryError:
        pipe.send({"type": "state", "state": "failed", "message": "not enough memory"})
    except (BrokenPipeError, EOFError):
        pass  # all is saved
