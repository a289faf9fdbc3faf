"""Pictures of every depth, written byte by byte: what Pillow cannot write, it may have to read."""

import struct
import zlib

import numpy as np

GREY, COLOUR, GREY_AND_ALPHA, COLOUR_AND_ALPHA = 0, 2, 4, 6  # types of PNG
UNSIGNED, SIGNED, FLOAT = 1, 2, 3  # types of numbers in TIFF
KINDS = {"u": UNSIGNED, "i": SIGNED, "f": FLOAT}


def png16(levels, colour=GREY, significant=0):
    """Write a PNG of 16 bits per level; (H, W), or (H, W, bands). sBIT may be given."""
    height, width = levels.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in levels)
    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    sbit = [(b"sBIT", bytes([significant]))] if significant else []
    parts = [(b"IHDR", header), *sbit, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    )


def tiff(levels, white_is_zero=False, big_endian=False, shorts=(), data=None):
    """Write a grey TIFF of any type of numbers, with further tags; (H, W), or (H, W, bands)."""
    height, width = levels.shape[:2]
    order = ">" if big_endian else "<"
    data = data or levels.astype(levels.dtype.newbyteorder(order)).tobytes()
    bits, kind = 8 * levels.dtype.itemsize, KINDS[levels.dtype.kind]
    bands = levels.size // (height * width)
    shorts = {258: bits, 259: 1, 262: int(not white_is_zero), 277: bands, 339: kind, **dict(shorts)}
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


def tiff12(levels):
    """Write a grey TIFF of 12 bits per level, packed."""
    pairs = levels.reshape(-1, 2).astype(np.uint16)
    high, low = pairs[:, 0], pairs[:, 1]
    packed = np.stack([high >> 4, (high & 15) << 4 | low >> 8, low & 255], -1).astype(np.uint8)
    return tiff(levels.astype(np.uint16), shorts={258: 12}, data=packed.tobytes())


def pgm(levels, maxval, is_plain=False):
    """Write a PGM, binary or in plain text."""
    height, width = levels.shape
    head = f"P{2 if is_plain else 5}\n{width} {height}\n{maxval}\n".encode()
    if is_plain:
        return head + " ".join(map(str, levels.ravel())).encode() + b"\n"
    return head + levels.astype(">u2" if maxval > 255 else "u1").tobytes()


def png16_colour(levels):
    return png16(np.repeat(levels[..., None], 3, 2), COLOUR)


def png16_opaque(levels):
    return png16(np.stack([levels, np.full_like(levels, 65535)], -1), GREY_AND_ALPHA)
