"""Images for prediction, without labels or with labels that are ignored.

They are read by the readers of an import. A file is read alone, without its neighbours, and
labels in it are ignored.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import ProjectError
from pipeline.formats.arrays.unlabelled import READERS, read_array_images
from pipeline.formats.classes import natural_key
from pipeline.formats.csv.header import LIST_OF_FILES
from pipeline.formats.csv.read import CSV
from pipeline.formats.csv.unlabelled import read_csv_images
from pipeline.formats.folders.litter import is_picture, list_folder
from pipeline.formats.idx_files import IDX, IDX_GZ, check_stream
from pipeline.formats.numbers import SAVEZ
from pipeline.formats.open_source import Place, is_read, locate, open_source
from pipeline.formats.registry import READ, SAVE, find_format
from pipeline.formats.source import Images, ReadOptions, Source, Unlabelled
from pipeline.formats.streams import parse_name, visible_files
from pipeline.storage.cache import reading
from pipeline.storage.content import describe_content
from pipeline.storage.idx import open_idx

HEAD_BYTES = 512
MAX_LEVELS = 8  # of folders in folders
SAVE_IMAGES = 'In Python: np.savez("mine.npz", images), and predict that'
READ_IMAGES = (
    "Expected a picture, a folder of pictures, or images in IDX files, .csv, .npz, .npy, .mat, "
    ".parquet, .arff or .pickle; or a .zip or .tar.gz of these"
)
WAYS_OUT = {
    SAVEZ: SAVE_IMAGES,
    SAVE: SAVE_IMAGES,
    READ: READ_IMAGES,
    LIST_OF_FILES: "A list of pictures? Name the pictures, or their folder",
    "with --grey": "first",
    "with --resize": "first",
}


class Input(NamedTuple):
    """A file to predict, and its name in printed lines."""

    path: Path
    name: str
    is_picture: bool  # or it holds many images, of 28x28


def list_inputs(path: Path, workspace: Path) -> list[Input]:
    """List the inputs of a path: a picture, a file of images, or several pictures.

    Raises: MissingError, StorageError, CorruptError.
    """
    if is_picture_file(path):
        return [Input(path, str(path), True)]
    place = Place(path, workspace.resolve())
    try:
        if pictures := find_pictures(path):
            return [Input(it, str(it), True) for it in pictures]
        locate(place)
        if place.path.is_dir() and (pictures := find_pictures(place.path)):
            return [Input(it, place.rename(str(it)), True) for it in pictures]
        if place.path.is_dir() and (test := find_test_file(place.path)):
            place.path = test
        if place.path.is_dir() and not is_read(place.path):
            find_format(place.path)  # raises the error
        return [Input(place.path, place.rename(str(place.path)), is_picture_file(place.path))]
    except ProjectError as error:
        error.message, error.hint = place.rename(error.message), for_prediction(error.hint)
        raise


def is_picture_file(path: Path) -> bool:
    """Return whether a path is a picture, or cannot hold several images."""
    if path.is_dir():
        return False
    if not path.is_file():
        return True  # its reader raises the error
    with reading(path), path.open("rb") as file:
        return describe_content(file.read(HEAD_BYTES)).endswith(" picture") or is_picture(path)


def find_pictures(folder: Path, levels: int = MAX_LEVELS) -> list[Path]:
    """List the pictures in a folder and the folders in it, in natural order."""
    if not folder.is_dir() or not levels:
        return []
    listing = list_folder(folder)
    found = sorted(filter(is_picture, listing.files), key=lambda it: natural_key(it.name))
    for inner in sorted(listing.folders, key=lambda it: natural_key(it.name)):
        found += find_pictures(inner, levels - 1)
    return found


def find_test_file(folder: Path) -> Path | None:
    """Return the only file of test images in a folder, as in Kaggle's folders."""
    found = [it for it in visible_files(folder) if parse_name(it.stem).split == "test"]
    return found[0] if len(found) == 1 else None


@contextmanager
def open_images(path: Path, workspace: Path, highest: float | None = None) -> Iterator[Unlabelled]:
    """Open a file of images; labels in it are ignored, and the number of full ink may be given.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    alone = workspace.resolve() / "alone"
    alone.mkdir(parents=True, exist_ok=True)
    name = path.name if path.name.strip(".") else path.resolve().name  # of `.` and `..`, too
    file = alone / (name or "images")

    def rename(text: str) -> str:
        return text.replace(str(file), str(path)).replace(str(alone), str(path))

    try:
        file.symlink_to(path.resolve())
        with images_alone(file, workspace, ReadOptions(highest=highest)) as images:
            yield replace(
                images,
                notes=tuple(map(rename, images.notes)),
                late_notes=lambda: tuple(map(rename, images.late_notes())),
            )
    except ProjectError as error:
        error.message, error.hint = rename(error.message), for_prediction(error.hint)
        raise
    finally:
        file.unlink(missing_ok=True)


def for_prediction(hint: str) -> str:
    """Convert a hint for an import to a hint for a prediction."""
    for words, others in WAYS_OUT.items():
        hint = hint.replace(words, others)
    return hint


@contextmanager
def images_alone(path: Path, workspace: Path, options: ReadOptions) -> Iterator[Unlabelled]:
    """Open a file that lies alone in its folder."""
    name = find_format(path).name
    if name in READERS:
        yield read_array_images(path, name, options)
    elif name == CSV.name and path.is_file():
        yield read_csv_images(path, options)
    elif name in (IDX.name, IDX_GZ.name) and path.is_file():
        yield Unlabelled(partial(idx_images, path))
    else:
        with open_source(path, options, workspace) as opened:
            yield all_images(path, opened.source)


def all_images(path: Path, source: Source) -> Unlabelled:
    """Return the images of all parts, with a note on the parts."""
    splits = ", then ".join(str(it.split) for it in source.parts)
    several = [f"{path}: predicted: the images of {splits}"] if len(source.parts) > 1 else []
    return Unlabelled(
        lambda: (images for part in source.parts for images in part.all_images()),
        (*source.notes, *several),
        is_scaled=source.is_scaled,
        late_notes=source.late_notes,
    )


def idx_images(path: Path) -> Iterator[Images]:
    """Yield the images of an IDX file."""
    with open_idx(path) as stream:
        check_stream(path, stream, IMAGE_SHAPE, np.dtype(np.uint8))
        yield from stream.read_items()
