"""Pictures of every depth, written byte by byte: what Pillow cannot write, it may have to read."""

import struct
import zlib

import numpy as np

GREY, COLOUR, GREY_AND_ALPHA, COLOUR_AND_ALPHA = 0, 2, 4, 6  # types of PNG
UNSIGNED, SIGNED, FLOAT = 1, 2, 3  # types of numbers in TIFF
KINDS = {"u": UNSIGNED, "i": SIGNED, "f": FLOAT}


def png16(levels, colour=GREY):
    """Write a PNG of 16 bits per level; (H, W), or (H, W, bands)."""
    height, width = levels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def tiff(levels, white_is_zero=False, big_endian=False):
    """Write a grey TIFF of any type of numbers."""
    height, width = levels.shape
    order = ">" if big_endian else "<"
    data = levels.astype(levels.dtype.newbyteorder(order)).tobytes()
    bits, kind = 8 * levels.dtype.itemsize, KINDS[levels.dtype.kind]
    shorts = {258: bits, 259: 1, 262: int(not white_is_zero), 277: 1, 339: kind}
    longs = {256: width, 257: height, 273: 8, 278: height, 279: len(data)}
    entries = b"".join(
        struct.pack(f"{order}HHIHH", tag, 3, 1, shorts[tag], 0)
        if tag in shorts
        else struct.pack(f"{order}HHII", tag, 4, 1, longs[tag])
        for tag in sorted({**shorts, **longs})
    )
    count = struct.pack(f"{order}H", len(shorts) + len(longs))
    start = (b"MM\0*" if big_endian else b"II*\0") + struct.pack(f"{order}I", 8 + len(data))
    return start + data + count + entries + bytes(4)


def png16_colour(levels):
    return png16(np.repeat(levels[..., None], 3, 2), COLOUR)


def png16_opaque(levels):
    return png16(np.stack([levels, np.full_like(levels, 65535)], -1), GREY_AND_ALPHA)
