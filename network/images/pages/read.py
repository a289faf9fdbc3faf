"""Prepare the digits on a photo, a scan or a drawing as MNIST's are.

`read_digits` returns the digits of a file, or of the bytes of one. `read_page` returns the page
with all steps from paper to digit, and `prepare_page` does the same for grey levels.

MNIST's digits are light ink on a dark ground, fitted into 20x20 pixels with anti-aliasing, and
placed in 28x28 so that the centre of mass of the ink is in the middle.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from network.images.pages.blob import Blob, build_blob
from network.images.pages.deskew import deskew
from network.images.pages.fit_digit import centre_by_mass, fit_digit, is_like_mnist
from network.images.pages.grey import Grey, Picture, faint_hint, read_pictures
from network.images.pages.ink import Ink, light_on_dark
from network.images.pages.left_out import LeftOut
from network.images.pages.margin import extract_with_margin
from network.images.pages.reading_order import group_lines
from network.images.pages.segment import segment_blobs, whole_blob
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError, ProjectError
from pipeline.storage.deep_pictures import FileLevels
from pipeline.storage.pictures import PictureOptions

PICTURES = PictureOptions(max_bytes=1 << 29, max_side=2000)
FAINTEST = 0.3  # of full ink; paler pixels are paper
FULL = 0.6  # quantile of a digit's grey levels that counts as full ink
SMALL_MARGIN = 4  # pixels, as MNIST has around its 20x20
DIGITS = tuple("0123456789")


class Box(NamedTuple):
    """Where a digit is on the page, in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Digit:
    """A digit, and the steps on its way from the page; ink is light, 0 to 255."""

    box: Box
    line: int  # from 0, down the page
    crop: Grey  # (height, width): its ink alone, brought to full contrast
    fitted: Grey  # its longer side is 20
    pixels: Grey  # (28, 28): what a network is shown


@dataclass(frozen=True)
class Page:
    """A page with its digits in reading order: line by line, from left to right."""

    grey: Grey  # (H, W), as it was read
    ink: Grey  # (H, W), light on dark, the paper at 0
    digits: tuple[Digit, ...]
    notes: tuple[str, ...] = ()  # on an unusual scale of its grey levels
    left_out: tuple[LeftOut, ...] = ()  # frames, lines and edges of the paper


@dataclass(frozen=True)
class PageOptions:
    """How a page is read."""

    separate: bool = True  # into several digits; else all ink is one
    deskew: bool = False  # set each digit upright
    prepare_small: bool = True  # images of 28x28 too, unless they are made as MNIST's are
    highest: float | None = None  # the level of full ink; None: 255, or found where that is faint


READ_DIGITS = PageOptions()


def options_for(classes: Sequence[str], deskew: bool = False) -> PageOptions:
    """Choose how to read a page of some classes.

    Letters and digits are separated. Images of 28x28 are prepared for digits alone: other data
    sets are not centred as MNIST is.
    """
    names = tuple(classes)
    return PageOptions(can_be_separated(names), deskew, prepare_small=names == DIGITS)


def read_digits(source: Path | bytes | Grey) -> list[Digit]:
    """Read the digits of an image file, of its bytes, or of grey levels, in reading order.

    Raises: as `read_page`.
    """
    return list(read_page(source).digits)


def read_page(source: Picture | Grey, options: PageOptions = READ_DIGITS) -> Page:
    """Read a page from an image file, from its bytes, from an image, or from grey levels (H, W).

    Raises: MissingError; CorruptError for a file that is not an image, is too large or is blank,
    and for a page with more marks than a page of digits.
    """
    name = str(source) if isinstance(source, Path) else "the picture"
    if isinstance(source, np.ndarray):
        return require_digits(name, source, options)
    pictures = read_pictures([(name, source)], PICTURES, options.highest)
    (grey,) = pictures.found
    if isinstance(grey, ProjectError):
        raise grey
    page = require_digits(name, grey, options, pictures.levels.get(name))
    return replace(page, notes=pictures.notes)


def require_digits(
    name: str, grey: Grey, options: PageOptions, levels: FileLevels | None = None
) -> Page:
    """Read a page that has digits; `levels` are those of a file that states its white.

    Shapes: (H, W), as `prepare_page`.

    Raises: CorruptError if it is blank, or has more marks than a page of digits.
    """
    try:
        page = prepare_page(grey, options)
    except CorruptError as error:
        raise CorruptError(f"{name}: {error.message}", error.hint) from error
    if not page.digits:
        hint = faint_hint(grey, levels) or "Name a picture with dark ink on light paper"
        raise CorruptError(f"{name}: nothing is drawn on it", hint)
    return page


