"""Reasons to doubt what was read on a page of several digits."""

from collections.abc import Sequence

import numpy as np

from network.images.pages.read import Digit, Page
from network.metrics.probability_text import format_probability
from network.runs.predict import Prediction, Predictor

CONFIDENT = 0.9  # a digit of a lower probability is in doubt
SMALL, TALL = 0.65, 1.5  # of the median height in its line: others are parts, or several digits
WIDE = 1.3  # width to height: only one in 50 digits of MNIST is wider
MIN_TURNED = 3  # digits, from which on a page is compared with turned ones
TURNS = {1: "90 degrees to the left", 2: "180 degrees", 3: "90 degrees to the right"}


def find_doubts(
    predictor: Predictor, page: Page, predictions: Sequence[Prediction], names: Sequence[str]
) -> tuple[str, ...]:
    """Return the doubts about a page, digit by digit; a page of one digit has none of its own."""
    if len(page.digits) < 2:
        return ()
    doubts, doubted = [], 0
    for number, (digit, one, name) in enumerate(
        zip(page.digits, predictions, names, strict=True), 1
    ):
        reasons = [*doubts_of_prediction(one), *doubts_of_size(digit, page)]
        doubts += [f"digit {number} ({name}): {', '.join(reasons)}"] if reasons else []
        doubted += bool(reasons)
    if len(page.digits) >= MIN_TURNED and 2 * doubted > len(page.digits):
        doubts = [*find_turn(predictor, page, predictions), *doubts]
    return tuple(doubts)


def doubts_of_prediction(one: Prediction) -> list[str]:
    """Return the doubts that the network itself has about a digit."""
    unsure = one.probability < CONFIDENT
    return [
        *([f"probability {format_probability(one.probability)}"] if unsure else []),
        *(["out of distribution"] if one.is_out_of_distribution else []),
    ]


def doubts_of_size(digit: Digit, page: Page) -> list[str]:
    """Compare the size of a digit with the others in its line, and its width with its height."""
    heights = sorted(it.box.height for it in page.digits if it.line == digit.line)
    share = digit.box.height / heights[len(heights) // 2]
    return [
        *(["much smaller than the others"] if share < SMALL else []),
        *(["much taller than the others"] if share > TALL else []),
        *(["wide, may be several digits"] if digit.box.width > WIDE * digit.box.height else []),
    ]


def find_turn(predictor: Predictor, page: Page, predictions: Sequence[Prediction]) -> list[str]:
    """Return the turn after which the network is confident of most digits, if there is one."""
    best = float(np.median([it.probability for it in predictions]))
    found = []
    for turns, text in TURNS.items():
        pixels = np.stack([np.rot90(it.pixels, turns) for it in page.digits])
        turned = predictor.predict(pixels)
        confident = [it.probability >= CONFIDENT and not it.is_out_of_distribution for it in turned]
        middle = float(np.median([it.probability for it in turned]))
        if np.mean(confident) > 0.5 and middle > best:
            best, found = middle, [f"the page may be turned: rotate it by {text}"]
    return found
