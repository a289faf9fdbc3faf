"""Folders of image files, one folder a class: LABEL/name.png, or train/LABEL/name.png.

Every file is opened as one of a few named types, and its size is looked at before a pixel of it
is decoded. The order of the examples is that of the files' names, whatever their class, so an
export comes back in the order that it had.
"""

import io
import os
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

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

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
TYPES = ("PNG", "JPEG", "BMP", "GIF")
OPAQUE = ("1", "L", "P", "RGB")  # modes of Pillow: 1 bit, grey, palette, colours
WITH_ALPHA = ("LA", "PA", "RGBA")
MAX_PIXELS = 25_000_000  # a photo has 12 million; a hostile file asks for billions
MAX_BYTES = 1 << 26  # of one image file
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
    with reading(path), path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CorruptError(f"{path}: more than {MAX_BYTES:,} bytes for one image")
    try:
        with warnings.catch_warnings():
            # Pillow warns of size when it opens a file, and we look at it before it decodes one
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=TYPES) as image:
                return grey_levels(path, image, resize)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise too_large(path) from error
    except UnidentifiedImageError as error:
        raise CorruptError(f"{path}: no image of type {', '.join(TYPES)}") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:  # of damaged images
        raise CorruptError(f"{path}: damaged image ({error})") from error


def too_large(path: Path) -> CorruptError:
    """Say that an image has more pixels than any of its kind."""
    return CorruptError(f"{path}: an image of more than {MAX_PIXELS:,} pixels")


def grey_levels(path: Path, image: Image.Image, resize: bool) -> NDArray[np.uint8]:
    """Decode an image that has been opened, if it is one that we accept.

    Raises: CorruptError, and what Pillow raises for damaged images.
    """
    height, width = IMAGE_SHAPE
    if image.width * image.height > MAX_PIXELS:
        raise too_large(path)
    if image.size != (width, height) and not resize:
        raise CorruptError(
            f"{path}: {image.width}x{image.height} pixels, expected {width}x{height}",
            "Bring all images to that size with --resize",
        )
    if getattr(image, "is_animated", False):
        raise CorruptError(f"{path}: a moving image, expected a single one")
    if image.mode not in (*OPAQUE, *WITH_ALPHA):
        raise CorruptError(f"{path}: pixels of kind {image.mode}, expected grey, palette or RGB")
    upright = ImageOps.exif_transpose(image)
    if image.mode in WITH_ALPHA or "transparency" in image.info:
        upright = upright.convert("RGBA")
        if upright.getchannel("A").getextrema() != (255, 255):
            raise CorruptError(f"{path}: transparent in places", "Save it with a background")
        upright = upright.convert("RGB")
    grey = upright.convert("L")
    return np.asarray(fit(grey) if grey.size != (width, height) else grey)


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