def prepare_page(grey: Grey, options: PageOptions = READ_DIGITS) -> Page:
    """Find the digits on a page and prepare each.

    Shapes: (H, W), 0 (black) to 255 (white); ink may be dark on light or light on dark.

    Raises: CorruptError for more marks than a page of digits has.
    """
    page = keep_small(grey, options) if grey.shape == IMAGE_SHAPE else None
    page = page or find_digits(grey, options)
    return replace(page, digits=tuple(map(deskew_digit, page.digits))) if options.deskew else page


def keep_small(grey: Grey, options: PageOptions) -> Page | None:
    """Keep an image as its own digit, or return None if it must be prepared.

    Shapes: (28, 28).
    """
    ink = light_on_dark(grey)
    if options.prepare_small and not is_like_mnist(ink):
        return None
    return Page(grey, ink, (Digit(Box(0, 0, *IMAGE_SHAPE), 0, ink, ink, ink),))


def find_digits(grey: Grey, options: PageOptions) -> Page:
    """Find the digits on a page, which gets a margin first where it has none.

    An image of 28x28 is one digit.

    Shapes: (H, W).
    """
    is_small = grey.shape == IMAGE_SHAPE
    found, margin = extract_with_margin(grey, SMALL_MARGIN if is_small else 0)
    find_blobs = segment_blobs if options.separate and not is_small else whole_blob
    blobs, left_out = find_blobs(found) if found.full else ([], ())
    prepared = (
        prepare_blob(found, mark, line)
        for line, row in enumerate(group_lines(blobs))
        for mark in row
    )
    digits = tuple(without_margin(digit, margin) for digit in prepared if digit)
    height, width = grey.shape
    ink = found.strength[margin : margin + height, margin : margin + width]
    outside = tuple(replace(it, left=it.left - margin, top=it.top - margin) for it in left_out)
    return Page(grey, ink, digits, left_out=outside)


def without_margin(digit: Digit, margin: int) -> Digit:
    """Move the box of a digit to its place on the page without the margin."""
    box = digit.box
    return replace(digit, box=box._replace(left=box.left - margin, top=box.top - margin))


def prepare_blob(ink: Ink, mark: Blob, line: int) -> Digit | None:
    """Crop a mark, stretch its contrast, and fit it into 28x28; return None for noise."""
    rows = slice(mark.top, mark.top + mark.height)
    columns = slice(mark.left, mark.left + mark.width)
    strength = np.where(mark.mask, ink.strength[rows, columns], 0)
    share = strength / max(np.quantile(strength[mark.mask], FULL), 1)
    levels = np.where(share < FAINTEST, 0, np.round(255 * np.minimum(share, 1))).astype(np.uint8)
    if not levels.any():
        return None
    inked = build_blob(levels > 0, mark.left, mark.top)
    box = Box(inked.left, inked.top, inked.width, inked.height)
    left, top = inked.left - mark.left, inked.top - mark.top
    crop = levels[top : top + box.height, left : left + box.width]
    fitted = fit_digit(crop)
    return Digit(box, line, crop, fitted, centre_by_mass(fitted))


def deskew_digit(digit: Digit) -> Digit:
    """Take the slant out of a digit and fit it into 28x28 again."""
    if not digit.crop.any():
        return digit
    fitted = fit_digit(deskew(digit.crop))
    return replace(digit, fitted=fitted, pixels=centre_by_mass(fitted))


def can_be_separated(classes: tuple[str, ...]) -> bool:
    """Return whether a page may have several of these: letters and digits, each one mark."""
    return all(len(name) == 1 and name.isascii() and name.isalnum() for name in classes)


def page_text(page: Page, names: list[str]) -> str:
    """Join the names of a page's digits, line under line."""
    separator = "" if all(len(name) == 1 for name in names) else " "
    lines: dict[int, list[str]] = {}
    for digit, name in zip(page.digits, names, strict=True):
        lines.setdefault(digit.line, []).append(name)
    return "\n".join(separator.join(line) for line in lines.values())
