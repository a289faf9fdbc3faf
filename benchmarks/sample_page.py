"""Draw the page of the README: training digits on lined paper, lit from one side.

    python benchmarks/sample_page.py docs/page.jpg
    network predict docs/page.jpg --steps docs/steps.png

The network of the README was trained on these digits, on a clean background. `pages.py` uses test
digits.
"""

import argparse
import io
from pathlib import Path

import numpy as np
from pages import enlarge
from paper_pages import Paper, photograph
from PIL import Image

from pipeline.datasets.registry import find_dataset
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import find_cache, publish

LINES = ("31415", "92653")
PAPER = Paper(paper=0.85, ink=0.2, light=0.6, texture=0.02, noise=0.015, ruling=0.25)
SHAPE = (420, 700)


def main() -> None:
    """Write the page as a JPEG."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out
    cache, rng = find_cache(), np.random.default_rng(7)
    pixels, labels = read_split(cache, find_dataset(cache, "mnist"), "train")
    share = np.zeros(SHAPE, np.float32)
    for row, line in enumerate(LINES):
        left = 50 + int(rng.integers(20))
        for label in line:
            digit = pixels[rng.choice(np.flatnonzero(labels == int(label)))]
            size, top = int(rng.integers(115, 150)), 50 + 170 * row + int(rng.integers(-12, 13))
            part = share[top : top + size, left : left + size]
            np.maximum(part, enlarge(digit, size), out=part)
            left += size - 18
    picture, buffer = Image.fromarray(photograph(share, PAPER, rng, 56)), io.BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    publish(out, [buffer.getvalue()])


if __name__ == "__main__":
    main()
