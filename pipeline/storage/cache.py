"""The cache folder, and atomic writing of files."""

import contextlib
import errno
import glob
import hashlib
import itertools
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CorruptError, MissingError, StorageError, UsageError
from pipeline.storage.arguments import checked
from pipeline.storage.log import log_step
from pipeline.storage.user_config import read_user_config, user_config_path

DISTRIBUTION = "mnist-neural-net"
ENVIRONMENT_VARIABLE = "MNIST_CACHE_DIR"
STALE_SECONDS = 3600.0  # age at which a temporary file belongs to a killed process
REPLACE_PATIENCE, REPLACE_PAUSE = 1.0, 0.05  # seconds for another process to close a file
PIECE_BYTES = 1 << 20  # read at once
FILE_KINDS = {  # other than regular files
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


ELSEWHERE = "choose another folder with --cache-dir"
ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "Free some space"),
    **dict.fromkeys((errno.EACCES, errno.EPERM), "Give yourself permission to write there"),
}


@dataclass(frozen=True)
class Cache:
    """The cache folder, and the place of each kind of file in it.

    Example:
        >>> Cache(Path("/data"), "an example").pickle("mnist", "train").as_posix()
        '/data/pickles/mnist_train.pickle'
    """

    root: Path
    rule: str = field(repr=False)  # that chose this folder, for `pipeline where`

    def raw(self, dataset: str) -> Path:
        """The folder of a dataset's raw files."""
        return self.root / "raw" / dataset

    def pickle(self, dataset: str, split: str) -> Path:
        """The pickle of one split."""
        return self.root / "pickles" / f"{dataset}_{split}.pickle"

    def manifest(self, dataset: str) -> Path:
        """The manifest of a dataset: hashes of its pickles and of their inputs."""
        return self.root / "pickles" / f"{dataset}.json"

    def record(self, dataset: str) -> Path:
        """The record of a dataset that the user imported."""
        return self.raw(dataset) / "dataset.json"

    def lock(self, name: str) -> Path:
        """The lock file of processes that do the same work."""
        return self.root / "locks" / f"{name}.lock"

    def pictures(self) -> Path:
        """The folder of pictures written without `--out`."""
        return self.root / "pictures"

    def runs(self) -> Path:
        """The folder of training runs, one folder each."""
        return self.root / "runs"

    def sweeps(self) -> Path:
        """The folder of searches for hyperparameters, one folder each."""
        return self.root / "sweeps"


@checked
def find_cache(cache_dir: Path | str | None = None) -> Cache:
    """Return the cache folder, from the first rule that applies.

    The rules: `cache_dir`, environment, user's configuration, checkout, user's cache folder. The
    working directory has no effect, so a command means the same in every folder; only a relative
    path in `cache_dir` or in the environment begins there.

    Raises: UsageError, StorageError.

    Example:
        >>> find_cache(Path("/data")).root == Path("/data").absolute()
        True
    """
    if cache_dir is not None:
        return Cache(find_folder(cache_dir, "--cache-dir"), "--cache-dir")
    if from_environment := os.environ.get(ENVIRONMENT_VARIABLE):
        return Cache(find_folder(from_environment, ENVIRONMENT_VARIABLE), ENVIRONMENT_VARIABLE)
    if (configured := read_user_config().cache_dir) is not None:
        rule = f"cache_dir in {user_config_path()}"
        if not configured.startswith("~") and not Path(configured).is_absolute():
            raise UsageError(f'{rule} is "{configured}"; expected the whole path, from / or ~')
        return Cache(find_folder(configured, rule), rule)
    if (checkout := find_checkout()) is not None:
        return Cache(checkout / "cache", "the checkout that this code runs from")
    import platformdirs

    try:
        folder = platformdirs.user_cache_path("mnist-neural-net").expanduser()  # or with a ~
    except RuntimeError as error:
        raise UsageError(
            "no home folder found for the cache", "Choose a folder with --cache-dir"
        ) from error
    return Cache(folder, "the user's cache folder")


