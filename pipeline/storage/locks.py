"""Let processes that would do the same work wait for each other.

A lock saves work, it protects nothing: every file is published whole and checked by its hash, so
all stays right where locks do nothing, as on some shared disks.
"""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.progress import SILENT, ProgressReporter
from pipeline.storage.cache import Cache

if TYPE_CHECKING:
    import filelock

PATIENCE = 600.0  # seconds; who holds a lock for longer may be stopped, or on a dead machine


@contextlib.contextmanager
def work_lock(cache: Cache, name: str, reporter: ProgressReporter = SILENT) -> Iterator[None]:
    """Hold the lock of this name while working; wait for who has it, but not for ever."""
    lock = acquire(cache, name, reporter)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def acquire(cache: Cache, name: str, reporter: ProgressReporter) -> "filelock.BaseFileLock | None":
    """Take a lock; None where that cannot be done, and then the work is done without it."""
    import filelock

    path = cache.lock(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            reporter.note(f"another process is at work on {name}; waiting for it")
            lock.acquire(timeout=PATIENCE)
    except (OSError, NotImplementedError):  # a Timeout is an OSError, too
        return None
    return lock
