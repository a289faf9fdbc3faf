"""Measure how many MNIST digits are recovered from pages and predicted correctly.

    python benchmarks/pages.py RUN...                    # the test digits, a minute or two
    python benchmarks/pages.py RUN... --split train      # training digits, for tuning

Every digit is pasted once on each kind of paper. Its 28x28 frame is enlarged to sizes from 28 to
112 pixels. The frames stand in lines next to each other, shifted up or down a little. A digit is
*recovered* if the centre of exactly one box is in its frame. Only recovered digits can be correct.
The accuracy is compared with that on the published images. At the end, single digits are slanted
and read with and without `--deskew`.
"""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from paper_pages import PAPERS, photograph
from PIL import Image

from network.core.data import scale_pixels
from network.images.pages.read import Digit, PageOptions, prepare_page
from network.metrics.accuracy import predict_classes
from network.runs.checkpoints import Checkpoint
from network.runs.folder import load_run
from network.runs.names import find_run
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.datasets.registry import find_dataset
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import find_cache

Grey = NDArray[np.uint8]
SIZES = (28, 40, 56, 80, 112)  # pixels of a digit's frame
WIDTH, HEIGHT = 1000, 800  # of a page
MARGIN = 30
SLANTS = (-0.6, -0.3, 0, 0.3, 0.6)  # columns to a row
SLANTED = 2000  # digits that are slanted


@dataclass(frozen=True)
class Pasted:
    """A digit on a page: its index in the dataset, and its frame."""

    index: int
    left: int
    top: int
    size: int

    def holds(self, digit: Digit) -> bool:
        """Return whether the centre of a found digit is inside the frame."""
        x = digit.box.left + digit.box.width / 2 - self.left
        y = digit.box.top + digit.box.height / 2 - self.top
        return 0 <= x < self.size and 0 <= y < self.size


def layouts(count: int, rng: np.random.Generator) -> Iterator[list[Pasted]]:
    """Return pages with all digits; the sizes alternate from page to page."""
    index, turn = 0, 0
    while index < count:
        size, places = SIZES[turn % len(SIZES)], []
        for top in range(MARGIN, HEIGHT - MARGIN - size, round(1.4 * size)):
            for left in range(MARGIN, WIDTH - MARGIN - size, size):
                if index < count:
                    places.append(Pasted(index, left, top + int(rng.integers(size // 8 + 1)), size))
                    index += 1
        turn += 1
        yield places


def enlarge(digit: Grey, size: int) -> NDArray[np.float32]:
    """Resize the frame of a digit to `size` pixels."""
    picture = Image.fromarray(digit).resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(picture, np.float32) / np.float32(255)


def recover(digits: Grey, paper: str) -> tuple[Grey, NDArray[np.bool_], int]:
    """Paste all digits on pages, prepare the pages, and return the recovered digits.

    Returns: images (N, 28, 28), which of them were recovered (N,), and the number of other blobs
    that were taken for digits.
    """
    rng = np.random.default_rng(0)
    images, found, others = np.zeros_like(digits), np.zeros(len(digits), bool), 0
    for places in layouts(len(digits), rng):
        share = np.zeros((HEIGHT, WIDTH), np.float32)
        for it in places:
            part = share[it.top : it.top + it.size, it.left : it.left + it.size]
            np.maximum(part, enlarge(digits[it.index], it.size), out=part)
        page = prepare_page(photograph(share, PAPERS[paper], rng, 2 * places[0].size))
        others += len(page.digits)
        for it in places:
            held = [digit for digit in page.digits if it.holds(digit)]
            if len(held) == 1:
                images[it.index], found[it.index] = held[0].pixels, True
    return images, found, others - int(found.sum())


def slanted(digits: Grey, slant: float, deskew: bool) -> Grey:
    """Slant digits, one per page, and prepare them; blank if not found once."""
    images = np.zeros_like(digits)
    for index, digit in enumerate(digits):
        big = Image.fromarray(np.pad(digit, 10)).resize((192, 192), Image.Resampling.BICUBIC)
        shear = (1, slant, -96 * slant, 0, 1, 0)
        page = big.transform(big.size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR)
        found = prepare_page(255 - np.asarray(page), PageOptions(deskew=deskew)).digits
        images[index] = found[0].pixels if len(found) == 1 else 0
    return images


def answers(checkpoint: Checkpoint, images: Grey) -> NDArray[np.int64]:
    """Predict prepared digits.

    Shapes: (N, 28, 28) -> (N,).
    """
    return np.asarray(predict_classes(checkpoint.model, checkpoint.params, scale_pixels(images)))


def print_papers(runs: Mapping[str, Checkpoint], digits: Grey, labels: NDArray[np.int64]) -> None:
    """Print a line for each kind of paper."""
    clean = {name: 100 * np.mean(answers(run, digits) == labels) for name, run in runs.items()}
    print(f"{'':<16}{'recovered':>10}{'others':>8}" + "".join(f"{name:>24}" for name in runs))
    print(
        f"{'as published':<34}" + "".join(f"{value:>14.2f}          " for value in clean.values())
    )
    for paper in PAPERS:
        images, found, others = recover(digits, paper)
        line = f"{paper:<16}{100 * found.mean():>10.2f}{others:>8}"
        for name, run in runs.items():
            share = 100 * np.mean(found & (answers(run, images) == labels))
            line += f"{share:>14.2f} ({100 * share / clean[name]:.2f})"
        print(line)


def print_slants(runs: Mapping[str, Checkpoint], digits: Grey, labels: NDArray[np.int64]) -> None:
    """Print a line for each slant, without and with deskewing."""
    print(f"\n{len(digits):,} slanted digits: accuracy in %, without and with --deskew")
    for slant in SLANTS:
        line = f"{slant:<+34.1f}"
        ways = [slanted(digits, slant, deskew) for deskew in (False, True)]
        for run in runs.values():
            without, with_it = (100 * np.mean(answers(run, images) == labels) for images in ways)
            line += f"{without:>14.2f}  {with_it:>6.2f}  "
        print(line)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", metavar="RUN", nargs="+")
    parser.add_argument("--split", default="test", help="test or train (default test)")
    parser.add_argument("--count", type=int, default=10_000, help="digits (default 10,000)")
    options = parser.parse_args()
    cache = find_cache()
    pixels, labels = read_split(cache, find_dataset(cache, "mnist"), options.split)
    digits, labels = pixels[: options.count], labels[: options.count]
    assert digits.shape[1:] == IMAGE_SHAPE
    runs = {name: load_run(find_run(cache, name))[0] for name in options.runs}
    print(
        f"{len(digits):,} digits of {options.split}; accuracy in % (and in % of that as published)"
    )
    print_papers(runs, digits, labels)
    print_slants(runs, digits[:SLANTED], labels[:SLANTED])


if __name__ == "__main__":
    main()
