r"""The format of parallel-list pickles: the contract with `network`.

One file per split holds `[images, labels]`: `images[i]` is a 28x28 list of lists of ints
(0..255), `labels[i]` its class. Any Python 3 reads it with `pickle.load`, without any
package.

All images have the same size, so their bytes differ only in the pixels:

    \x80 2 ] (                      protocol 2, the outer list
        ] (                         the images
            ] (                     an image
                ] ( K p ... K p e   a row: 28 times BININT1 and the pixel, then APPENDS
                ... 28 rows
            e
            ... N images
        e
        ] ( K l ... K l e           the labels
    e .

So both directions are fast. The writer copies pixels into a template. The reader checks every byte
except the pixels and labels against the template, and copies the pixels out. Nothing is unpickled,
so no code can run. The bytes depend only on the data.

Source: the opcodes are those of the module docstrings of Python's `pickletools`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError
from pipeline.pickles.foreign_formats import (
    Labels,
    LayoutError,
    Pixels,
    layout_error,
    read_other_layout,
)
from pipeline.storage.cache import reading

ROWS, COLUMNS = IMAGE_SHAPE
ROW = b"](" + b"K\0" * COLUMNS + b"e"
IMAGE = np.frombuffer(b"](" + ROW * ROWS + b"e", np.uint8)  # 1,655 bytes, pixels zero
HEAD, MIDDLE, TAIL = b"\x80\x02](](", b"e](", b"ee."
FRAME_BYTES = len(HEAD) + len(MIDDLE) + len(TAIL)
EXAMPLE_BYTES = IMAGE.size + 2  # an image, and a label with its opcode
CHUNK = 500  # images per chunk: 0.8 MB, which stays in the processor's cache

# 0xff where a byte of IMAGE is fixed, 0 where it is a pixel
FIXED = np.full(IMAGE.size, 0xFF, np.uint8)
FIXED[2:-1].reshape(ROWS, -1)[:, 3:-1:2] = 0


def view_pixels(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a view of the pixels inside the bytes of pickled images.

    Shapes: (N, 1655) -> (N, 28, 28).
    """
    rows = images[:, 2:-1].reshape(len(images), ROWS, len(ROW))
    return rows[:, :, 3:-1:2]


def pickle_chunks(
    pixel_chunks: Iterable[Pixels], label_chunks: Iterable[Labels]
) -> Iterator[memoryview | bytes]:
    """Yield the bytes of a pickle, a few images at a time.

    Use each chunk before you request the next one, which reuses its memory.

    Shapes: pixel_chunks (n, 28, 28) uint8 each, N images together; label_chunks (n,) from 0 to
    255, N together.
    """
    buffer = np.tile(IMAGE, (CHUNK, 1))  # (CHUNK, 1655)
    pixels_in_buffer = view_pixels(buffer)
    yield HEAD
    for pixels in pixel_chunks:
        for start in range(0, len(pixels), CHUNK):
            part = pixels[start : start + CHUNK]
            pixels_in_buffer[: len(part)] = part
            yield buffer[: len(part)].data.cast("B")
    yield MIDDLE
    yield from map(label_bytes, label_chunks)
    yield TAIL


def label_bytes(labels: Labels) -> bytes:
    """Return the pickled labels, without the list: BININT1 and label, N times."""
    pairs = np.full((len(labels), 2), ord("K"), np.uint8)
    pairs[:, 1] = labels
    return pairs.tobytes()


def read_pickle(path: Path, sha256: str | None = None) -> tuple[Pixels, Labels]:
    """Read a pickle of parallel lists into arrays; no code in it can run.

    With `sha256` the file must have this hash. Without it, a pickle of another layout is read too,
    by `load_untrusted`.

    Shapes: pixels (N, 28, 28) uint8, labels (N,) int64.

    Raises: MissingError, CorruptError.
    """
    try:
        with reading(path, "Run `pipeline build-pickles`"), path.open("rb") as file:
            pixels, labels, digest = read_our_layout(path, file, path.stat().st_size)
    except LayoutError:
        if sha256 is not None:
            raise
        return read_other_layout(path)
    if sha256 is not None and digest != sha256:
        raise CorruptError(
            f"{path}: sha256 is {digest}; expected {sha256}", "Run `pipeline build-pickles --force`"
        )
    return pixels, labels


def read_our_layout(path: Path, file: IO[bytes], size: int) -> tuple[Pixels, Labels, str]:
    """Read pixels, labels and hash of a file, and check every other byte."""
    count, rest = divmod(size - FRAME_BYTES, EXAMPLE_BYTES)
    if rest or count < 0:
        raise layout_error(path, f"{size:,} bytes are not a whole number of images")
    sha256 = hashlib.sha256()

    def take(buffer: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if file.readinto(buffer) != buffer.nbytes:  # type: ignore[attr-defined]
            raise layout_error(path, "it became shorter while it was read")
        sha256.update(buffer.data)
        return buffer

    def expect(frame: bytes) -> None:
        if take(np.empty(len(frame), np.uint8)).tobytes() != frame:
            raise layout_error(path, "the lists around the images differ")

    expect(HEAD)
    pixels = np.empty((count, ROWS, COLUMNS), np.uint8)
    buffer = np.empty((CHUNK, IMAGE.size), np.uint8)
    fixed = np.empty_like(buffer)
    for start in range(0, count, CHUNK):
        n = min(CHUNK, count - start)
        images = take(buffer[:n])
        np.bitwise_and(images, FIXED, out=fixed[:n])
        if not (fixed[:n] == IMAGE).all():
            raise layout_error(path, f"images {start} to {start + n - 1} are laid out differently")
        pixels[start : start + n] = view_pixels(images)
    expect(MIDDLE)
    pairs = take(np.empty((count, 2), np.uint8))
    if np.any(pairs[:, 0] != ord("K")):
        raise layout_error(path, "a label is not a small integer")
    expect(TAIL)
    return pixels, pairs[:, 1].astype(np.int64), sha256.hexdigest()
