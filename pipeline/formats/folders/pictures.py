"""Folders of image files, one per class: LABEL/name.png or train/LABEL/name.png.

The examples are in the order of the file names, not of the classes, so an export is read back
in its original order.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.datasets.records import IMAGE_SHAPE, Dataset
from pipeline.errors import CorruptError, ProjectError
from pipeline.formats.classes import (
    classes_file,
    folder_names,
    is_exported,
    natural_key,
    numbers_of_names,
    read_classes,
)
from pipeline.formats.folders.classes import (
    LAYOUT,
    find_class_folders,
    holds_class_folders,
    list_examples,
)
from pipeline.formats.folders.litter import name_below, name_skipped
from pipeline.formats.folders.nested import by_name
from pipeline.formats.source import (
    CHUNK,
    Chosen,
    File,
    Format,
    Images,
    Part,
    ReadOptions,
    Source,
)
from pipeline.storage.cache import read_whole
from pipeline.storage.deep_pictures import MixedScalesError
from pipeline.storage.pictures import PictureOptions, for_source, read_picture

PICTURES = PictureOptions(max_bytes=1 << 26, max_pixels=25_000_000)
MAX_NAMED = 10  # damaged pictures


class Example(NamedTuple):
    """An image file and the name of its class."""

    class_name: str
    path: Path


class WrongSizeError(CorruptError):
    """An intact picture that is not 28x28."""


def read_folder(path: Path, options: ReadOptions) -> Source:
    """List the images of every class; they are decoded on request.

    Raises: MissingError, StorageError, CorruptError.
    """
    root = path.resolve()
    found = find_class_folders(root)
    if not any(found.by_split.values()):
        raise CorruptError(f"{path}: no folders of images found; {LAYOUT}", by_name(root))
    examples = {
        split: [
            Example(it.name, file)
            for it in folders
            for file in list_examples(root, it.path, found.unused)
        ]
        for split, folders in found.by_split.items()
    }
    notes = [*found.notes, *name_skipped(root, found.unused, "not used")]
    scaled = replace(PICTURES, highest=options.highest)
    reading = Reading(options.resize, for_source(scaled, lambda: iterate_files(files)))
    files = list_files(examples)
    if options.skip_damaged:
        examples, note = without_damaged(root, examples, reading)
        notes += [note] if note else []
        files = list_files(examples)
    names = {folder.name for folders in found.by_split.values() for folder in folders}
    classes, number_of = numbers_of_names(path, names, read_classes(root), is_exported(root))
    parts = []
    for split, some in examples.items():
        some.sort(key=lambda it: (natural_key(it.path.name), it.class_name))
        labels = np.array([number_of[it.class_name] for it in some], np.uint8)
        parts.append(make_part(split, labels, Pictures(root, some, files, reading)))
    return Source(
        tuple(parts),
        classes,
        tuple(notes),
        is_scaled=options.highest is not None,
        late_notes=lambda: reading.options.notes(path),
    )


def list_files(examples: Mapping[str | None, list[Example]]) -> list[Path]:
    """List the files of all splits."""
    return [it.path for some in examples.values() for it in some]


def iterate_files(files: list[Path]) -> Iterator[tuple[bytes, str]]:
    """Yield the contents and names of files; those that cannot be read are passed over."""
    for path in files:
        with suppress(ProjectError):  # reading it as a picture raises the error
            yield read_whole(path, PICTURES.max_bytes), str(path)


class Reading(NamedTuple):
    """How the pictures of a source are read."""

    resize: bool
    options: PictureOptions


class Pictures(NamedTuple):
    """The pictures of a part, and all files of the source, for error messages."""

    root: Path
    examples: list[Example]
    files: list[Path]
    reading: Reading


def make_part(split: str | None, labels: NDArray[np.uint8], pictures: Pictures) -> Part:
    """Build a part of image files."""

    def images(chosen: Chosen) -> Iterator[Images]:
        wanted = [pictures.examples[i].path for i in chosen.nonzero()[0]]
        for start in range(0, len(wanted), CHUNK):
            try:
                read = [read_image(it, pictures.reading) for it in wanted[start : start + CHUNK]]
            except MixedScalesError:
                raise
            except ProjectError:
                damaged = find_damaged(pictures.files, pictures.reading)
                raise damage_error(pictures.root, damaged, len(pictures.files)) from None
            yield np.stack(read)

    return Part(split, labels, images)


def find_damaged(files: list[Path], reading: Reading) -> dict[Path, ProjectError]:
    """Read every picture, and return the errors of those that cannot be read.

    Raises: MixedScalesError for all pictures together.
    """
    damaged: dict[Path, ProjectError] = {}
    for path in files:
        try:
            read_image(path, reading)
        except MixedScalesError:
            raise
        except ProjectError as error:
            damaged[path] = error
    return damaged


def damage_error(root: Path, damaged: Mapping[Path, ProjectError], count: int) -> ProjectError:
    """Build the error that lists all unreadable pictures, or as many as fit."""
    sizes = [it for it in damaged.values() if isinstance(it, WrongSizeError)]
    hints = {it.hint for it in (sizes or damaged.values())}
    hint = hints.pop() if len(hints) == 1 else ""
    them = "it" if len(damaged) == 1 else "them"
    if not sizes and (len(damaged) < count or not hint):
        skip = f"Remove {them}, or skip {them} with --skip-damaged"
        hint = f"{hint}. {skip}" if hint else skip
    if len(damaged) == 1:
        (error,) = damaged.values()
        error.hint = hint
        return error
    what = f"{root}: {len(damaged):,} of {count:,} pictures cannot be read: "
    return CorruptError(what + name_damaged(root, damaged), hint)


def name_damaged(root: Path, damaged: Mapping[Path, ProjectError]) -> str:
    """List the first few pictures with their errors."""
    named = [
        f"{name_below(root, path)} ({error.message.removeprefix(f'{path}: ')})"
        for path, error in list(damaged.items())[:MAX_NAMED]
    ]
    more = len(damaged) - len(named)
    return ", ".join(named) + (f", and {more:,} more" if more else "")


def without_damaged(
    root: Path, examples: dict[str | None, list[Example]], reading: Reading
) -> tuple[dict[str | None, list[Example]], str]:
    """Leave out the pictures that cannot be read.

    Returns: the others, and a note on the skipped ones.

    Raises: CorruptError for intact pictures of another size, or if none is left.
    """
    files = list_files(examples)
    damaged = find_damaged(files, reading)
    sizes = {path: it for path, it in damaged.items() if isinstance(it, WrongSizeError)}
    if sizes or (damaged and len(damaged) == len(files)):
        raise damage_error(root, sizes or damaged, len(files))
    kept = {
        split: [it for it in some if it.path not in damaged] for split, some in examples.items()
    }
    what = f"{len(damaged):,} of {len(files):,} pictures skipped because they cannot be read: "
    return kept, what + name_damaged(root, damaged) if damaged else ""


def read_image(path: Path, reading: Reading) -> NDArray[np.uint8]:
    """Read one image file as grey levels.

    Shapes: (28, 28).

    Raises: MissingError, StorageError, CorruptError.
    """
    grey = read_picture(path, reading.options)
    if grey.shape == IMAGE_SHAPE:
        return grey
    if not reading.resize:
        raise WrongSizeError(
            f"{path}: {grey.shape[1]}x{grey.shape[0]} pixels; expected "
            f"{IMAGE_SHAPE[1]}x{IMAGE_SHAPE[0]}",
            "Resize all images with --resize",
        )
    return np.asarray(fit(Image.fromarray(grey)))


def fit(grey: Image.Image) -> Image.Image:
    """Resize an image to 28x28, anti-aliased; add grey margins if not square."""
    levels = np.asarray(grey)
    border = np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])
    size = IMAGE_SHAPE[1], IMAGE_SHAPE[0]
    return ImageOps.pad(grey, size, Image.Resampling.LANCZOS, color=int(np.median(border)))


def write_folder_of_images(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[File]:
    """Write every image as a PNG in the folder of its class, named by its position."""
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
    """Encode an image as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


PNG = Format(
    name="png",
    title="a folder of images: train/LABEL/00000.png, ..., test/LABEL/00000.png, ...",
    recognises=holds_class_folders,
    read=read_folder,
    write=write_folder_of_images,
    can_resize=True,
    can_skip_damaged=True,
)
