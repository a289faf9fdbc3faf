"""Pictures with more than 8 bits per pixel, or fractions, on the scale of all of a source.

A file that states its level of white is read by that. The white of all others is found from all of
them together. Fractions up to 1 and other numbers share no scale: together they are an error.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.errors import CorruptError
from pipeline.storage.levels import (
    FAINT,
    FAINT_INK,
    FULL,
    MAX_LEVEL,
    LevelSurvey,
    Scale,
    check_levels,
    find_range,
    format_level,
    survey_levels,
)
from pipeline.storage.stated_levels import (
    MAXVAL,
    OF_SOURCE,
    SBIT,
    Stated,
    as_stored,
    check_below,
    full_of_bits,
    stated_level,
    tiff_tag,
)

TILE_SIDE = 2000  # pixels, about
PHOTOMETRIC, SAMPLE_FORMAT = 0x0106, 0x0153  # TIFF tags
WHITE_IS_ZERO, UNSIGNED, SIGNED = 0, 1, 2  # their values
HIGHER = "If a higher level is full ink, state it with --highest N"

Converter: TypeAlias = Callable[[Image.Image], Image.Image]  # of a tile of any mode, to 8 bits


class MixedScalesError(CorruptError):
    """Pictures that are read together share no scale."""


class DeepPicture(NamedTuple):
    """Statistics of a deep picture."""

    name: str
    stated: Stated | None
    levels: LevelSurvey


class FileLevels(NamedTuple):
    """The highest level of a picture, and white, in the numbers of its file."""

    highest: float
    full: float

    @property
    def is_faint(self) -> bool:
        """Return whether no level is in the upper half."""
        return self.highest * FULL <= FAINT * self.full


def common_levels(levels: Iterable[FileLevels]) -> FileLevels | None:
    """Return the highest level of pictures that have the same white; else None."""
    found = list(levels)
    if len({it.full for it in found}) != 1:
        return None
    return max(found)


ListDeep: TypeAlias = Callable[[], Iterable[DeepPicture]]


@dataclass
class DeepPictures:
    """The scales of the deep pictures of a source, found when the first one is read."""

    list_all: ListDeep | None = None  # None: there is one picture
    groups: dict[Stated | None, LevelSurvey] = field(default_factory=dict)
    first: dict[bool, DeepPicture] = field(default_factory=dict)  # by whether it has shares
    scale: Scale | None = None  # of those that state none
    blank: dict[str, float] = field(default_factory=dict)  # name -> its highest level
    stated: dict[str, FileLevels] = field(default_factory=dict)  # by name

    def find_scale(self, own: DeepPicture, highest: float | None) -> Scale:
        """Return the scale of a picture; the level of full ink may be given.

        Raises: MixedScalesError; CorruptError if there is one picture, and its numbers are not
        grey levels.
        """
        if not self.groups:
            for picture in self.list_all() if self.list_all else ():
                self.add(picture)
        if own.stated not in self.groups:
            self.add(own)
        survey = self.groups[own.stated]
        if own.stated is None:
            self.require_one_kind()
            self.scale = self.scale or survey.find_scale(highest)
            return self.scale
        if highest is not None:
            return survey.find_scale(highest)
        if own.stated.by == SBIT:
            return Scale(full_of_bits(own.stated.level, survey))
        if own.stated.by in OF_SOURCE.values():
            return Scale(max(it.level for it in self.groups if it and it.by == own.stated.by))
        return Scale(own.stated.level)

    def add(self, picture: DeepPicture) -> None:
        """Add the statistics of a picture."""
        self.groups.setdefault(picture.stated, LevelSurvey()).merge(picture.levels)
        if picture.stated is None and picture.levels.highest > 0:
            self.first.setdefault(picture.levels.are_shares, picture)

    def require_one_kind(self) -> None:
        """Require that fractions up to 1 are not beside higher numbers.

        Raises: MixedScalesError.
        """
        if len(self.first) < 2:
            return
        (share, top), (other, highest) = (
            (self.first[key].name, format_level(self.first[key].levels.highest))
            for key in (True, False)
        )
        what = f"{share}: fractions up to {top}, but {other} has numbers up to {highest}"
        raise MixedScalesError(
            f"{what}; expected pictures on one scale",
            "Save all of them as fractions, or all as whole numbers",
        )

    def notes(self, where: object) -> tuple[str, ...]:
        """Return notes on blank pictures and on the scale, if a deep picture has been read."""
        notes = [self.scale.note] if self.scale and self.scale.note else []
        if self.blank:
            top, first = format_level(max(self.blank.values())), next(iter(self.blank))
            what = f"{len(self.blank):,} pictures have no level above {top}, and are blank on the"
            what += f" scale of the others ({first} is the first)"
            notes.insert(0, f"{what}: if their scale is another one, save all on the same scale")
        if (levels := common_levels(self.stated.values())) and levels.is_faint:
            top, full = format_level(levels.highest), format_level(levels.full)
            what = f"no level is above {top} of {full}, {FAINT_INK}"
            notes.insert(0, f"{what}: if {top} is full ink, import with --highest {top}")
        return tuple(f"{where}: {it}" for it in notes)


def is_deep(image: Image.Image) -> bool:
    """Return whether an image has levels of another number of bits than 8, or of another kind."""
    is_deep_mode = image.mode.startswith("I") or image.mode == "F" or is_signed(image)
    return is_deep_mode or (image.mode == "L" and image.info.get(MAXVAL, FULL) != FULL)


def is_signed(image: Image.Image) -> bool:
    """Return whether an image has signed numbers of 8 bits, which Pillow takes for unsigned."""
    return image.mode == "L" and SIGNED in tiff_tag(image, SAMPLE_FORMAT)


def iterate_boxes(size: tuple[int, int], side: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the tiles of an image: left, top, right and bottom."""
    width, height = size
    for top, left in product(range(0, height, side), range(0, width, side)):
        yield left, top, min(left + side, width), min(top + side, height)


