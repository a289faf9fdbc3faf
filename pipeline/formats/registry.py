"""The formats that we know, in the order in which a source is tried."""

from pathlib import Path

from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.formats.arff import ARFF
from pipeline.formats.csv_file import CSV
from pipeline.formats.folder import PNG
from pipeline.formats.idx_files import IDX, IDX_GZ
from pipeline.formats.mat import MAT
from pipeline.formats.npy import NPY
from pipeline.formats.npz import NPZ
from pipeline.formats.parquet import PARQUET
from pipeline.formats.pickle_files import PICKLE
from pipeline.formats.source import Format, Writer
from pipeline.formats.streams import beginning
from pipeline.formats.torchvision_folder import TORCHVISION

# any folder could be one of images, so that comes last
FORMATS: dict[str, Format] = {
    it.name: it for it in (NPZ, NPY, MAT, PARQUET, ARFF, IDX, IDX_GZ, TORCHVISION, PICKLE, CSV, PNG)
}
WRITERS: dict[str, Writer] = {
    name: it.write for name, it in FORMATS.items() if it.write is not None
}


def find_format(path: Path) -> Format:
    """Find the format of a source by looking into it.

    Raises: MissingError, StorageError, CorruptError.
    """
    if not path.is_dir() and not path.is_file():
        if path.exists():
            raise UsageError(f"{path}: neither a file nor a folder")
        raise MissingError(f"{path} is not there", "Name a file or a folder with images")
    for it in FORMATS.values():
        if it.recognises(path):
            return it
    raise CorruptError(
        f"{path}: nothing that we can read, it begins with {beginning(path, 8)!r}",
        "Give a folder of images, or a .csv, .npz, .pickle or IDX file",
    )


def find_writer(name: str) -> tuple[Format, Writer]:
    """Return a format that datasets can be exported to, and the function that writes it.

    Raises: UsageError.
    """
    if name not in WRITERS:
        raise UsageError(f"no format is called {name!r}, we write {', '.join(WRITERS)}")
    return FORMATS[name], WRITERS[name]
