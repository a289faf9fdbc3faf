"""Training that has hardly learned: the loss stays at that of random guessing."""

import math
from collections.abc import Sequence

import numpy as np

from network.core.activations import Sigmoid
from network.core.losses import Loss
from network.training.state import EpochDone

# The same numbers as in network/lab/page/views/train/hints.js, halfway between runs that learn and
# runs that do not.
MIN_STEPS = 200  # steps after which a working run is better than guessing
STUCK = 0.95  # of the loss of guessing
DEEP = 3  # minimum number of layers with weights for vanishing gradients


def guessing_loss(loss: Loss, n_classes: int) -> float:
    """Return the loss of guessing: of the same score, 1/K, for each of the K classes."""
    score = 1 / n_classes
    if loss.contains_activation:
        odds = score / (1 - score) if loss.output_activation is Sigmoid else score
        score = math.log(odds)
    outputs = np.full((1, n_classes), score)
    return loss(outputs, np.zeros(1, dtype=np.int64))[0]


def is_stuck(history: Sequence[EpochDone], guessing: float, n_classes: int) -> bool:
    """Return whether a run is no better than guessing, by its losses and by its accuracy.

    The training loss alone can be high in a run that learns: it includes the first steps of an
    epoch, dropout and augmentation. The validation loss alone can be high, too: of a network that
    overfits. An accuracy that was once twice that of guessing (with two classes, halfway to 1) is
    learning. Without validation images, the answer is no.
    """
    if not history or history[-1].step < MIN_STEPS:
        return False
    last, share = history[-1], 1 / n_classes
    best = max(epoch.validation_accuracy or 0 for epoch in history)
    if last.validation_loss is None or best >= share + min(share, (1 - share) / 2):
        return False
    return min(last.loss, last.validation_loss) >= STUCK * guessing
