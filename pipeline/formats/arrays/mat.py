"""MATLAB files of version 5 (-v6 and -v7), such as those of EMNIST and SVHN.

Version 7.3 is another format, HDF5, with the same suffix; its error explains how to convert it.
"""

from pathlib import Path

from pipeline.errors import CorruptError
from pipeline.formats.arrays.mat_elements import HEADER_BYTES, byte_order, read_variables
from pipeline.formats.arrays.named import NamedArray, collect_arrays
from pipeline.formats.arrays.read import source_of_arrays
from pipeline.formats.classes import read_classes
from pipeline.formats.numbers import SAVEZ
from pipeline.formats.source import Format, ReadOptions, Source
from pipeline.formats.streams import beginning
from pipeline.storage.cache import read_at_most, reading

SUFFIX = ".mat"
MAX_BYTES = 1 << 31  # of a file
HDF5 = b"\x89HDF\r\n\x1a\n"
NEWER = b"MATLAB 7.3"


def recognises(path: Path) -> bool:
    """Return whether a path is a MATLAB file, by its header or its name."""
    start = beginning(path, HEADER_BYTES)
    is_named_so = path.is_file() and path.name.lower().endswith(SUFFIX)
    return is_named_so or start.startswith(NEWER) or byte_order(start) is not None


def read_mat(path: Path, options: ReadOptions) -> Source:
    """Read the variables of a MATLAB file.

    Raises: MissingError, StorageError, CorruptError.
    """
    return source_of_arrays(path, mat_arrays(path), options, read_classes(path.parent))


def mat_arrays(path: Path) -> list[NamedArray]:
    """List the arrays among the variables of a MATLAB file.

    Raises: MissingError, StorageError, CorruptError.
    """
    start = beginning(path, 1 << 10)
    if start.startswith(NEWER) or HDF5 in start:
        raise CorruptError(
            f"{path}: a MATLAB file of version 7.3, which is HDF5; expected version 7 or older",
            f'In MATLAB: save("mine.mat", ..., "-v7"). {SAVEZ}',
        )
    with reading(path):
        data = read_at_most(path, MAX_BYTES)
    if len(data) > MAX_BYTES:
        raise CorruptError(f"{path}: more than {MAX_BYTES:,} bytes", SAVEZ)
    return collect_arrays(path, read_variables(path, data))


MAT = Format(
    name="mat",
    title="a MATLAB file of version 5 to 7",
    recognises=recognises,
    read=read_mat,
    can_resize=True,
    can_grey=True,
    has_split_column=True,
)
