"""The images to predict: a picture that is read as a page, or an array of pixels."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from network.core.params import Array
from network.images.pages.read import Digit, options_for, read_page
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError, UsageError
from pipeline.formats.numbers import whole_numbers
from pipeline.formats.pixels import find_change
from pipeline.storage.arguments import show_value
from pipeline.storage.levels import FAINT, FULL, Scale, find_range, format_level

ONE_BY_ONE = "[run.predict(path) for path in paths]"
OTHER_KINDS = {"U": "strings", "S": "bytes", "O": "objects", "b": "True and False"}  # of arrays
MAX_LOOKED_AT = 1000  # images, to find the paper
MAX_NAMED = 8  # blank images in a note
Source = str | Path | bytes | Image.Image | Array | list[Any]


def read_source(
    source: Source,
    classes: tuple[str, ...],
    highest: float | None = None,
    expects_light: bool = False,
) -> tuple[Sequence[Digit], Array, list[str]]:
    """Return the digits on a page, the pixels to predict (N, 28, 28), and notes on their scale.

    Raises: UsageError, MissingError, CorruptError.
    """
    if isinstance(source, np.ndarray | list):
        return [], *to_pixels(source, highest, expects_light)
    if isinstance(source, str) and source.startswith(("http://", "https://")):
        what = f"source is the address {show_value(source)}; expected a file on this computer"
        raise UsageError(what, "Download it first")
    page_source: Any = Path(source) if isinstance(source, str) else source
    if isinstance(page_source, Path):
        require_one_file(page_source)
    try:
        page = read_page(page_source, replace(options_for(classes), highest=highest))
    except CorruptError as error:
        if "not an image" in error.message:
            error.hint += ", or use `network predict`, which also reads files of images like CSV"
        raise
    notes = [note.replace("--highest ", "highest=") for note in page.notes]
    return page.digits, np.stack([digit.pixels for digit in page.digits]), notes


def require_one_file(path: Path) -> None:
    """Require a path that is not a folder.

    Raises: UsageError.
    """
    if path.is_dir():
        raise UsageError(
            f"source is the folder {show_value(path)}; expected the file of one picture",
            f"Predict its pictures one by one: {ONE_BY_ONE}",
        )


def to_pixels(
    images: Any, highest: float | None = None, expects_light: bool = False
) -> tuple[Array, list[str]]:
    """Return images as grey levels, and notes; the number of full ink may be given.

    `expects_light`: the network was trained on light ink, so there is a note on dark ink. Blank
    images have a note, too.

    Shapes: (28, 28) or (N, 28, 28) -> (N, 28, 28) uint8.
    Raises: UsageError for another shape, and for values that are not grey levels.
    """
    if isinstance(images, list) and not images:
        images = np.zeros((0, *IMAGE_SHAPE), np.uint8)
    if np.ma.is_masked(images):  # NumPy would take the values under the mask
        raise UsageError("some pixels are masked; expected numbers", "Fill them: images.filled(0)")
    try:
        array = np.asarray(images)
    except ValueError as error:
        raise UsageError("images have different shapes; expected (28, 28) for each") from error
    if array.dtype.kind not in "uif":
        found = OTHER_KINDS.get(array.dtype.kind, f"of the type {array.dtype}")
        raise UsageError(
            f"images are {found}; expected numbers from 0 to 255",
            f"Predict pictures one by one: {ONE_BY_ONE}" if array.dtype.kind in "OU" else "",
        )
    if array.shape[-2:] != IMAGE_SHAPE or array.ndim not in {2, 3}:
        raise UsageError(f"images have the shape {array.shape}; expected (28, 28) or (N, 28, 28)")
    array = array.reshape(-1, *IMAGE_SHAPE)
    low, high = find_range(array)
    are_shares = array.dtype.kind == "f" and high <= 1
    full = highest or (1 if are_shares else FULL)
    if np.isnan(low) or np.isnan(high):
        raise UsageError("some pixels are NaN; expected numbers", "Replace them: np.nan_to_num(x)")
    if not 0 <= low <= high <= full:
        wanted = f"0 to {format_level(full)}" if highest else f"0 to {FULL}, or floats from 0 to 1"
        formula = "" if highest else whole_numbers(array)
        raise UsageError(
            f"pixels are from {low:g} to {high:g}; expected {wanted}",
            formula and f"Convert them{formula}",
        )
    notes = list[str]()
    if highest is None and not are_shares and low < high <= FAINT:
        top = format_level(high)
        what = f"no pixel is above {top} of {FULL}, so the ink is faint"
        notes = [f"{what}; if {top} is full ink, predict with highest={top}"]
    pixels = Scale(full).to_bytes(array)
    if expects_light and find_change([pixels[:MAX_LOOKED_AT]], None, FULL)[0].invert:
        what = "the images look like dark ink on light paper; MNIST has light ink on dark"
        notes.append(f"{what}: pass {format_level(full)} - images")
    return pixels, notes + blank_notes(pixels)


def blank_notes(pixels: Array) -> list[str]:
    """Return a note that counts and names the blank images, whose predictions mean nothing.

    Shapes: (N, 28, 28).
    """
    blank = np.flatnonzero(pixels.min(axis=(1, 2)) == pixels.max(axis=(1, 2)))
    if not len(blank):
        return []
    if len(pixels) == 1:
        return [
            f"the image is blank: every pixel is {pixels[0, 0, 0]}; its prediction means nothing"
        ]
    named = ", ".join(map(str, blank[:MAX_NAMED])) + ", ..." * (len(blank) > MAX_NAMED)
    what = f"{len(blank):,} of {len(pixels):,} images are blank, so their predictions mean nothing"
    return [f"{what}: index {named}"]