def survey_picture(image: Image.Image, name: str, highest: float | None = None) -> DeepPicture:
    """Compute the statistics of a deep image; full ink may be given.

    Raises: CorruptError for numbers that are not grey levels.
    """
    survey = survey_levels(checked_levels(image, name, highest))
    return DeepPicture(name, stated_level(image), survey)


def checked_levels(
    image: Image.Image, name: str, highest: float | None = None
) -> Iterator[NDArray[Any]]:
    """Yield the levels of a deep image, tile by tile; full ink may be given.

    Shapes: (h, w) each.

    Raises: CorruptError for numbers that are not grey levels.
    """
    is_stated = highest is not None or stated_level(image) is not None
    for box in iterate_boxes(image.size, TILE_SIDE):
        levels = levels_of(image, image.crop(box))
        check_levels(name, levels)
        if not is_stated:
            check_depth(name, levels)
        yield levels


def levels_of(image: Image.Image, tile: Image.Image) -> NDArray[Any]:
    """Return the levels of a tile of a deep image, with the type that its file states.

    Shapes: (H, W).
    """
    levels = np.asarray(tile)
    if is_signed(image):
        return levels.view(np.int8)
    if image.mode == "I" and UNSIGNED in tiff_tag(image, SAMPLE_FORMAT):
        return levels.view(np.uint32)
    return as_stored(image, levels) if image.format == "PPM" else levels


def deep_converter(
    image: Image.Image, name: str, highest: float | None, deep: DeepPictures
) -> Converter:
    """Return the function that converts tiles of a deep image to 8 bits.

    Raises: CorruptError for numbers that are not grey levels.
    """
    own = survey_picture(image, name, highest)
    if highest is not None and is_shallow(own.stated) and highest >= FULL:
        highest = None  # pictures of 8 bits or fewer have a scale of their own
    scale, top = deep.find_scale(own, highest), own.levels.highest
    if highest is not None:
        unit = scale.full / highest  # less than 1 where levels are shares
        for levels in checked_levels(image, name, highest):
            check_levels(name, levels if unit == 1 else levels / unit, highest)
    elif own.stated:
        check_below(name, top, own.stated._replace(level=scale.full))
        if scale.full != FULL:
            deep.stated[name] = FileLevels(top, scale.full)
    if top > 0 and not scale.to_bytes(np.array(top)):
        deep.blank[name] = top
    is_inverted = WHITE_IS_ZERO in tiff_tag(image, PHOTOMETRIC) and not is_signed(image)

    def convert(tile: Image.Image) -> Image.Image:
        grey = scale.to_bytes(levels_of(image, tile))
        return Image.fromarray(FULL - grey if is_inverted else grey)

    return convert


def is_shallow(stated: Stated | None) -> bool:
    """Return whether a file states that it has fewer than 8 bits."""
    return stated is not None and stated.by == MAXVAL and stated.level < FULL


def check_depth(name: str, levels: NDArray[Any]) -> None:
    """Require levels of 16 bits at most, where full ink is not stated.

    Raises: CorruptError.
    """
    if (highest := find_range(levels)[1]) > MAX_LEVEL:
        what = f"{name}: a pixel is {format_level(highest)}; expected {MAX_LEVEL} at most"
        raise CorruptError(what, HIGHER)