def find_folder(named: Path | str, named_by: str) -> Path:
    """Return the folder that a user named; it may not exist yet.

    Raises: UsageError for an empty name, StorageError for a file.
    """
    if named == "":
        raise UsageError(f"{named_by} is empty; expected a folder")
    path = absolute(Path(named), named_by)
    if os.path.exists(path) and not os.path.isdir(path):  # noqa: PTH110, PTH112 - a Path fails
        found = "a file" if os.path.isfile(path) else "a device"  # noqa: PTH113 - for a long name
        raise StorageError(
            f"{named_by} is {path}, which is {found}; expected a folder",
            "Choose another with --cache-dir",
        )
    return path


def absolute(path: Path, named_by: str) -> Path:
    """Return a user's path as an absolute path.

    Raises: UsageError for a ~name of no user, StorageError if the working directory is gone.
    """
    try:
        return path.expanduser().absolute()
    except FileNotFoundError as error:
        raise StorageError(
            f"{named_by} is {path}, and the working directory is gone", "Change to another folder"
        ) from error
    except RuntimeError as error:
        raise UsageError(f"{named_by} is {path}; no user of that name has a home folder") from error


def find_checkout() -> Path | None:
    """Return the repository that this code runs from, or None for an installed copy.

    It is found by its content, a `pyproject.toml` with the project's name and the folder `cache`,
    so a module can move.
    """
    for folder in Path(__file__).resolve().parents:
        project = folder / "pyproject.toml"
        if project.is_file() and (folder / "cache" / "README.md").is_file():
            is_ours = f'name = "{DISTRIBUTION}"' in project.read_text("utf-8")
            return folder if is_ours else None
    return None


class Digest(NamedTuple):
    """The size and hash of a file's content."""

    size: int  # bytes
    sha256: str  # 64 hexadecimal digits


def compute_digest(path: Path) -> Digest:
    """Read a file once and return its size and hash."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Digest(file.tell(), sha256)


def publish(
    path: Path,
    chunks: Iterable[bytes | memoryview],
    check: Callable[[Path, Digest], None] | None = None,
    make_folder: bool = True,
) -> Digest:
    """Write a file atomically. Every cached file is written by this function.

    The chunks go to a new file with a unique name next to the target. It is forced to disk,
    checked, and renamed to the target in one step; then the folder is forced to disk. If this ends
    early, even by a power failure, the earlier file remains. Without `make_folder`, a folder that
    was removed meanwhile is not created again.

    Raises: StorageError if the disk or the folder refuses; the errors of `chunks` and `check`.
    """
    require_replaceable(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        remove_stale_parts(path)
        with temporary.open("xb") as file:
            digest = write_chunks(file.write, chunks)
            file.flush()
            check_size(temporary, os.fstat(file.fileno()).st_size, digest.size)
            os.fsync(file.fileno())
            if check is not None:  # last, because it may compare the new file with the old one
                check(temporary, digest)
        replace_file(temporary, path)
        sync_folder(path.parent)
        log_step("wrote %s, %d bytes, sha256 %s", path, digest.size, digest.sha256)
    except OSError as error:
        raise storage_error(f"cannot write {path}", error) from error
    finally:
        remove_quietly(temporary)
    return digest


def require_replaceable(path: Path) -> None:
    """Require that a path is free or a file, not a device, pipe or folder.

    Raises: StorageError.
    """
    try:
        mode = path.stat().st_mode
    except OSError:  # no such file, or writing it raises a clearer error
        return
    if not stat.S_ISREG(mode):
        kind = FILE_KINDS.get(stat.S_IFMT(mode), "something else")
        raise StorageError(
            f"cannot write {path}: it is {kind}; expected a file", "Choose the name of a file"
        )


def replace_file(made: Path, path: Path) -> None:
    """Rename a finished file to a target that another process may be reading.

    On Windows that fails until the reader closes it.

    Raises: OSError.
    """
    deadline = time.monotonic() + REPLACE_PATIENCE
    while True:
        try:
            made.replace(path)
        except PermissionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(REPLACE_PAUSE)
        else:
            return


def check_size(path: Path, kept: int, written: int) -> None:
    """Require that the disk kept all bytes.

    Raises: OSError.
    """
    if kept != written:
        raise OSError(errno.EIO, f"the disk kept {kept:,} of {written:,} bytes", str(path))


def write_chunks(
    write: Callable[[bytes | memoryview], int], chunks: Iterable[bytes | memoryview]
) -> Digest:
    """Write every chunk, and return the size and hash of all of them."""
    sha256 = hashlib.sha256()
    size = 0
    for chunk in chunks:
        write(chunk)
        sha256.update(chunk)
        size += len(chunk)
    return Digest(size, sha256.hexdigest())


def remove_stale_parts(path: Path) -> None:
    """Remove the temporary files that killed processes left next to a target."""
    remove_parts(path.parent, f".{glob.escape(path.name)}.*.part", STALE_SECONDS)


def remove_parts(folder: Path, pattern: str, seconds: float = 0) -> None:
    """Remove temporary files older than `seconds`; 0 removes all of them."""
    for part in folder.glob(pattern):
        with contextlib.suppress(OSError):  # another process was faster
            if seconds == 0 or time.time() - part.lstat().st_mtime > seconds:
                if part.is_dir():
                    shutil.rmtree(part)
                else:
                    part.unlink()


def remove_quietly(path: Path) -> None:
    """Remove a file if it exists; errors are ignored to keep an earlier one."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Force a folder's list of names to disk, if the system can (not Windows)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # shared disks may not support it
                raise
        finally:
            os.close(descriptor)


