"""Curves of a training run as two lines of text: loss and validation accuracy."""

import math
from collections.abc import Sequence
from itertools import pairwise

from network.training.state import EpochDone, Event
from pipeline.terminal.console import Marks

PARTS = 60  # of a training; a mark is one of them, or several
LABELS = 20  # columns in front of the marks
MIN_MARKS = 8  # marks that still show a curve
HEIGHTS = "▁▂▃▄▅▆▇"  # a full block would touch the line above
ASCII_HEIGHTS = "_.-=+*#"
MIN_LOSS = 1e-12  # smaller losses are drawn as this one: 0 has no logarithm


def sparkline(values: Sequence[float | None], heights: str = HEIGHTS) -> str:
    """Draw numbers as marks from the lowest to the highest; None is a gap.

    Source: Tufte, Beautiful Evidence (2006), the chapter on sparklines.
    """
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    top = (len(heights) - 1) / ((high - low) or 1.0)
    return "".join(
        " " if value is None else heights[round((value - low) * top)] for value in values
    ).rstrip()


class Curve:
    """A number that changes during training: its mean in each part of the training."""

    def __init__(self) -> None:
        self.sums, self.counts = [0.0] * PARTS, [0] * PARTS

    def add(self, begin: int, end: int, total: int, value: float) -> None:
        """Add the value from step `begin` to step `end` of `total` steps."""
        for part in range(begin * PARTS // total, (end * PARTS - 1) // total + 1):
            self.sums[part] += value
            self.counts[part] += 1

    def means(self, count: int = PARTS) -> list[float | None]:
        """Return the means of `count` parts of the training, None if a part is empty."""
        ends = [part * PARTS // count for part in range(count + 1)]
        return [self.mean(*within) for within in pairwise(ends)]

    def mean(self, begin: int, end: int) -> float | None:
        counted = sum(self.counts[begin:end])
        return sum(self.sums[begin:end]) / counted if counted else None


class TrainingCurves:
    """The curves of a training run so far, drawn while it runs."""

    def __init__(self, steps: int, epochs: int, history: Sequence[EpochDone]) -> None:
        """Start the curves with the epochs in the history; `steps` are those per epoch."""
        self.steps, self.total = steps, max(1, steps * epochs)
        self.loss, self.accuracy = Curve(), Curve()
        self.loss_sum, self.seen = 0.0, 0  # of the epoch that has begun
        self.latest_loss: float | None = None  # its mean in this epoch, as printed at its end
        self.latest_accuracy: float | None = None
        for done in history:
            self.loss.add(done.step - steps, done.step, self.total, done.loss)
            self.add_event(done)

    def add_event(self, event: Event) -> None:
        """Add the loss of a step, or the accuracy of an epoch."""
        if not isinstance(event, EpochDone):
            self.loss.add(event.step - 1, event.step, self.total, event.loss)
            self.loss_sum += event.loss * event.examples
            self.seen += event.examples
            self.latest_loss = self.loss_sum / self.seen
            return
        self.loss_sum, self.seen, self.latest_loss = 0.0, 0, event.loss
        if (accuracy := event.validation_accuracy) is not None:
            self.accuracy.add(event.step - self.steps, event.step, self.total, accuracy)
            self.latest_accuracy = accuracy

    def lines(self, width: int, marks: Marks) -> list[str]:
        """Draw the curves in at most `width` columns, or none if these are too few.

        The loss is drawn by its logarithm, because late gains are small compared to early ones.
        """
        count = min(PARTS, width - LABELS)
        if count < MIN_MARKS:
            return []
        heights = ASCII_HEIGHTS if marks is Marks.ASCII else HEIGHTS
        lines = []
        if (loss := self.latest_loss) is not None:
            means = self.loss.means(count)
            logarithms = [None if it is None else math.log(max(it, MIN_LOSS)) for it in means]
            lines.append(f"loss        {loss:<8.4f}{sparkline(logarithms, heights)}")
        if (accuracy := self.latest_accuracy) is not None:
            share = f"{100 * accuracy:.2f} %"
            lines.append(f"validation  {share:<8}{sparkline(self.accuracy.means(count), heights)}")
        return lines
