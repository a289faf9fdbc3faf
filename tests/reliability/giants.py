"""Small files that ask for as much as a parser grants: pixels, bytes of JSON, headers."""

import io
import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import asdict

from PIL import Image

from network.runs.checkpoints import with_checksum
from pipeline.storage.checksummed_json import MAX_BYTES, checksummed_bytes
from pipeline.storage.pictures import MAX_DECODED_PIXELS
from tests.reliability.image_mutations import png_of
from tests.reliability.seeds import TINY
from tests.reliability.zips import zip_of

SIDE = math.isqrt(MAX_DECODED_PIXELS)
GREY, COLOUR, PALETTE, GREY_AND_ALPHA, COLOUR_AND_ALPHA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, COLOUR: 3, PALETTE: 1, GREY_AND_ALPHA: 2, COLOUR_AND_ALPHA: 4}


def png(colour: int, depth: int = 8) -> bytes:
    """Write a page with a band of ink across the middle, in a file that is small."""
    row = SIDE * CHANNELS[colour] * depth // 8
    paper, ink = (b"\0" + bytes([level]) * row for level in (0, 255))
    pixels = zlib.compressobj(1)
    packed = [pixels.compress(ink if SIDE // 3 < y < SIDE // 2 else paper) for y in range(SIDE)]
    header = struct.pack(">IIBBBBB", SIDE, SIDE, depth, colour, 0, 0, 0)
    palette = [(b"PLTE", bytes(range(256)) * 3)] if colour == PALETTE else []
    data = b"".join([*packed, pixels.flush()])
    return png_of([(b"IHDR", header), *palette, (b"IDAT", data), (b"IEND", b"")])


def picture(kind: str, **options: object) -> bytes:
    """Write a page with a square of ink in another format."""
    page, buffer = Image.new("L", (SIDE, SIDE), 255), io.BytesIO()
    page.paste(0, (SIDE // 3, SIDE // 3, SIDE // 2, SIDE // 2))
    page.convert("L" if kind == "GIF" else "RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def json_of(piece: bytes) -> bytes:
    """Write a list as long as a file may be."""
    start, end = b'{"a": [', b"0]}"
    return start + piece * ((MAX_BYTES - len(start + end)) // len(piece)) + end


def long_header() -> bytes:
    """Write a checkpoint with an array whose header is long with blanks, and wrong in the end."""
    text = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }".ljust(9_999) + b"!"
    array = b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text + bytes(4)
    return with_checksum(zip_of([("meta.npy", array)]))


def record() -> bytes:
    """Write a record in which a text stands for a count, and is to be taken 784 times."""
    value = {"format": 1, **asdict(TINY)}
    value["splits"]["train"]["count"] = "x" * (MAX_BYTES - 5_000)
    return checksummed_bytes(value)


GIANTS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "PNG in grey": ("PNG", lambda: png(GREY)),
    "PNG in 16 bits": ("PNG", lambda: png(GREY, 16)),
    "PNG in colour": ("PNG", lambda: png(COLOUR)),
    "PNG with a palette": ("PNG", lambda: png(PALETTE)),
    "PNG with alpha": ("PNG", lambda: png(COLOUR_AND_ALPHA)),
    "PNG in grey with alpha": ("PNG", lambda: png(GREY_AND_ALPHA)),
    "JPEG": ("JPEG", lambda: picture("JPEG")),
    "JPEG in many scans": ("JPEG", lambda: picture("JPEG", progressive=True, subsampling=0)),
    "GIF": ("GIF", lambda: picture("GIF")),
    "WEBP": ("WEBP", lambda: picture("WEBP", method=0)),
    "header of an array": ("checkpoint", long_header),
    "count in a record": ("record", record),
    "JSON of lists": ("configuration", lambda: json_of(b"[],")),
    "JSON of objects": ("configuration", lambda: json_of(b"{},")),
    "JSON of numbers": ("configuration", lambda: json_of(b"7,")),
    "JSON of text": ("configuration", lambda: json_of(b'"",')),
}
