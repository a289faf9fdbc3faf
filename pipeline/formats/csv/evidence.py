"""Choice between two columns for the labels, by the evidence of all rows.

A label has few distinct values, spread over many rows; a pixel of the border is distributed like
the pixels next to it. Both readings are compared by their description length: the bits that it
takes to write the two columns down when one of them is labels and the other is a pixel.

Source: J. Rissanen, Modeling by shortest data description, 1978; the labels are coded with a
uniform prior over their frequencies (T. Cover, J. Thomas, Elements of Information Theory, 13.2).
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.user_datasets import MAX_CLASSES
from pipeline.formats.classes import plain_number
from pipeline.formats.csv.text import NUMBER, TRUTHS

MAX_TEXTS = 4 * MAX_CLASSES  # distinct ones of a column; more than labels have
NEIGHBOURS = 28  # columns
LEVEL_BITS = 8.0  # to name one of 256 values
STRAY = 0.25  # the chance of a pixel that its neighbours' frequencies do not explain
ONE_CLASS_BITS = 20.0  # cost of one class for all images
FIRST_BITS = 6.0  # prior for labels in the first column
ENOUGH_BITS = 15.0  # odds of 30,000 to 1
MIN_ROWS = 11  # if all values differ, a column is not the label
UNLIKE = 8.0  # ratio to the frequency among the neighbours
SPREAD = 0.5  # of the rows


@dataclass
class Candidate:
    """Statistics of a column that may hold the labels."""

    counts: Counter[str] = field(default_factory=Counter)
    neighbours: Counter[float] = field(default_factory=Counter)
    lines: dict[str, int] = field(default_factory=dict)  # the first line with each text

    def add(self, line: int, texts: Iterable[bytes], neighbours: NDArray[Any]) -> None:
        """Count some rows: the texts of the column, and the pixels next to it.

        Shapes: neighbours (n, NEIGHBOURS).
        """
        values, counts = np.unique(neighbours, return_counts=True)
        self.neighbours.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        if len(self.counts) > MAX_TEXTS:
            return
        decoded = [it.decode("utf-8", "replace").strip() for it in texts]
        decoded = [TRUTHS.get(it, it) for it in decoded]
        for number, text in enumerate(decoded, start=line):
            self.lines.setdefault(text, number)
        self.counts.update(decoded)

    @property
    def classes(self) -> list[int]:
        """The number of rows of each class, as the texts mean them."""
        classes: Counter[str] = Counter()
        for text, count in self.counts.items():
            classes[plain_number(text) or text] += count
        return list(classes.values())

    @property
    def is_text(self) -> bool:
        """Return whether any value is not a number."""
        return not all(map(NUMBER.fullmatch, self.counts))

    @property
    def is_index(self) -> bool:
        """Return whether all rows, or nearly all, have distinct values."""
        counts = self.classes
        return len(counts) > MAX_CLASSES or (sum(counts) >= MIN_ROWS and max(counts) == 1)

    @property
    def is_spread(self) -> bool:
        """Return whether most rows have recurring values that are rare nearby.

        This holds for labels, but also for a dusty pixel in images with clean borders.
        """
        if self.is_text or self.is_index:
            return False
        rows, total = sum(self.counts.values()), sum(self.neighbours.values())
        unlike = sum(
            count
            for text, count in self.counts.items()
            if count > 1 and count / rows > UNLIKE * (self.neighbours[float(text)] + 1) / total
        )
        return unlike > SPREAD * rows

    @property
    def has_gaps(self) -> bool:
        """Return whether the values are numbers with more gaps than numbers."""
        if self.is_text or len(self.counts) > MAX_TEXTS:
            return False
        numbers = [float(it) for it in self.counts]
        return max(numbers) - min(numbers) >= 2 * len(numbers)

    @property
    def is_scattered(self) -> bool:
        """Return whether the values have gaps, and hardly ever recur."""
        return self.has_gaps and 2 * len(self.counts) > sum(self.counts.values())

    def label_bits(self) -> float:
        """Compute the bits that the column takes as labels."""
        counts = self.classes
        if self.is_index:
            return math.inf
        rows, n = sum(counts), len(counts)
        ways = math.lgamma(rows + n) - math.lgamma(n) - sum(math.lgamma(it + 1) for it in counts)
        return math.log2(math.e) * ways + self.names_bits() + ONE_CLASS_BITS * (n == 1)

    def names_bits(self) -> float:
        """Compute the bits that the class names take: each, or those of a range."""
        bits = LEVEL_BITS * len(self.classes)
        numbers = [] if self.is_text else [float(it) for it in self.counts]
        if numbers and all(it.is_integer() for it in numbers):
            return min(bits, LEVEL_BITS / 2 + max(numbers) - min(numbers))
        return bits

    def pixel_bits(self) -> float:
        """Compute the bits that the column takes as a pixel like its neighbours."""
        if self.is_text or len(self.counts) > MAX_TEXTS:
            return math.inf
        total = sum(self.neighbours.values())
        bits = 0.0
        for text, count in self.counts.items():
            share = self.neighbours[float(text)] / total
            bits -= count * math.log2((1 - STRAY) * share + STRAY * 2**-LEVEL_BITS)
        return bits


def bits_for_first(first: Candidate, last: Candidate) -> float:
    """Compute the bits in favour of `first` as the label; NaN if neither can be."""
    as_first = first.label_bits() + last.pixel_bits()
    as_last = last.label_bits() + first.pixel_bits()
    return as_last - as_first if min(as_first, as_last) < math.inf else math.nan


def clear_side(first: Candidate, last: Candidate) -> bool | None:
    """Return whether one file by itself has its labels first or last; None if that is not clear."""
    bits = bits_for_first(first, last)
    return bits > 0 if abs(bits) > ENOUGH_BITS else None


def choose_first(
    files: Sequence[tuple[Candidate, Candidate]], told: float = 0.0, is_told: bool = False
) -> bool | None:
    """Return whether the labels of all files are the first column or the last.

    `told` is further evidence for the first column, in bits.

    Returns: None if that is not clear, or not the same in all files.
    """
    sides = {clear_side(*it) for it in files} | ({told > 0} if told else set())
    if sides >= {True, False}:
        return None
    bits = FIRST_BITS + told + sum(bits_for_first(*it) for it in files)
    is_first = bits > 0
    chosen = [it[0] if is_first else it[1] for it in files]
    excess = sum(it.label_bits() - it.pixel_bits() for it in chosen)  # of a label over a pixel
    is_sure = excess < 0 or (excess < ENOUGH_BITS and math.isfinite(bits))
    has_classes = len(set[str]().union(*(it.counts for it in chosen))) > 1
    is_doubtful = all(are_rivals(it, is_first) for it in files) and not is_told
    is_clear = abs(bits) > ENOUGH_BITS and is_sure and has_classes and not is_doubtful
    return is_first if is_clear else None


def are_rivals(candidates: tuple[Candidate, Candidate], is_first: bool) -> bool:
    """Return whether the column that was not chosen may be the label just as well."""
    chosen, other = candidates if is_first else candidates[::-1]
    if chosen.is_text:
        return False
    are_alike = chosen.has_gaps or not other.has_gaps  # labels rarely have gaps
    return (chosen.is_spread and other.is_spread and are_alike) or chosen.is_scattered
