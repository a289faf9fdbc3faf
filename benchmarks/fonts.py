"""Measure the accuracy on digits in fonts, with and without preparation.

    python benchmarks/fonts.py RUN...             # some minutes; uses the fonts that are installed
    python benchmarks/fonts.py RUN... --tuning    # the fonts that the preparation was tuned on
    python benchmarks/fonts.py --packages         # the packages to install first

The pages show all ten digits of each font on each kind of paper of `paper_pages.py`, with random
size, position, rotation (up to 12 degrees) and thickness. Three inputs are compared. *Prepared*:
exactly one digit must be found, and predicted correctly. *Resized*: the picture is made 28x28, and
inverted if its border is light. *Cropped*: the same after cutting out a square around the digit, a
fifth larger than the digit.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from debian_fonts import HANDWRITING, PRINT, TUNING, Font
from numpy.typing import NDArray
from paper_pages import PAPERS, Levels, photograph
from PIL import Image, ImageDraw, ImageFont

from network.core.data import scale_pixels
from network.images.pages.ink import light_on_dark
from network.images.pages.read import prepare_page
from network.metrics.accuracy import predict_classes
from network.runs.checkpoints import Checkpoint
from network.runs.folder import load_run
from network.runs.names import find_run
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.storage.cache import find_cache

Grey = NDArray[np.uint8]
SIDE = 320  # pixels of a page
SIZES = (40, 260)  # of a font
ROTATION = 12  # degrees, either way
THICKER = 3  # kinds of thickness: without, with a thin and with a thick outline


@dataclass(frozen=True)
class Case:
    """A digit as three inputs of the network."""

    font: str
    paper: str
    label: int
    found: int  # digits on the page
    images: tuple[Grey, Grey, Grey]  # (28, 28) each: prepared, resized, cropped


def glyph(font: Font, digit: int, size: int, thicker: int, angle: float) -> Levels:
    """Draw a digit without a margin.

    Shapes: (H, W).
    """
    face = ImageFont.truetype(font.path, size)
    left, top, right, bottom = map(round, face.getbbox(str(digit), stroke_width=thicker))
    picture = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(picture)
    draw.text((-left, -top), str(digit), 255, face, stroke_width=thicker)
    turned = picture.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    return np.asarray(turned.crop(turned.getbbox()), np.float32) / np.float32(255)


def page_with(ink: Levels, paper: str, rng: np.random.Generator) -> tuple[Grey, Grey]:
    """Return a picture of a page with ink at a random place, and a crop of the ink."""
    height, width = (max(SIDE, side + 20) for side in ink.shape)
    share = np.zeros((height, width), np.float32)
    top = int(rng.integers(8, height - ink.shape[0] - 8))
    left = int(rng.integers(8, width - ink.shape[1] - 8))
    share[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    grey = photograph(share, PAPERS[paper], rng, int(rng.integers(30, 80)))
    reach = round(1.2 * max(ink.shape) / 2)
    row, column = top + ink.shape[0] // 2, left + ink.shape[1] // 2
    around = grey[max(row - reach, 0) : row + reach, max(column - reach, 0) : column + reach]
    return grey, around


def resize(grey: Grey) -> Grey:
    """Resize a picture to 28x28, light on dark, without any other preparation."""
    return np.asarray(
        Image.fromarray(light_on_dark(grey)).resize(IMAGE_SHAPE, Image.Resampling.BOX)
    )


def cases(fonts: Mapping[str, Font], repeats: int) -> Iterator[Case]:
    """Draw all digits of all fonts, and return their three inputs."""
    for name, font in fonts.items():
        rng = np.random.default_rng(0)
        for paper in PAPERS:
            for digit in [*range(10)] * repeats:
                size = int(rng.integers(*SIZES))
                thicker = int(rng.integers(THICKER)) * max(1, size // 60)
                ink = glyph(font, digit, size, thicker, rng.uniform(-ROTATION, ROTATION))
                grey, around = page_with(ink, paper, rng)
                found = [each.pixels for each in prepare_page(grey).digits]
                prepared = found[0] if found else np.zeros(IMAGE_SHAPE, np.uint8)
                images = prepared, resize(grey), resize(around)
                yield Case(name, paper, digit, len(found), images)


def right(checkpoint: Checkpoint, some: list[Case]) -> NDArray[np.float64]:
    """Return which cases are predicted correctly, for each of the three inputs.

    Shapes: (3, N) of 0 and 1.
    """
    labels = np.array([case.label for case in some])
    results = []
    for images in zip(*(case.images for case in some), strict=True):
        pixels = scale_pixels(np.stack(images))
        results.append(predict_classes(checkpoint.model, checkpoint.params, pixels) == labels)
    results[0] &= [case.found == 1 for case in some]
    return np.array(results, float)


def table(some: list[Case], results: Mapping[str, NDArray[np.float64]]) -> Iterator[str]:
    """Yield the lines of the table: all, each paper, each font, in %."""
    yield f"{'':<22}{'found once':>10}" + "".join(f"{run:>24}" for run in results)
    groups = {"all": [True] * len(some)}
    groups |= {paper: [case.paper == paper for case in some] for paper in PAPERS}
    fonts = list(dict.fromkeys(case.font for case in some))
    for label, names in (
        ("handwriting", set(HANDWRITING)),
        ("print", set(PRINT)),
        *((font, {font}) for font in fonts),
    ):
        groups[label] = [case.font in names for case in some]
    for label, chosen in groups.items():
        if not any(chosen):
            continue
        where = np.array(chosen)
        once = np.mean([case.found == 1 for case in some], where=where)
        cells = (100 * result[:, where].mean(axis=1) for result in results.values())
        columns = "".join("{:>10.1f} {:>6.1f} {:>6.1f}".format(*cell) for cell in cells)
        yield f"{label:<22}{100 * once:>10.1f}{columns}"


def main() -> None:
    """Print the table, and the fonts that are not installed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", metavar="RUN", nargs="*")
    parser.add_argument("--tuning", action="store_true", help="use the fonts of the tuning")
    parser.add_argument("--repeats", type=int, default=2, help="pages per digit (default 2)")
    parser.add_argument(
        "--packages", action="store_true", help="print the names of the Debian packages"
    )
    options = parser.parse_args()
    fonts = TUNING if options.tuning else HANDWRITING | PRINT
    if options.packages:
        print(*sorted({f"fonts-{font.package}" for font in fonts.values()}))
        return
    for name, font in fonts.items():
        if not font.path.exists():
            print(f"{name} is not installed. Install fonts-{font.package}.")
    there = {name: font for name, font in fonts.items() if font.path.exists()}
    if not there:
        parser.exit(3, "None of the fonts is installed. `--packages` prints what to install.\n")
    some = list(cases(there, options.repeats))
    cache = find_cache()
    runs = {name: load_run(find_run(cache, name))[0] for name in options.runs}
    print(f"{len(there)} fonts, {len(some):,} pages; accuracy in %: prepared, resized, cropped")
    for line in table(some, {name: right(checkpoint, some) for name, checkpoint in runs.items()}):
        print(line)


if __name__ == "__main__":
    main()
