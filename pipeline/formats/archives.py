"""Unpacking of ZIP and tar archives into an empty folder, without trusting them.

Nothing is written outside the folder. Links, devices and decompression bombs are refused.

Source: APPNOTE.TXT of PKWARE, sections 4.3 and 4.4; the tar formats of POSIX.1 and GNU.
"""

import errno
import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pipeline.errors import COPY_AGAIN, CorruptError, ProjectError, damaged_file, excerpt
from pipeline.formats.streams import beginning, unzipped
from pipeline.inspection.zips import ZIP_MAGICS, do_overlap, leads_outside
from pipeline.storage.cache import PIECE_BYTES, reading, require_regular_file, storage_error
from pipeline.storage.decompression import BOMB_BYTES, BOMB_RATIO, check_decompression

MAX_MEMBERS = 1_000_000
MAX_UNPACKED = 1 << 33  # bytes; all of EMNIST has 1.1 billion
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ENCRYPTED = 1  # a flag of a member
USTAR = slice(257, 262)  # magic number of a tar archive
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz")
DOCUMENTS = ("[Content_Types].xml", "mimetype")  # members of office documents
OF_THE_NAME = (errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EINVAL)
TORCH = (
    'In Python: images, labels = torch.load("FILE"), then '
    'np.savez("mine.npz", x=images.numpy(), y=labels.numpy()), and import that'
)
UNPACK = "Unpack it, and name the folder"


def is_archive(path: Path) -> bool:
    """Return whether a file is an archive of files; an .npz is one of arrays.

    Raises: MissingError, StorageError, CorruptError for damaged gzip data.
    """
    if is_zip(path):
        return not is_arrays(path)
    name = path.name.lower()
    return beginning(path, 512)[USTAR] == b"ustar" or name.endswith(TAR_SUFFIXES)


def is_zip(path: Path) -> bool:
    """Return whether a file begins like a ZIP archive."""
    with reading(path), path.open("rb") as file:
        return file.read(len(ZIP_MAGICS[0])) in ZIP_MAGICS


def is_arrays(path: Path) -> bool:
    """Return whether a ZIP archive is an .npz, by its name or its content."""
    if path.name.lower().endswith(".npz"):
        return True
    try:
        with reading(path), zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False
    return bool(names) and all(name.endswith(".npy") and "/" not in name for name in names)


def unpack(path: Path, folder: Path) -> None:
    """Unpack an archive into a new folder.

    Raises: MissingError, StorageError, CorruptError (BombError) for an unsafe archive.
    """
    size = require_regular_file(path)
    with failing_as(path):
        folder.mkdir(parents=True)
        if is_zip(path):
            unpack_zip(path, folder, size)
        else:
            unpack_tar(path, folder, size)


@contextmanager
def failing_as(path: Path) -> Iterator[None]:
    """Turn the errors of damaged archives and full disks into project errors."""
    try:
        yield
    except ProjectError:
        raise
    except OSError as error:
        if error.errno is not None and error.errno not in OF_THE_NAME:
            raise storage_error(f"cannot unpack {path}", error) from error
        what = f"{path}: damaged archive ({excerpt(error.strerror or str(error))})"
        raise CorruptError(what, UNPACK) from error
    except Exception as error:  # damaged archives raise nearly every kind
        raise damaged_file(path, "archive", error) from error


def unpack_zip(path: Path, folder: Path, size: int) -> None:
    """Unpack a ZIP archive.

    Raises: CorruptError, and what `zipfile` raises for damaged ones.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        check_members(path, len(members), sum(member.file_size for member in members), size)
        if do_overlap(members):
            raise CorruptError(f"{path}: its members share the same bytes", COPY_AGAIN)
        check_content(path, members)
        for member in members:
            check_member(path, member)
        for member in without_twins(path, members):
            place = place_of(path, folder, member.filename)
            if member.is_dir():
                place.mkdir(parents=True, exist_ok=True)
                continue
            with archive.open(member) as file:
                write_member(place, file, member.file_size)


def without_twins(path: Path, members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    """List the members, each once if it is repeated with the same content.

    Raises: CorruptError if two members of one name differ.
    """
    kept: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        first = kept.setdefault(member.filename, member)
        if (first.CRC, first.file_size) != (member.CRC, member.file_size):
            what = f"{path}: {excerpt(member.filename)} occurs twice with different content"
            raise CorruptError(what, UNPACK)
    return list(kept.values())


def check_members(path: Path, count: int, content_size: int, size: int) -> None:
    """Check the number and the total size of an archive's members.

    Raises: CorruptError (BombError).
    """
    if not count:
        raise CorruptError(f"{path}: the archive has no files", COPY_AGAIN)
    if count > MAX_MEMBERS or content_size > MAX_UNPACKED:
        raise CorruptError(
            f"{path}: {count:,} files with {content_size:,} bytes; expected at most "
            f"{MAX_MEMBERS:,} files and {MAX_UNPACKED:,} bytes",
            UNPACK,
        )
    check_decompression(path, content_size, size)


def check_content(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Check that a ZIP archive is not an office document or a PyTorch file.

    Raises: CorruptError.
    """
    names = {member.filename.rpartition("/")[2] for member in members}
    if {"data.pkl", "version"} <= names:
        raise CorruptError(f"{path}: PyTorch files are not supported", TORCH)
    if any(member.filename in DOCUMENTS for member in members):
        is_excel = any(member.filename.startswith("xl/") for member in members)
        what = "an Excel workbook" if is_excel else "an office document"
        raise CorruptError(f"{path}: {what} is not supported", "Save its table as CSV")


