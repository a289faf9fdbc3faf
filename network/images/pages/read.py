"""Make the digits on a photo, a scan or a drawing look like MNIST.

`read_digits` is for whoever wants the digits of a file, or of a file's bytes: those that a browser
posts, for example. `read_page` gives the page with all steps from paper to digit, and
`prepare_page` does the same for grey levels that are there already.

MNIST's digits are light ink on a dark ground, fitted into 20x20 pixels with anti-aliasing, and
laid into 28x28 so that the centre of mass of the ink is in the middle.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from network.images.pages.blob import Blob, build_blob
from network.images.pages.deskew import deskew
from network.images.pages.fit_digit import centre_by_mass, fit_digit
from network.images.pages.ink import Ink, border, extract_ink
from network.images.pages.reading_order import group_lines
from network.images.pages.segment import segment_blobs, whole_blob
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError
from pipeline.storage.pictures import PictureOptions, decode_picture, read_picture

PICTURES = PictureOptions(max_bytes=1 << 29, max_side=2000)
FAINTEST = 0.3  # of full ink: what is paler is paper
FULL = 0.6  # the share of a digit's pixels that are paler than what counts as full ink

Grey = NDArray[np.uint8]


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


def read_digits(source: Path | bytes | Grey) -> list[Digit]:
    """Read the digits of an image file, of its bytes, or of grey levels, in reading order.

    Raises: as `read_page`.
    """
    return list(read_page(source).digits)


def read_page(source: Path | bytes | Grey, separate: bool = True, deskew: bool = False) -> Page:
    """Read a page from an image file, from the bytes of one, or from grey levels (H, W).

    Raises: MissingError, CorruptError for what is no image, is too large, is blank, or has more
    marks than a page of digits.
    """
    name = str(source) if isinstance(source, Path) else "the picture"
    if isinstance(source, Path):
        grey = read_picture(source, PICTURES)
    elif isinstance(source, bytes):
        grey = decode_picture(source, name, PICTURES)
    else:
        grey = source
    try:
        page = prepare_page(grey, separate, deskew)
    except CorruptError as error:
        raise CorruptError(f"{name}: {error}") from error
    if not page.digits:
        raise CorruptError(f"{name}: nothing is drawn on it")
    return page


def prepare_page(grey: Grey, separate: bool = True, deskew: bool = False) -> Page:
    """Find the digits on a page and prepare each; a page of 28x28 is one digit, kept as it is.

    Without `separate` all ink is one digit; with `deskew` each is set upright, of 28x28 too.

    Shapes: (H, W), 0 (black) to 255 (white); ink may be dark on light or light on dark.

    Raises: CorruptError for more marks than a page of digits has.
    """
    if grey.shape == IMAGE_SHAPE:
        ink = 255 - grey if np.median(border(grey)) > 127 else grey
        digit = Digit(Box(0, 0, *IMAGE_SHAPE), 0, ink, ink, ink)
        return Page(grey, ink, (deskew_digits(digit) if deskew and ink.any() else digit,))
    found = extract_ink(grey)
    marks = (segment_blobs if separate else whole_blob)(found) if found.full else []
    prepared = (
        prepare_blob(found, mark, line)
        for line, row in enumerate(group_lines(marks))
        for mark in row
    )
    digits = [digit for digit in prepared if digit]
    return Page(grey, found.strength, tuple(map(deskew_digits, digits) if deskew else digits))


def prepare_blob(ink: Ink, mark: Blob, line: int) -> Digit | None:
    """Cut a mark out, bring it to full contrast, and fit it into 28x28; None if it is but noise."""
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


def deskew_digits(digit: Digit) -> Digit:
    """Take the slant out of a digit and fit it into 28x28 again."""
    fitted = fit_digit(deskew(digit.crop))
    return replace(digit, fitted=fitted, pixels=centre_by_mass(fitted))


def can_be_separated(classes: tuple[str, ...]) -> bool:
    """Return whether a page may have several of these: letters and digits, which have no parts."""
    return all(len(name) == 1 and name.isascii() and name.isalnum() for name in classes)


def page_text(page: Page, names: list[str]) -> str:
    """Write what the digits of a page are called, line under line."""
    separator = "" if all(len(name) == 1 for name in names) else " "
    lines: dict[int, list[str]] = {}
    for digit, name in zip(page.digits, names, strict=True):
        lines.setdefault(digit.line, []).append(name)
    return "\n".join(separator.join(line) for line in lines.values())
