"""CSV files of small images in every form in which people save them."""

import codecs
import gzip
from dataclasses import dataclass

import numpy as np

PIXELS = 784
HEADERS = {  # by name: what the pixels are called, given their place
    "pixel0": lambda i: f"pixel{i}",
    "pixel1": lambda i: f"pixel{i + 1}",
    "pixel_0": lambda i: f"pixel_{i}",
    "Pixel.0": lambda i: f"Pixel.{i}",
    "pixel0000": lambda i: f"pixel{i:04}",
    "px0": lambda i: f"px{i}",
    "p0": lambda i: f"p{i}",
    "x1": lambda i: f"x{i + 1}",
    "f0": lambda i: f"f{i}",
    "attr0": lambda i: f"attr{i}",
    "V1": lambda i: f"V{i + 1}",
    "0": lambda i: f"{i}",
    "1": lambda i: f"{i + 1}",
    "1x1": lambda i: f"{i // 28 + 1}x{i % 28 + 1}",
    "r0c0": lambda i: f"r{i // 28}c{i % 28}",
    "pixel_0_0": lambda i: f"pixel_{i // 28}_{i % 28}",
}
ORDERS = {
    "by row": lambda names: range(PIXELS),
    "by column": lambda names: np.arange(PIXELS).reshape(28, 28).T.ravel(),
    "backwards": lambda names: range(PIXELS - 1, -1, -1),
    "as texts": lambda names: sorted(range(PIXELS), key=lambda i: names[i]),
}
NUMBERS = {
    "whole": str,
    "0.0": lambda value: f"{value}.0",
    "savetxt": lambda value: f"{value:.18e}",
    "share": lambda value: repr(value / 255),
    "share * 1/255": lambda value: repr(value * (1 / 255)),
    "share / 256": lambda value: repr(value / 256),
    "single share": lambda value: str(np.float32(value / 255)),
    "truth": lambda value: str(value > 0),
    "4 decimals": lambda value: f"{value / 255:.4f}",
}
ENCODINGS = {
    "UTF-8": str.encode,
    "UTF-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16, big end first": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "gzip": lambda text: gzip.compress(text.encode(), 1),
}
INDEX_NAMES = "", "Unnamed: 0", "id", "index"


@dataclass(frozen=True)
class Kind:
    """How a CSV file is written."""

    header: str | None = "pixel0"  # None: there is none
    order: str = "by row"  # of the columns; by their names alone it can be told
    label: str = "label"  # the name of its column
    is_last: bool = False
    index: str | None = None  # the name of a column of row numbers
    numbers: str = "whole"
    separator: str = ","
    decimals: str = "."
    encoding: str = "UTF-8"
    newline: str = "\n"
    end: str = ""  # of each line
    tail: str = ""  # of the file
    quote: str = ""


def csv_bytes(kind, pixels, names):
    """Write images and the names of their classes as a file of a kind."""
    called = [HEADERS[kind.header or "pixel0"](i) for i in range(PIXELS)]
    order = list(ORDERS[kind.order](called)) if kind.header else list(range(PIXELS))
    write = [NUMBERS[kind.numbers](value) for value in range(256)]
    rows = [[write[value] for value in row] for row in pixels.reshape(-1, PIXELS)[:, order]]
    rows = [place(kind, str(name), row) for name, row in zip(names, rows, strict=True)]
    if kind.header is not None:
        rows.insert(0, place(kind, kind.label, [called[i] for i in order]))
    if kind.index is not None:
        first = [kind.index] if kind.header is not None else []
        for row, number in zip(rows, [*first, *range(1, 1 + len(rows))], strict=False):
            row.insert(0, str(number))
    lines = [
        kind.separator.join(f"{kind.quote}{it}{kind.quote}" for it in row) + kind.end
        for row in rows
    ]
    if kind.decimals != ".":
        start = kind.header is not None
        lines[start:] = [line.replace(".", kind.decimals) for line in lines[start:]]
    return ENCODINGS[kind.encoding](kind.newline.join(lines) + kind.newline + kind.tail)


def place(kind, label, row):
    """Put the label where the kind has it."""
    return [*row, label] if kind.is_last else [label, *row]


def small_images(seed, count, strays=0, paper=0):
    """Make images with a bare border, but for a few stray pixels in the corners."""
    rng = np.random.default_rng(seed)
    pixels = np.full((count, 28, 28), paper, np.uint8)
    pixels[:, 6:22, 6:22] = rng.integers(0, 256, (count, 16, 16)) * rng.integers(
        0, 2, (count, 16, 16)
    )
    for row in rng.permutation(count)[:strays]:
        pixels[row, 0, 0], pixels[row, -1, -1] = rng.integers(0, 256, 2)
    return pixels
