"""Why a file that begins like a picture cannot be opened, and what to save instead.

Source: TIFF 6.0, and the tags in its supplements.
"""

import io
import warnings
from contextlib import suppress
from typing import Any

from PIL.TiffImagePlugin import COMPRESSION_INFO, PREFIXES, ImageFileDirectory_v2

from pipeline.errors import COPY_AGAIN, CorruptError
from pipeline.storage.content import describe_start
from pipeline.storage.stated_levels import BITS

WIDTH, COMPRESSION, PHOTOMETRIC, SAMPLES, EXTRA, FORMAT = 256, 259, 262, 277, 338, 339  # tags
KINDS = {1: "whole numbers", 2: "signed numbers", 3: "fractions", 5: "complex numbers"}
KINDS[6] = KINDS[5]
COLOURS = {
    0: "grey with 0 as white",
    1: "grey",
    2: "colour",
    3: "palette colours",
    5: "CMYK colours",
    6: "YCbCr colours",
}
COLOURS |= {8: "Lab colours", 32803: "a camera's raw colours"}
FRACTIONS, MAX_BANDS = 3, 8


def refuse_picture(data: bytes, name: str, types: tuple[str, ...]) -> CorruptError:
    """Build the error for a file that Pillow cannot open."""
    if data.startswith(tuple(PREFIXES)):
        return refuse_tiff(data, name)
    what = describe_start(data)
    kind = what.removeprefix("it is a ").removesuffix(" picture").upper()
    if kind in (*types, "PNM"):
        return CorruptError(
            f"{name}: a {kind} picture, but damaged or unsupported", "Save it again, as PNG"
        )
    return CorruptError(
        f"{name}: not an image of type {', '.join(types)}: {what}", "Save it as PNG"
    )


def refuse_tiff(data: bytes, name: str) -> CorruptError:
    """Build the error for a TIFF that Pillow cannot open."""
    tags = read_tags(data)
    if not tags.get(WIDTH):
        return CorruptError(f"{name}: damaged image (a TIFF without its tags)", COPY_AGAIN)
    compression = tags.get(COMPRESSION, (1,))[0]
    if compression not in COMPRESSION_INFO:
        what = f"a TIFF with compression {compression}"
        return CorruptError(f"{name}: {what} is not supported", "Save it without compression")
    kind = tags.get(FORMAT, (1,))[0]
    is_grey = tags.get(PHOTOMETRIC, (0,))[0] in (0, 1)
    if kind == FRACTIONS:
        hint = "Save it in grey, as 32-bit fractions (np.float32)"
    elif is_grey and KINDS.get(kind) == KINDS[1]:
        hint = "Save it in grey with 16 bits (np.uint16), 0 as black, without transparency"
    else:
        hint = "Save it as PNG"
    what = f"a TIFF of {describe_tags(data, tags)} is not supported"
    return CorruptError(f"{name}: {what}", hint)


def read_tags(data: bytes) -> dict[int, tuple[Any, ...]]:
    """Return the tags of a TIFF's first image, or as many as can be read."""
    tags: dict[int, tuple[Any, ...]] = {}
    with suppress(Exception), warnings.catch_warnings():  # damaged files make Pillow raise any
        warnings.simplefilter("ignore")
        file = io.BytesIO(data)
        header = file.read(8)
        directory = ImageFileDirectory_v2(header + (file.read(8) if 43 in header[2:4] else b""))
        file.seek(directory.next)
        directory.load(file)
        for tag in (WIDTH, BITS, COMPRESSION, PHOTOMETRIC, SAMPLES, EXTRA, FORMAT):
            if tag in directory:
                value = directory[tag]
                tags[tag] = value if isinstance(value, tuple) else (value,)
    return tags


def describe_tags(data: bytes, tags: dict[int, tuple[Any, ...]]) -> str:
    """Describe the levels of a TIFF: 64-bit fractions in grey."""
    bits = ", ".join(map(str, sorted(set(tags.get(BITS, (1,))[:MAX_BANDS]))))
    kind = KINDS.get(tags.get(FORMAT, (1,))[0], "numbers of an unknown kind")
    photometric = tags.get(PHOTOMETRIC, (0,))[0]
    colour = COLOURS.get(photometric, "unknown colours")
    extra = " with transparency" if any(tags.get(EXTRA, ())) else ""
    order = ", in big-endian order" if data.startswith(b"M") else ""
    return f"{bits}-bit {kind} in {colour}{extra}{order}"
