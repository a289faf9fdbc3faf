"""A run that has hardly learned is recognised, and a run that learns never is."""

import re

import numpy as np
import pytest

from network.training import stuck
from network.training.losses import LOSSES
from network.training.state import EpochDone
from network.training.stuck import guessing_loss, is_stuck
from tests.support.checkout import REPOSITORY


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("classes", [2, 10, 47])
def test_the_loss_of_guessing_is_the_lowest_of_equal_scores(name, classes):
    """Over all labels, no score that is the same for every class has a lower loss."""
    loss = LOSSES[name]()
    labels = np.arange(classes)
    scores = np.linspace(-8, 8, 401) if loss.contains_activation else np.linspace(0, 1, 401)
    lowest = min(loss(np.full((classes, classes), score), labels)[0] for score in scores)
    assert guessing_loss(loss, classes) == pytest.approx(lowest, abs=1e-3)


def epoch(step=300, loss=2.3, validation_loss=2.3, accuracy=0.1):
    return EpochDone(1, step, loss, validation_loss, accuracy, 0.1, 1.0)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([epoch()], True),
        ([epoch(loss=40.0, validation_loss=40.0)], True),
        ([], False),
        ([epoch(step=199)], False),
        ([epoch(loss=2.1)], False),  # it learns
        ([epoch(validation_loss=1.0)], False),  # dropout or a bad beginning raise the other loss
        ([epoch(accuracy=0.9)], False),  # few mistakes that cost much
        ([epoch(accuracy=0.9), epoch()], False),  # it has learned, and lost it
        ([epoch(validation_loss=None, accuracy=None)], False),
    ],
)
def test_all_signs_have_to_agree(history, expected):
    assert is_stuck(history, np.log(10), 10) == expected


@pytest.mark.parametrize("name", ["MIN_STEPS", "STUCK", "DEEP"])
def test_the_hints_of_the_lab_have_the_same_numbers(name):
    text = (REPOSITORY / "network/lab/page/views/train/hints.js").read_text("utf-8")
    (number,) = re.findall(rf"^const {name} = ([0-9.]+);", text, re.MULTILINE)
    assert float(number) == getattr(stuck, name)
