"""Draw digits with a network's answers, right and wrong marked."""

import numpy as np
from PIL import Image

from network.data import Examples
from network.params import Array
from pipeline.preview import RIGHT, WRONG, Tile, draw_sheet


def draw_answers(
    examples: Examples,
    outputs: Array,
    classes: tuple[str, ...],
    title: str,
    count: int,
    wrong: bool,
) -> Image.Image:
    """Draw the first `count` examples, or the first `count` mistakes, the surest ones first.

    Shapes: outputs (N, K), of these N examples.
    """
    answers = outputs.argmax(axis=1)
    which = np.arange(len(examples))
    if wrong:
        mistakes = np.flatnonzero(answers != examples.labels)
        which = mistakes[np.argsort(-outputs[mistakes].max(axis=1), kind="stable")]
    tiles = [
        answer_tile(examples, int(index), classes, int(answers[index])) for index in which[:count]
    ]
    return draw_sheet(tiles, title)


def answer_tile(examples: Examples, index: int, classes: tuple[str, ...], answer: int) -> Tile:
    """Draw one example with the answer, and with the label where they differ."""
    pixels = np.round(255 * examples.images[index]).astype(np.uint8)
    label = int(examples.labels[index])
    if answer == label:
        return Tile(pixels, classes[answer], RIGHT)
    return Tile(pixels, f"{classes[answer]}, is {classes[label]}", WRONG)
