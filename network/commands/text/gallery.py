"""Tiles of digits: with predictions, correct or not, or as they are augmented."""

import numpy as np
from numpy.typing import NDArray

from network.core.data import Examples
from network.core.params import Array
from network.images.augmentation import Augmentation
from pipeline.terminal.preview import RIGHT, WRONG, Tile

VERSIONS = 9  # of a digit in a row, next to the original


def answer_tiles(
    examples: Examples, outputs: Array, classes: tuple[str, ...], count: int, wrong: bool
) -> list[Tile]:
    """Draw the first `count` examples, or the `count` most confident mistakes.

    Shapes: outputs (N, K), of these N examples.
    """
    answers = outputs.argmax(axis=1)
    which = np.arange(len(examples))
    if wrong:
        mistakes = np.flatnonzero(answers != examples.labels)
        which = mistakes[np.argsort(-outputs[mistakes].max(axis=1), kind="stable")]
    return [
        answer_tile(examples, int(index), classes, int(answers[index])) for index in which[:count]
    ]


def answer_tile(examples: Examples, index: int, classes: tuple[str, ...], answer: int) -> Tile:
    """Draw one example with its prediction, and with the label if they differ."""
    pixels = grey_levels(examples.images[index])
    label = int(examples.labels[index])
    if answer == label:
        return Tile(pixels, classes[answer], RIGHT)
    return Tile(pixels, f"{classes[answer]}, is {classes[label]}", WRONG)


def augmented_tiles(
    examples: Examples, augment: Augmentation, rng: np.random.Generator, count: int
) -> list[Tile]:
    """Draw the first `count` examples, one per row, each with augmented versions."""
    originals = examples.images[:count]
    versions = augment(np.repeat(originals, VERSIONS, axis=0), rng)
    rows = versions.reshape(len(originals), VERSIONS, *originals.shape[1:])
    return [
        Tile(grey_levels(image), "original" if image is original else "")
        for original, row in zip(originals, rows, strict=True)
        for image in (original, *row)
    ]


def grey_levels(image: Array) -> NDArray[np.uint8]:
    """Return shares of full ink, 0 to 1, as grey levels of 0 to 255.

    Shapes: any, the same out.
    """
    return np.round(255 * image).astype(np.uint8)
