"""Grey levels of pictures that are read together, on one scale, with notes on unusual ones.

Images of 28x28 come from a dataset: if all of them are faint, their highest level is full ink. A
page is read by its contrast, so that a faint one is only reported.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import ProjectError
from pipeline.storage.cache import read_whole
from pipeline.storage.deep_pictures import DeepPicture, DeepPictures, FileLevels, common_levels
from pipeline.storage.levels import (
    FAINT,
    FULL,
    Scale,
    format_level,
    is_on_faint_ink,
    require_highest,
)
from pipeline.storage.pictures import (
    PictureOptions,
    decode_image,
    decode_picture,
    sound_pictures,
    survey_image,
)

Grey: TypeAlias = NDArray[np.uint8]
Found: TypeAlias = Mapping[str, Grey]
Stated: TypeAlias = Mapping[str, FileLevels]
Picture: TypeAlias = Path | bytes | Image.Image  # a file, its bytes, or an image of Pillow


class GreyPictures(NamedTuple):
    """Grey levels of pictures, or the errors of reading them, and notes on their scale."""

    found: list[Grey | ProjectError]
    notes: tuple[str, ...]
    levels: Mapping[str, FileLevels] = MappingProxyType({})  # of files that state their white


def read_pictures(
    pictures: Sequence[tuple[str, Picture]], options: PictureOptions, highest: float | None = None
) -> GreyPictures:
    """Read named pictures as grey levels; the level of full ink may be given.

    Raises: UsageError for a level of full ink that is not above 0.
    """
    require_highest(highest)
    options = replace(options, highest=highest)
    deep = DeepPictures(partial(iterate_deep, pictures, options) if len(pictures) > 1 else None)
    reading = replace(options, deep=deep)
    found = [read_one(name, picture, reading) for name, picture in pictures]
    where = pictures[0][0] if len(pictures) == 1 else f"{len(pictures):,} pictures"
    notes = list(deep.notes(where))
    if highest is None:
        names = [name for name, _ in pictures]
        notes = [it for it in notes if not is_on_faint_ink(it)]
        notes += scale_small(names, found, deep.stated) + faint_notes(names, found, deep.stated)
    return GreyPictures(found, tuple(notes), deep.stated)


def read_one(name: str, picture: Picture, options: PictureOptions) -> Grey | ProjectError:
    """Read a picture as grey levels, or return the error of that."""
    try:
        if isinstance(picture, Image.Image):
            return decode_image(picture, name, options)
        return decode_picture(read_data(picture, options), name, options)
    except ProjectError as error:
        if isinstance(picture, Path):
            error.message = error.message.replace(str(picture), name)
        return error


def read_data(picture: Path | bytes, options: PictureOptions) -> bytes:
    """Return the bytes of an image file.

    Raises: MissingError, StorageError, CorruptError for a file that is too large.
    """
    return picture if isinstance(picture, bytes) else read_whole(picture, options.max_bytes)


def iterate_deep(
    pictures: Sequence[tuple[str, Picture]], options: PictureOptions
) -> Iterator[DeepPicture]:
    """Yield the statistics of all deep pictures; damaged ones are passed over."""
    for name, picture in pictures:
        with suppress(ProjectError):  # `read_one` returns it
            if not isinstance(picture, Image.Image):
                yield from sound_pictures([(read_data(picture, options), name)], options)
            else:
                yield from survey_image(picture, name, options)


def levels_in_files(names: Iterable[str], found: Found, stated: Stated) -> FileLevels:
    """Return the highest level of pictures, and white, in the numbers of their files.

    If those have several scales, it is that of bytes.
    """
    as_bytes = {name: FileLevels(int(found[name].max()), FULL) for name in names}
    in_files = [stated.get(name, it) for name, it in as_bytes.items()]
    return common_levels(in_files) or max(as_bytes.values(), default=FileLevels(0, FULL))


def scale_small(
    names: Sequence[str], found: list[Grey | ProjectError], stated: Stated
) -> list[str]:
    """Scale images of 28x28 in place if all of them are faint.

    Returns: a note on that, if they are.
    """
    small = {
        name: it
        for name, it in zip(names, found, strict=True)
        if isinstance(it, np.ndarray) and it.shape == IMAGE_SHAPE
    }
    highest = max((int(it.max()) for it in small.values()), default=0)
    if highest > FAINT or all(int(np.ptp(it)) == 0 for it in small.values()):
        return []
    top, full = map(format_level, levels_in_files(small, small, stated))
    for place, it in enumerate(found):
        if isinstance(it, np.ndarray) and it.shape == IMAGE_SHAPE:
            found[place] = Scale(highest).to_bytes(it)
    what = f"no pixel is above {top} of {full}: {top} is used as full ink"
    return [f"{what}; --highest {full} keeps them as they are"]


def faint_notes(
    names: Sequence[str], found: Sequence[Grey | ProjectError], stated: Stated
) -> list[str]:
    """Return a note on faint pictures, if there are some."""
    drawn = {
        name: it
        for name, it in zip(names, found, strict=True)
        if isinstance(it, np.ndarray) and np.ptp(it) > 0
    }
    faint = [name for name, it in drawn.items() if it.max() <= FAINT]
    if not faint:
        return []
    top, full = map(format_level, levels_in_files(faint, drawn, stated))
    if len(faint) == len(drawn):
        name = faint[0] if len(faint) == 1 else f"{len(faint):,} pictures"
        what = f"{name}: no pixel is above {top} of {full}"
        return [f"{what}; if {top} is full ink, state it with --highest {top}"]
    what = f"{len(faint):,} of {len(drawn):,} pictures have no pixel above {top} of {full}"
    what += f" ({faint[0]} is the first), the others have"
    return [f"{what}; if their scale is another one, predict them apart from the others"]


def faint_hint(grey: Grey, levels: FileLevels | None) -> str:
    """Return a hint for a picture on which nothing is found, if it is faint.

    Shapes: (H, W). `levels` are those of a file that states its white.
    """
    if grey.max() > FAINT or not np.ptp(grey):
        return ""
    top, full = map(format_level, levels or FileLevels(int(grey.max()), FULL))
    return f"No pixel is above {top} of {full}; if {top} is full ink, state it with --highest {top}"
