"""Images that are not digits, of many kinds, prepared as by `network predict`.

The fonts below /usr/share/fonts and the package dataset-fashion-mnist come from Debian. The
photographs come from scikit-image (pip install scikit-image).
"""

import math
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from network.images.pages.read import PageOptions, prepare_page
from pipeline.storage.idx import read_idx

Pixels = NDArray[np.uint8]  # (N, 28, 28)
Points = list[tuple[float, float]]

FONTS = Path("/usr/share/fonts")
FASHION = Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
NO_TEXT = ("Math", "Symbol", "Dingbats", "D050000L", "emoji")  # in the names of symbol fonts
LETTERS = "ACDEFGHKLMNPRTUVWXYacdefhkmnprtuvwxy"  # without letters that may look like a digit
TURNING = (2, 3, 4, 5, 7)  # digits that are not digits when rotated or mirrored
MOST = 1000  # images of a kind
PAPER, INK = 255, 0


def prepared(pictures: Iterable[Pixels]) -> Pixels:
    """Prepare pictures with one object each, without those where none is found."""
    whole = PageOptions(separate=False)
    pages = (prepare_page(np.ascontiguousarray(grey), whole) for grey in pictures)
    return np.stack([page.digits[0].pixels for page in pages if page.digits])


def on_paper(digits: Pixels) -> Pixels:
    """Draw digits dark on light with a margin, so that they are prepared again."""
    return np.pad(255 - digits, ((0, 0), (6, 6), (6, 6)), constant_values=PAPER)


def in_fonts(characters: str, rng: np.random.Generator) -> Pixels:
    """Draw characters in all installed text fonts, and return a random sample."""
    paths = [path for path in FONTS.rglob("*.[to]tf") if not any(it in path.name for it in NO_TEXT)]
    wanted = [(path, character) for path in sorted(paths) for character in characters]
    order = rng.permutation(len(wanted))[:MOST]
    return prepared(write(*wanted[index]) for index in order)


def write(path: Path, character: str) -> Pixels:
    """Draw a character in a font."""
    picture = Image.new("L", (200, 200), PAPER)
    font = ImageFont.truetype(str(path), 80)
    ImageDraw.Draw(picture).text((50, 40), character, fill=INK, font=font)
    return np.asarray(picture)


def drawings(rng: np.random.Generator) -> Iterator[Pixels]:
    """Draw objects with shaky lines of several widths, slightly rotated."""
    for number in range(MOST):
        picture = Image.new("L", (140, 140), PAPER)
        draw, width = ImageDraw.Draw(picture), int(rng.integers(5, 13))
        for line in THINGS[number % len(THINGS)](rng):
            shaken = [tuple(point + rng.normal(0, 2, 2)) for point in np.asarray(line)]
            draw.line(shaken, fill=INK, width=width, joint="curve")
        yield np.asarray(picture.rotate(float(rng.uniform(-15, 15)), fillcolor=PAPER))


def polygon(*corners: tuple[float, float]) -> Points:
    """Return a closed polygon with these corners."""
    return [*corners, corners[0]]


def arc(x: float, y: float, radius: float, first: float = 0, last: float = 2) -> Points:
    """Return points on a circle between two angles, given in half turns."""
    return [
        (x + radius * math.cos(angle * math.pi), y + radius * math.sin(angle * math.pi))
        for angle in np.linspace(first, last, 24)
    ]


def face(rng: np.random.Generator) -> list[Points]:
    """Draw a smiling face."""
    return [arc(70, 70, 50), arc(50, 58, 4), arc(90, 58, 4), arc(70, 72, 26, 0.1, 0.9)]


def cat(rng: np.random.Generator) -> list[Points]:
    """Draw the head of a cat, with ears and whiskers."""
    ears: list[Points] = [[(36, 60), (30, 15), (62, 42)], [(104, 60), (110, 15), (78, 42)]]
    whiskers: list[Points] = [[(5, 75), (50, 80)], [(90, 80), (135, 75)]]
    return [arc(70, 80, 40), *ears, *whiskers, arc(54, 68, 3), arc(86, 68, 3)]


def house(rng: np.random.Generator) -> list[Points]:
    """Draw a house with a door."""
    roof: Points = [(28, 62), (70, 22), (112, 62)]
    return [polygon((35, 62), (105, 62), (105, 120), (35, 120)), roof, [(70, 120), (70, 90)]]


