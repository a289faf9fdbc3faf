"""Levels of white that a picture states: they decide before any guess.

PGM and PPM state it as maxval, PNG as the number of significant bits (sBIT), and TIFF as 12 bits
per sample, MaxSampleValue or SMaxSampleValue. Pillow turns the numbers of PGM and PPM into its own;
here they are those of the file.

Source: the Netpbm specifications of PGM and PPM; PNG 1.2, section 4.2; TIFF 6.0, pages 39 and 80.
"""

import math
import struct
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.errors import CorruptError
from pipeline.storage.levels import FULL, MAX_LEVEL, LevelSurvey

BITS, MAX_SAMPLE, SMAX_SAMPLE = 0x0102, 0x0119, 0x0155  # TIFF tags
OF_SOURCE = {SMAX_SAMPLE: "SMaxSampleValue", MAX_SAMPLE: "MaxSampleValue"}  # its highest counts
MAXVAL, SBIT, BITS_PER_SAMPLE = "maxval", "sBIT", "BitsPerSample"  # keys of an image's `info`, too
DEPTH = 16  # bits of a level
PNG_MAGIC_BYTES = 8


class Stated(NamedTuple):
    """The level of white that a file states."""

    by: str
    level: float


def keep_statements(image: Image.Image, name: str) -> None:
    """Keep what Pillow forgets when it decodes a file that it has just opened.

    Raises: CorruptError for levels above the one that the file states.
    """
    file, tiles = getattr(image, "fp", None), getattr(image, "tile", None)
    if file is None or not tiles:
        return
    place = file.tell()
    try:
        if image.format == "PPM":
            image.info[MAXVAL] = find_maxval(image, tiles[0].args)
            if tiles[0].codec_name == "ppm":  # which clips higher levels
                file.seek(tiles[0].offset)
                check_binary(name, image, file)
        if image.format == "PNG" and (bits := significant_bits(file)):
            image.info[SBIT] = bits
    finally:
        file.seek(place)


def find_maxval(image: Image.Image, arguments: object) -> int:
    """Return the highest level of an image in a PNM file, given the arguments of its decoder."""
    if isinstance(arguments, tuple) and len(arguments) == 2:
        return int(arguments[1])
    return MAX_LEVEL if image.mode == "I" else FULL


def check_binary(name: str, image: Image.Image, file: IO[bytes]) -> None:
    """Require that the binary levels of a PNM file are not above its maxval.

    Raises: CorruptError.
    """
    maxval = image.info[MAXVAL]
    dtype = np.dtype(np.uint8 if maxval <= FULL else ">u2")
    count = image.width * image.height * len(image.getbands())
    data = file.read(count * dtype.itemsize)
    levels = np.frombuffer(data[: len(data) // dtype.itemsize * dtype.itemsize], dtype)
    check_below(name, float(levels.max(initial=0)), Stated(MAXVAL, maxval))


def check_below(name: str, highest: float, stated: Stated) -> None:
    """Require that the highest level of a picture is not above the stated one.

    Raises: CorruptError.
    """
    if highest > stated.level:
        what = f"{name}: a pixel is {highest:.10g}; the file states {stated.level:.10g} at most"
        hint = f"Write it again with {stated.by} {highest:.10g} or more"
        if stated.by in OF_SOURCE.values():
            hint = f"If another level is full ink, state it: --highest {highest:.10g}"
        raise CorruptError(f"{what} ({stated.by})", hint)


def significant_bits(file: IO[bytes]) -> int:
    """Return the number of significant bits that a PNG states; 0 if it states none."""
    file.seek(PNG_MAGIC_BYTES)
    while len(header := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", header)
        if kind == b"sBIT":
            bits = int.from_bytes(file.read(1), "big")
            return bits if bits <= DEPTH else 0
        if kind in (b"IDAT", b"IEND"):
            break
        file.seek(length + 4, 1)
    return 0


def tiff_tag(image: Image.Image, tag: int) -> tuple[Any, ...]:
    """Return the values of a tag; none in a file of another type."""
    value = getattr(image, "tag_v2", {}).get(tag, ())
    return value if isinstance(value, tuple) else (value,)


def stated_level(image: Image.Image) -> Stated | None:
    """Return the level of white that the file of a deep picture states, if it does."""
    if image.format == "PPM" and image.mode != "F":
        return Stated(MAXVAL, image.info.get(MAXVAL, MAX_LEVEL))
    if SBIT in image.info:
        return Stated(SBIT, (1 << image.info[SBIT]) - 1)
    for tag, name in OF_SOURCE.items():
        level = next(iter(tiff_tag(image, tag)), 0)
        if isinstance(level, int | float) and 0 < level < math.inf:
            return Stated(name, level)
    bits = next(iter(tiff_tag(image, BITS)), DEPTH)
    return Stated(BITS_PER_SAMPLE, (1 << bits) - 1) if FULL.bit_length() < bits < DEPTH else None


def as_stored(image: Image.Image, levels: NDArray[Any]) -> NDArray[Any]:
    """Return levels of a PGM file as the numbers that stand in it.

    Shapes: any, the same out.
    """
    highest = MAX_LEVEL if image.mode == "I" else FULL  # Pillow's
    maxval = image.info.get(MAXVAL, highest)
    return levels if maxval == highest else np.rint(levels * (maxval / highest)).astype(np.int32)


def full_of_bits(level: float, survey: LevelSurvey) -> float:
    """Return the white of 16-bit PNG files that state `level` as the highest of fewer bits.

    By the specification the levels are scaled to all 16 bits, by a shift or by repeated bits; some
    programs leave them in the lower bits.
    """
    unit = (MAX_LEVEL + 1) // (int(level) + 1)
    if survey.step % unit == 0:
        return level * unit
    return level if survey.highest <= level else MAX_LEVEL
