"""How many validation images are predicted right with other strokes and in European shapes.

    python benchmarks/other_hands.py RUN...

All images of MNIST's validation set, with strokes that are thinner or thicker, by so many pixels;
then the 1s, 2s, 4s, 7s and 9s of them, redrawn in European shapes. The shapes are those that the
option `european` draws, so a run that was trained with it has seen others like them.
"""

import argparse

import numpy as np

from network.core.data import Examples
from network.core.params import Array
from network.images.augmentation import AUGMENTATIONS, Thickness
from network.images.european import EUROPEAN_SHAPES, draw_european
from network.metrics.accuracy import predict_classes
from network.runs.evaluate import load_runs
from network.runs.folder import LoadedRun
from network.runs.held_out import split_examples
from pipeline.storage.cache import find_cache

CHANGES = (-1.5, -1.0, 0.0, 1.0, AUGMENTATIONS["thickness"].highest)


def thicken(images: Array, change: float) -> Array:
    """Return images with strokes of a change of thickness, in pixels."""

    class Fixed(Thickness):
        def draw(self, count: int, rng: np.random.Generator) -> Array:
            return np.full(count, change)

    changed = images.copy()
    if change:
        Fixed(abs(change)).change(changed, np.random.default_rng(0))
    return changed


def find_columns(held_out: Examples) -> dict[str, Examples]:
    """Return the examples of each column of the table."""
    images, labels = held_out.images, held_out.labels
    columns = {f"{by:+g} px": Examples(thicken(images, by), labels) for by in CHANGES}
    drawn = Examples(draw_european(images, labels, 1, np.random.default_rng(9)), labels)
    return columns | {
        f"{digit}s": drawn.take(np.flatnonzero(labels == digit)) for digit in EUROPEAN_SHAPES
    }


def main() -> None:
    """Print the accuracy of each run in % for each column."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", metavar="RUN", nargs="+")
    options = parser.parse_args()
    cache = find_cache()
    for place, run in enumerate(load_runs(cache, options.runs)):
        columns = find_columns(held_out_examples(run))
        if place == 0:
            print(f"{'':<16}" + "".join(f"{name:>9}" for name in columns))
        model, params = run.checkpoint.model, run.checkpoint.params
        shares = [
            100 * (predict_classes(model, params, it.images) == it.labels).mean()
            for it in columns.values()
        ]
        print(f"{run.name:<16}" + "".join(f"{share:9.2f}" for share in shares))


def held_out_examples(run: LoadedRun) -> Examples:
    """Return the validation images of a run."""
    return split_examples(find_cache(), run.run, run.checkpoint, run.configuration).examples


if __name__ == "__main__":
    main()
