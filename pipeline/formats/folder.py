"""Folders of image files, one folder a class: LABEL/name.png, or train/LABEL/name.png.

The examples are in the order of the files' names, whatever their class, so an export comes back
in the order that it had.
"""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.datasets.records import IMAGE_SHAPE, Dataset
from pipeline.datasets.user_datasets import SPLIT
from pipeline.errors import CorruptError
from pipeline.formats.classes import (
    classes_file,
    folder_names,
    natural_key,
    numbers_of_names,
    read_classes,
)
from pipeline.formats.source import (
    BESIDE,
    CHUNK,
    Chosen,
    File,
    Format,
    Images,
    Part,
    ReadOptions,
    Source,
)
from pipeline.formats.streams import split_called
from pipeline.storage.cache import reading
from pipeline.storage.pictures import PictureOptions, read_picture

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
PICTURES = PictureOptions(
    types=("PNG", "JPEG", "BMP", "GIF"),
    max_bytes=1 << 26,
    max_pixels=25_000_000,
    is_plain=True,
)
LAYOUT = "expected LABEL/name.png, or train/LABEL/name.png and test/LABEL/name.png"


class Example(NamedTuple):
    """An image file and the name of its class."""

    class_name: str
    path: Path


def read_folder(path: Path, options: ReadOptions) -> Source:
    """List the images of every class; they are decoded when they are asked for.

    Raises: MissingError, StorageError, CorruptError.
    """
    root = path.resolve()
    class_folders = list_class_folders(root)
    if not any(class_folders.values()):
        raise CorruptError(f"{path}: no folders of images in it, {LAYOUT}")
    names = {folder.name for folders in class_folders.values() for folder in folders}
    classes, number_of = numbers_of_names(path, names, read_classes(root))
    parts = []
    for split, folders in class_folders.items():
        examples = [Example(it.name, file) for it in folders for file in list_images(root, it)]
        examples.sort(key=lambda it: (natural_key(it.path.name), it.class_name))
        parts.append(make_part(split, examples, number_of, options.resize))
    return Source(tuple(parts), classes)


def make_part(
    split: str | None, examples: list[Example], number_of: dict[str, int], resize: bool
) -> Part:
    """Make a part of image files, given the number of each class."""
    labels = np.array([number_of[example.class_name] for example in examples], np.uint8)

    def images(chosen: Chosen) -> Iterator[Images]:
        wanted = [examples[i].path for i in chosen.nonzero()[0]]
        for start in range(0, len(wanted), CHUNK):
            yield np.stack([read_image(file, resize) for file in wanted[start : start + CHUNK]])

    return Part(split, labels, images)


def list_class_folders(root: Path) -> dict[str | None, list[Path]]:
    """List the folders of the classes by split; under None when there are no splits.

    Raises: StorageError, CorruptError.
    """
    folders = list_folders(root, root)
    trains = [it for it in folders if split_called(it.name) == "train"]
    if not any(child.is_dir() for it in trains for child in visible(root, it)):
        return {None: folders}
    splits: dict[str | None, list[Path]] = {}
    for folder in folders:
        split = split_called(folder.name)
        if split in splits or not re.fullmatch(SPLIT, split):
            raise CorruptError(f"{folder}: beside train, but no name of another split, {LAYOUT}")
        splits[split] = list_folders(root, folder)
    return splits


def list_folders(root: Path, folder: Path) -> list[Path]:
    """List the folders in a folder that may hold nothing else.

    Raises: StorageError, CorruptError.
    """
    entries = visible(root, folder)
    for entry in entries:
        if not entry.is_dir():
            raise CorruptError(f"{entry}: no folder, {LAYOUT}", "Move it away")
    return entries


def list_images(root: Path, folder: Path) -> list[Path]:
    """List the image files in a class's folder, which may hold nothing else.

    Raises: StorageError, CorruptError.
    """
    entries = visible(root, folder)
    for entry in entries:
        if not entry.is_file() or not entry.name.lower().endswith(SUFFIXES):
            raise CorruptError(f"{entry}: no image, expected {', '.join(SUFFIXES)}", "Move it away")
    return entries


def visible(root: Path, folder: Path) -> list[Path]:
    """List what is in a folder by name, without hidden files and what may lie beside the data.

    Raises: StorageError, and CorruptError for a link that leads out of the root.
    """
    with reading(folder):
        entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
        for entry in entries:
            if entry.is_symlink() and not Path(os.path.realpath(entry)).is_relative_to(root):
                raise CorruptError(
                    f"{entry}: a link that leads out of {root}", "Copy what it means"
                )
    return [it for it in entries if folder != root or it.name not in BESIDE]


def read_image(path: Path, resize: bool) -> NDArray[np.uint8]:
    """Read one image file as grey levels.

    Shapes: (28, 28).

    Raises: MissingError, StorageError, CorruptError.
    """
    grey = read_picture(path, PICTURES)
    if grey.shape == IMAGE_SHAPE:
        return grey
    if not resize:
        raise CorruptError(
            f"{path}: {grey.shape[1]}x{grey.shape[0]} pixels, expected "
            f"{IMAGE_SHAPE[1]}x{IMAGE_SHAPE[0]}",
            "Bring all images to that size with --resize",
        )
    return np.asarray(fit(Image.fromarray(grey)))


def fit(grey: Image.Image) -> Image.Image:
    """Bring an image to 28x28, anti-aliased, with margins of the border's grey if not square."""
    levels = np.asarray(grey)
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    size = IMAGE_SHAPE[1], IMAGE_SHAPE[0]
    return ImageOps.pad(grey, size, Image.Resampling.LANCZOS, color=int(np.median(border)))


def write_folder_of_images(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[File]:
    """Write every image as a PNG named by its place in the split, in the folder of its class."""
    names = folder_names(dataset.classes)
    for part in parts:
        yield from ((f"{part.split}/{name}/", []) for name in names)  # classes without images too
        number = 0
        for images in part.all_images():
            for pixels in images:
                name = names[part.labels[number]]
                yield f"{part.split}/{name}/{number:05}.png", [png(pixels)]
                number += 1
    yield classes_file(dataset.classes)


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Write an image as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


PNG = Format(
    name="png",
    title="a folder of images: train/LABEL/00000.png, ..., test/LABEL/00000.png, ...",
    recognises=lambda path: path.is_dir(),
    read=read_folder,
    write=write_folder_of_images,
    can_resize=True,
)
