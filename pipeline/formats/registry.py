"""The supported formats, in the order in which a source is tried."""

from pathlib import Path

from pipeline.errors import COPY_AGAIN, CorruptError, MissingError, UsageError
from pipeline.formats.arrays.mat import MAT
from pipeline.formats.arrays.npy import NPY
from pipeline.formats.arrays.npz import NPZ
from pipeline.formats.arrays.pickles import PICKLE
from pipeline.formats.csv.read import CSV
from pipeline.formats.folders.litter import count_kinds
from pipeline.formats.folders.nested import find_layout_error
from pipeline.formats.folders.pictures import PNG
from pipeline.formats.folders.torchvision import TORCHVISION
from pipeline.formats.idx_files import IDX, IDX_GZ
from pipeline.formats.source import Format, Writer
from pipeline.formats.streams import beginning
from pipeline.formats.tables.arff import ARFF
from pipeline.formats.tables.parquet import PARQUET
from pipeline.storage.content import describe_content, describe_start

FORMATS: dict[str, Format] = {
    it.name: it for it in (NPZ, NPY, MAT, PARQUET, ARFF, IDX, IDX_GZ, TORCHVISION, PICKLE, CSV, PNG)
}
WRITERS: dict[str, Writer] = {
    name: it.write for name, it in FORMATS.items() if it.write is not None
}


READ = (
    "Expected a folder of pictures, LABEL/name.png or train/LABEL/name.png; or IDX files, .csv, "
    ".npz, .npy, .mat, .parquet, .arff or .pickle; or a .zip or .tar.gz of these"
)
SAVE = "In Python: np.savez('mine.npz', x_train=images, y_train=labels), and import that"
WAYS_OUT = {  # by what a file is
    "archive": "Unpack it, and name the folder",
    "bzip2": "Unpack it, and name its content",
    "xz data": "Unpack it, and name its content",
    "Zstandard": "Unpack it, and name its content",
    "web page": "Download the file itself",
    "Git LFS": "Fetch the file itself with git lfs pull",
    "document": "Save its table as CSV",
    "picture": "Put pictures into folders that are named after their classes: LABEL/name.png",
    "HDF5": SAVE,
    "TFRecord": SAVE,
    "LIBSVM": SAVE,
    "Arrow": SAVE,
    "MATLAB": SAVE,
    "joblib": SAVE,
    "database": SAVE,
    "JSON": SAVE,
    "file of R": SAVE,
}


def find_format(path: Path) -> Format:
    """Find the format of a source from its content.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    if not path.is_dir() and not path.is_file():
        if path.exists():
            raise UsageError(f"{path}: neither a file nor a folder")
        raise MissingError(f"{path} not found", "Name a file or a folder with images")
    for it in FORMATS.values():
        if it.recognises(path):
            return it
    if path.is_dir():
        if (error := find_layout_error(path)) is not None:
            raise error
        raise CorruptError(f"{path}: no supported files found; it holds {count_kinds(path)}", READ)
    start = beginning(path)
    found = describe_start(start)
    expected = READ if describe_content(start) else f"If it is damaged: {COPY_AGAIN}. {READ}"
    way_out = next((it for kind, it in WAYS_OUT.items() if kind in found), expected)
    raise CorruptError(f"{path}: format not supported; {found}", way_out)


def find_writer(name: str) -> tuple[Format, Writer]:
    """Return a format for exports, and the function that writes it.

    Raises: UsageError.
    """
    if name not in WRITERS:
        formats = ", ".join(WRITERS)
        raise UsageError(f'format "{name}" not found; the formats are {formats}')
    return FORMATS[name], WRITERS[name]