def replace_folder(made: Path, place: Path, old: Path) -> None:
    """Rename a finished folder to its place, and an earlier folder to `old`.

    If that fails, the earlier folder is restored.

    Raises: OSError.
    """
    if place.exists():
        place.rename(old)
    try:
        made.rename(place)
    except BaseException:
        if old.exists():
            old.rename(place)
        raise
    sync_folder(place.parent)


@contextlib.contextmanager
def reading(path: Path, hint: str = "") -> Iterator[None]:
    """Convert system errors during reading to our errors.

    Raises: MissingError with the hint if the file does not exist, StorageError.
    """
    log_step("read %s", path)
    try:
        yield
    except FileNotFoundError as error:
        raise MissingError(f"{path} not found", hint) from error
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error


def require_regular_file(path: Path, max_bytes: int | None = None, hint: str = "") -> int:
    """Return the size of a regular file; pipes and devices have no end.

    Raises: MissingError with the hint, StorageError for anything else, CorruptError for a larger
    file.
    """
    with reading(path, hint):
        status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        kind = FILE_KINDS.get(stat.S_IFMT(status.st_mode), "something else")
        raise StorageError(f"cannot read {path}: it is {kind}; expected a file")
    if max_bytes is not None and status.st_size > max_bytes:
        what = f"{path}: {status.st_size:,} bytes; expected {max_bytes:,} at most"
        raise CorruptError(what, hint or "Name a smaller file")
    return status.st_size


def read_whole(path: Path, max_bytes: int) -> bytes:
    """Read a whole regular file of at most `max_bytes` bytes.

    Raises: MissingError, StorageError for anything else, CorruptError for a larger file.
    """
    size = require_regular_file(path, max_bytes)
    with reading(path), path.open("rb") as file:
        return file.read(size)


def read_at_most(path: Path, size: int) -> bytes:
    """Read a regular file up to one byte more than `size`.

    Memory grows with the content.

    Raises: MissingError, StorageError, also if it is not a regular file.
    """
    require_regular_file(path)
    with reading(path), path.open("rb") as file:
        pieces = iter(lambda: file.read(PIECE_BYTES), b"")  # `read(size)` reserves it all
        return b"".join(itertools.islice(pieces, size // PIECE_BYTES + 1))[: size + 1]


def storage_error(what: str, error: OSError) -> StorageError:
    """Return the error for a file that the system could not write, with advice by its cause."""
    advice = ADVICE.get(error.errno or 0, "")
    hint = f"{advice}, or {ELSEWHERE}" if advice else ELSEWHERE.capitalize()
    return StorageError(f"{what}: {error.strerror or error}", hint)