def star(rng: np.random.Generator) -> list[Points]:
    """Draw a star with five points in one line."""
    angles = [4 * math.pi * corner / 5 - math.pi / 2 for corner in range(6)]
    return [[(70 + 55 * math.cos(angle), 70 + 55 * math.sin(angle)) for angle in angles]]


def heart(rng: np.random.Generator) -> list[Points]:
    """Draw a heart."""
    turns = np.linspace(0, 2 * math.pi, 60)
    y = 13 * np.cos(turns) - 5 * np.cos(2 * turns) - 2 * np.cos(3 * turns) - np.cos(4 * turns)
    return [list(zip(70 + 48 * np.sin(turns) ** 3, 65 - 3 * y, strict=True))]


def spiral(rng: np.random.Generator) -> list[Points]:
    """Draw a spiral."""
    turns = np.linspace(0, 15, 100)
    radius = 4 + 3.5 * turns
    return [list(zip(70 + radius * np.cos(turns), 70 + radius * np.sin(turns), strict=True))]


def scribble(rng: np.random.Generator) -> list[Points]:
    """Draw a random scribble."""
    return [[tuple(point) for point in rng.uniform(15, 125, (int(rng.integers(6, 14)), 2))]]


def cross(rng: np.random.Generator) -> list[Points]:
    """Draw a cross."""
    return [[(25, 25), (115, 115)], [(115, 25), (25, 115)]]


THINGS: tuple[Callable[[np.random.Generator], list[Points]], ...] = (
    *(face, cat, house, star, heart, spiral, scribble, cross),
    lambda rng: [polygon((30, 30), (110, 30), (110, 110), (30, 110))],
    lambda rng: [polygon((70, 20), (120, 110), (20, 110))],
)


def photographs(rng: np.random.Generator) -> Iterator[Pixels]:
    """Cut squares out of scikit-image's photographs, a cat among them."""
    from skimage import data  # needed for photographs only

    names = ("astronaut", "camera", "chelsea", "coffee", "rocket", "moon", "retina", "brick")
    pictures = [np.asarray(Image.fromarray(getattr(data, name)()).convert("L")) for name in names]
    for number in range(MOST):
        grey = pictures[number % len(pictures)]
        side = int(rng.integers(min(grey.shape) // 4, min(grey.shape)))
        top, left = (int(rng.integers(0, length - side + 1)) for length in grey.shape)
        yield grey[top : top + side, left : left + side]


def blobs(rng: np.random.Generator) -> Iterator[Pixels]:
    """Draw smoothed noise, which looks like blots of ink."""
    from network.images.distortions import gaussian

    smooth = gaussian(40, 3.0)
    for noise in rng.normal(0, 1, (MOST, 40, 40)):
        waves = smooth @ noise @ smooth
        yield (PAPER - np.clip(160 * waves / waves.std(), 0, PAPER)).astype(np.uint8)


def all_kinds(digits: Pixels, labels: Pixels, rng: np.random.Generator) -> dict[str, Pixels]:
    """Return all kinds of out-of-distribution images, some of them made from digits."""
    some, others = digits[:MOST], digits[-MOST:]
    turning = digits[np.isin(labels, TURNING)][:MOST]
    kinds = {
        "letters in fonts": in_fonts(LETTERS, rng),
        "drawings": prepared(drawings(rng)),
        "rotated digits": prepared(on_paper(np.rot90(turning, axes=(1, 2)))),
        "mirrored digits": prepared(on_paper(turning[:, :, ::-1])),
        "two digits in one image": prepared(on_paper(np.concatenate([some, others], axis=2))),
        "upper halves": prepared(on_paper(some[:, :14])),
        "noise": rng.integers(0, 256, (MOST, 28, 28), np.uint8),
        "specks": np.where(rng.random((MOST, 28, 28)) < 0.15, 255, 0).astype(np.uint8),
        "blobs": prepared(blobs(rng)),
    }
    if FASHION.exists():
        kinds["clothes (Fashion-MNIST)"] = read_idx(FASHION)[:MOST]
    if find_spec("skimage"):
        kinds["photographs"] = prepared(photographs(rng))
    return kinds
