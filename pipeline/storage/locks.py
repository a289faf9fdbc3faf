"""Locks: processes wait for the same work, and one process owns a folder.

A lock saves work but protects nothing: every file is published atomically and checked by its hash.
So results are correct even where locks have no effect, as on some shared disks.
"""

import contextlib
import os
import platform
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from pipeline.errors import CorruptError, MissingError, StorageError
from pipeline.progress import SILENT, ProgressReporter
from pipeline.storage.cache import Cache, remove_quietly
from pipeline.storage.checksummed_json import publish_json, read_json

if TYPE_CHECKING:
    import filelock

PATIENCE = 600.0  # seconds; a longer holder may be stopped, or on a dead machine
LOCK_FILE, OWNER_FILE = "owner.lock", "owner.json"  # in a folder with one writing process
OWNER_PATIENCE = 1.0  # seconds for an owner that is about to end, or only checks the lock


@contextlib.contextmanager
def work_lock(cache: Cache, name: str, reporter: ProgressReporter = SILENT) -> Iterator[None]:
    """Hold the lock of this name while working; wait for it up to `PATIENCE`."""
    lock = acquire(cache, name, reporter)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()


def acquire(cache: Cache, name: str, reporter: ProgressReporter) -> "filelock.BaseFileLock | None":
    """Acquire a lock; None if that is not possible: work without it."""
    import filelock

    path = cache.lock(name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            reporter.note(f"another process is working on {name}; waiting for it")
            lock.acquire(timeout=PATIENCE)
    except (OSError, NotImplementedError):  # a Timeout is an OSError, too
        return None
    return lock


@contextlib.contextmanager
def file_lock(path: Path) -> Iterator[None]:
    """Hold the lock of a file while reading and rewriting it."""
    import filelock

    lock = filelock.FileLock(path.with_suffix(".lock"))
    try:
        if path.parent.is_dir():  # which filelock would create
            lock.acquire(timeout=PATIENCE)
    except (OSError, NotImplementedError):
        pass
    try:
        yield
    finally:
        lock.release()


@dataclass(frozen=True)
class Owner:
    """The only process that writes a folder."""

    pid: int
    host: str
    since: str  # UTC, as in 2026-11-30 08:38:15

    def __post_init__(self) -> None:
        if (type(self.pid), type(self.host), type(self.since)) != (int, str, str):
            raise TypeError(f"not an owner: {self}"[:200])

    @property
    def is_here(self) -> bool:
        """Return whether this process runs on this machine."""
        return self.host == platform.node()


@dataclass
class Ownership:
    """A folder that this process owns, and the number of its holders."""

    lock: "filelock.BaseFileLock | None"  # None if locks are not supported
    holders: int = 0


OWNED: dict[tuple[int, Path], Ownership] = {}  # by process (a fork owns nothing) and folder
GUARD = RLock()


@contextlib.contextmanager
def own_folder(folder: Path, what: str) -> Iterator[bool]:
    """Own a folder as its only writing process; `what` names it in errors.

    A process that owns a folder may own it again; its end frees the folder. Without locks, or
    without the folder, nothing is held: a writer must compare the files with those it read.

    Yields: whether it is held; then unfinished files there belong to dead processes.
    Raises: StorageError if another process owns it.
    """
    place = os.getpid(), folder.absolute()
    with GUARD:
        owned = OWNED.get(place) or Ownership(take_folder(folder, what))
        OWNED[place] = owned
        owned.holders += 1
    try:
        yield owned.lock is not None
    finally:
        with GUARD:
            owned.holders -= 1
            if owned.holders == 0:
                del OWNED[place]
                release_folder(folder, owned.lock)


def take_folder(folder: Path, what: str) -> "filelock.BaseFileLock | None":
    """Acquire the lock of a folder, and write its owner; None without locks.

    Raises: StorageError if another process owns it.
    """
    lock = try_lock(folder, OWNER_PATIENCE, what)
    if lock is not None:
        since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
        owner = Owner(os.getpid(), platform.node(), since)
        with contextlib.suppress(StorageError):  # a full disk: the lock counts
            publish_json(folder / OWNER_FILE, asdict(owner), make_folder=False)
    return lock


def release_folder(folder: Path, lock: "filelock.BaseFileLock | None") -> None:
    """Release a folder; the lock file stays, because waiting processes have it open."""
    if lock is not None:
        remove_quietly(folder / OWNER_FILE)
        lock.release()


def try_lock(folder: Path, seconds: float, what: str) -> "filelock.BaseFileLock | None":
    """Acquire the lock of a folder within `seconds`; None without locks.

    Raises: StorageError if another process owns it.
    """
    import filelock

    if not folder.is_dir():  # which filelock would create
        return None
    lock = filelock.FileLock(folder / LOCK_FILE, thread_local=False)  # any thread may release it
    try:
        lock.acquire(timeout=seconds)
    except filelock.Timeout:
        raise owned_by_other(folder, what) from None
    except (OSError, NotImplementedError):
        return None
    return lock


def require_free(folder: Path, what: str) -> None:
    """Require that no process owns a folder.

    Raises: StorageError.
    """
    if (folder / LOCK_FILE).exists():
        with GUARD:
            if (os.getpid(), folder.absolute()) in OWNED:
                raise owned_by_other(folder, what)
            if (lock := try_lock(folder, 0, what)) is not None:
                lock.release()


def is_owned(folder: Path) -> bool | None:
    """Return whether a process owns a folder; None without a lock file."""
    if not (folder / LOCK_FILE).exists():
        return None
    try:
        require_free(folder, "")
    except StorageError:
        return True
    return False


def owned_by_other(folder: Path, what: str) -> StorageError:
    """Return the error for a folder that another process owns."""
    try:
        owner = Owner(**read_json(folder / OWNER_FILE))
    except (CorruptError, MissingError, StorageError, TypeError):
        return StorageError(f"{what} is in use by another process", "Wait until it ends")
    end = f"kill {owner.pid}" if os.name == "posix" else f"taskkill /PID {owner.pid}"
    where = "" if owner.is_here else f" on {owner.host}"
    return StorageError(
        f"{what} is in use by process {owner.pid} on {owner.host} since {owner.since} UTC",
        f"Wait until it ends, or end it{where}: {end}",
    )
