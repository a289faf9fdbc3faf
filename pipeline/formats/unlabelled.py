"""Images whose labels are not known, or do not count: what there is to be predicted.

They come through the readers of an import. Of a file nothing but itself is read, whatever lies
beside it; labels in it are passed over.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError, ProjectError
from pipeline.formats.array_layouts import find_item
from pipeline.formats.arrays import source_of_arrays
from pipeline.formats.classes import natural_key
from pipeline.formats.csv_header import UnlabelledError
from pipeline.formats.csv_labels import survey_images
from pipeline.formats.csv_table import Table, read_pixels
from pipeline.formats.idx_files import IDX, check_stream
from pipeline.formats.litter import is_picture, list_folder
from pipeline.formats.named_arrays import NamedArray, in_memory
from pipeline.formats.npy import NPY, open_array
from pipeline.formats.npz import NPZ
from pipeline.formats.npz_members import read_members
from pipeline.formats.open_source import Place, locate, open_source
from pipeline.formats.registry import find_format
from pipeline.formats.source import Images, ReadOptions, Source
from pipeline.formats.streams import parse_name, visible_files
from pipeline.storage.cache import reading
from pipeline.storage.content import describe_content
from pipeline.storage.idx import open_idx

HEAD_BYTES = 512
MAX_LEVELS = 8  # of folders in folders


class Input(NamedTuple):
    """A file to predict, and what it is called in what is printed."""

    path: Path
    name: str
    is_picture: bool  # or it holds many images, of 28x28


def list_inputs(path: Path, workspace: Path) -> list[Input]:
    """List what a path means: a picture, a file of images, or the pictures in a folder or archive.

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
        return [Input(place.path, place.rename(str(place.path)), is_picture_file(place.path))]
    except ProjectError as error:
        error.message = place.rename(error.message)
        raise


def is_picture_file(path: Path) -> bool:
    """Return whether a path is a picture, or nothing that could hold several."""
    if path.is_dir():
        return False
    if not path.is_file():
        return True  # its reader says what is wrong with it
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
    """Return the one file of test images in a folder, as Kaggle's folders have it."""
    found = [it for it in visible_files(folder) if parse_name(it.stem).split == "test"]
    return found[0] if len(found) == 1 else None


@contextmanager
def open_images(path: Path, workspace: Path) -> Iterator[Iterator[Images]]:
    """Open a file of images, whose labels are passed over where it has some.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    alone = workspace.resolve() / "alone"
    alone.mkdir(parents=True, exist_ok=True)
    file = alone / path.name
    try:
        file.symlink_to(path.resolve())
        with images_alone(file, workspace) as images:
            yield images
    except ProjectError as error:
        error.message = error.message.replace(str(file), str(path)).replace(str(alone), str(path))
        raise
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def images_alone(path: Path, workspace: Path) -> Iterator[Iterator[Images]]:
    """Open a file that lies alone in its folder."""
    name = find_format(path).name
    with ExitStack() as stack:
        try:
            if name == IDX.name:
                images = idx_images(path)
            else:
                opened = stack.enter_context(open_source(path, ReadOptions(), workspace))
                images = all_images(opened.source)
        except UnlabelledError:
            images = csv_images(path)
        except CorruptError:
            arrays = arrays_of(path, name)
            if len(arrays) != 1 or len(arrays[0].shape) < 2 or not find_item(arrays[0].shape[1:]):
                raise
            images = all_images(array_source(path, arrays[0]))
        yield images


def all_images(source: Source) -> Iterator[Images]:
    """Yield the images of all parts."""
    return (images for part in source.parts for images in part.all_images())


def csv_images(path: Path) -> Iterator[Images]:
    """Yield the images of a CSV file without labels."""
    columns, scale, _ = survey_images(path, ReadOptions())
    scale.check(path)
    none = np.empty(0, np.uint16)
    table = Table(path, columns.layouts[0], columns.has_header, scale, {}, none, ())
    return (pixels.reshape(-1, *IMAGE_SHAPE) for pixels in read_pixels(table))


def idx_images(path: Path) -> Iterator[Images]:
    """Yield the images of an IDX file."""
    with open_idx(path) as stream:
        check_stream(path, stream, IMAGE_SHAPE, np.dtype(np.uint8))
        yield from stream.read_items()


def arrays_of(path: Path, name: str) -> list[NamedArray]:
    """List the arrays of a file of NumPy's; none for any other."""
    if name == NPZ.name:
        return [it.named() for it in read_members(path).values()]
    return [open_array(path).named()] if name == NPY.name else []


def array_source(path: Path, images: NamedArray) -> Source:
    """Read an array of images, each with the label 0, as one with labels is read."""
    labels = in_memory(path, "labels", np.zeros(images.shape[0], np.uint8))
    named = NamedArray(path, "images", images.shape, images.kind, images.read, images.is_in_memory)
    return source_of_arrays(path, [named, labels], ReadOptions())
