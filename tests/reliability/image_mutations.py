"""Change PNG files chunk by chunk, with their checksums put right again.

Source: Portable Network Graphics (PNG) Specification, W3C, sections 5 and 11.
"""

import struct
import zlib

import numpy as np

from tests.reliability.mutations import NUMBERS, choose, mutate

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
KINDS = (
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB"),
    *(b"tEXt", b"zTXt", b"iTXt", b"pHYs", b"tIME", b"eXIf", b"acTL", b"fcTL", b"fdAT", b"zzzz"),
)
SIDES = (0, 1, 2, 27, 28, 29, 500, 3000, 7000, 7072, 65535, 2**31 - 1, 2**32 - 1)

Chunk = tuple[bytes, bytes]  # kind and content


def iterate_chunks(data: bytes) -> list[Chunk]:
    """Take a valid PNG file apart."""
    chunks, position = [], len(PNG_MAGIC)
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        content = data[position + 8 : position + 8 + length]
        chunks.append((data[position + 4 : position + 8], content))
        position += 12 + length
    return chunks


def png_of(chunks: list[Chunk]) -> bytes:
    """Write a PNG file with right lengths and checksums."""
    return PNG_MAGIC + b"".join(
        struct.pack(">I", len(content)) + kind + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )  # fmt: skip


def change_header(rng: np.random.Generator, content: bytes) -> bytes:
    """Change the size, the depth, the kind of colour or a method."""
    fields = list(struct.unpack(">IIBBBBB", content))
    place = int(rng.integers(len(fields)))
    small = (0, 1, 2, 3, 4, 6, 7, 8, 16, 255)
    fields[place] = choose(rng, SIDES if place < 2 else small)
    return struct.pack(">IIBBBBB", *fields)


def change_pixels(rng: np.random.Generator, content: bytes) -> bytes:
    """Change what is compressed, and compress it again."""
    try:
        rows = zlib.decompress(content)
    except zlib.error:  # one of several chunks that belong together
        return mutate(rng, content, content)
    return zlib.compress(mutate(rng, rows, rows), int(rng.integers(10)))


def change_content(rng: np.random.Generator, kind: bytes, content: bytes) -> Chunk:
    """Change the content of a chunk by its kind."""
    if kind == b"IHDR" and rng.random() < 0.8:
        return kind, change_header(rng, content)
    if kind == b"IDAT" and rng.random() < 0.5:
        return kind, change_pixels(rng, content)
    return kind, mutate(rng, content or b"\0", choose(rng, NUMBERS).to_bytes(16, "big"))


def change_chunks(rng, data, other):
    """Change one to three chunks: content, kind, order, number."""
    chunks, others = iterate_chunks(data), iterate_chunks(other)
    for _ in range(int(rng.integers(1, 4))):
        place = int(rng.integers(len(chunks)))
        kind, content = chunks[place]
        match int(rng.integers(7)):
            case 0 | 1:
                if len(content) == 13 or kind != b"IHDR":
                    chunks[place] = change_content(rng, kind, content)
            case 2:
                chunks[place] = choose(rng, KINDS), content
            case 3:
                chunks.insert(place, chunks[int(rng.integers(len(chunks)))])
            case 4:
                chunks.insert(place, choose(rng, others))
            case 5 if len(chunks) > 1:
                del chunks[place]
            case _:
                chunks.insert(place, (choose(rng, KINDS), rng.bytes(int(rng.integers(40)))))
    return png_of(chunks)


def change_size(rng, data, other):
    """Claim another size, with as many pixels as it needs if those are few."""
    kind, content = iterate_chunks(data)[0]
    return png_of([(kind, change_header(rng, content)), *iterate_chunks(data)[1:]])


PNG_MUTATIONS = (change_chunks, change_chunks, change_size)