def check_member(path: Path, member: zipfile.ZipInfo) -> None:
    """Check that a member of a ZIP archive is a plain file or folder.

    Raises: CorruptError.
    """
    if member.flag_bits & ENCRYPTED:
        hint = "Unpack it with its password, and name the folder"
        raise CorruptError(f"{path}: {excerpt(member.filename)} is encrypted", hint)
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise CorruptError(f"{path}: {excerpt(member.filename)} is a link or a device", UNPACK)
    if member.compress_type not in METHODS:
        what = f"has compression method {member.compress_type}, which is not supported"
        raise CorruptError(f"{path}: {excerpt(member.filename)} {what}", UNPACK)


def unpack_tar(path: Path, folder: Path, size: int) -> None:
    """Unpack a tar archive, gzipped or not.

    Raises: CorruptError, and what `tarfile` raises for damaged ones.
    """
    count = total = 0
    written: set[Path] = set()
    with unzipped(path) as file:
        stream: Any = Limited(path, file, size)
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=Header) as archive:
            for member in archive:
                place = place_of(path, folder, member.name)
                if member.isdir():
                    place.mkdir(parents=True, exist_ok=True)
                    continue
                if not member.isreg() or member.issparse():
                    what = f"{path}: {excerpt(member.name)} is a link or a device"
                    raise CorruptError(what, UNPACK)
                count, total = count + 1, total + member.size
                check_members(path, count, total, size)
                if place in written:  # of repeated members, the last one counts
                    place.unlink()
                written.add(place)
                write_member(place, archive.extractfile(member), member.size)
            check_end(path, archive.fileobj)
    check_members(path, count, total, size)


class Header(tarfile.TarInfo):
    """The header of a tar's member.

    The library takes a header that is missing, cut or damaged for the end of the archive. The end
    is two blocks of zeros.
    """

    @classmethod
    def frombuf(cls, buf: Any, encoding: str, errors: str) -> "Header":
        """Read a header.

        Raises: CorruptError; EOFHeaderError for a block of zeros.
        """
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise EndError("the end is missing, or a header is damaged") from error


class EndError(Exception):
    """A tar archive does not end as it should."""


def check_end(path: Path, rest: Any) -> None:
    """Require that only zeros follow the first block of them, at least one more block.

    Reading on to the end also checks the end of gzip data.

    Raises: CorruptError, EndError.
    """
    count = 0
    while piece := rest.read(PIECE_BYTES):
        count += len(piece)
        if piece.count(0) != len(piece):
            what = f"{path}: more files follow after the end of the archive"
            raise CorruptError(what, f"{UNPACK} (tar --ignore-zeros reads all of them)")
    if count < tarfile.BLOCKSIZE:
        raise EndError("the end is missing")


class Limited:
    """A file with a limit on the bytes read, set by the size of its archive."""

    def __init__(self, path: Path, file: IO[bytes], size: int) -> None:
        self.path = path
        self.file = file
        self.size = size
        self.left = min(MAX_UNPACKED, max(BOMB_BYTES, BOMB_RATIO * size)) + PIECE_BYTES

    def read(self, count: int) -> bytes:
        """Read up to `count` bytes.

        Raises: CorruptError (BombError).
        """
        data = self.file.read(min(count, PIECE_BYTES))
        self.left -= len(data)
        if self.left < 0:
            check_decompression(self.path, MAX_UNPACKED, self.size)
            raise CorruptError(f"{self.path}: more than {MAX_UNPACKED:,} bytes unpacked", UNPACK)
        return data


def place_of(path: Path, folder: Path, name: str) -> Path:
    """Return the destination of a member.

    Raises: CorruptError if it is outside the folder.
    """
    if leads_outside(name):
        what = f'{path}: unpacking "{excerpt(name)}" would write outside the folder'
        raise CorruptError(what, "Pack the files again, with names below one folder")
    return folder.joinpath(*PurePosixPath(name.replace("\\", "/")).parts)


def write_member(place: Path, content: Any, size: int) -> None:
    """Write the content of a member and check its size.

    Raises: CorruptError, OSError.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("xb") as file:
        shutil.copyfileobj(content, file, PIECE_BYTES)
        written = file.tell()
    if written != size:
        what = f"{excerpt(place.name)} has {written:,} bytes; the archive states {size:,}"
        raise CorruptError(what, COPY_AGAIN)


def unpack_together(paths: list[Path], folder: Path) -> None:
    """Unpack several archives, each into a folder of its name.

    An archive with a single entry is moved up: train.csv.zip and test.csv.zip become two files.

    Raises: as `unpack`.
    """
    for path in paths:
        stem = path.name.split(".")[0]
        inner = folder / stem
        unpack(path, inner)
        entries = list(inner.iterdir())
        if len(entries) == 1 and not os.path.lexists(folder / entries[0].name):
            entries[0].rename(folder / entries[0].name)
            inner.rmdir()
