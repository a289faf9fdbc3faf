"""Training curves as lines of marks: height, position and width."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.commands.text.sparkline import (
    ASCII_HEIGHTS,
    HEIGHTS,
    LABELS,
    MIN_MARKS,
    PARTS,
    Curve,
    TrainingCurves,
    sparkline,
)
from network.training.state import EpochDone, StepDone
from pipeline.terminal.console import Marks

NUMBERS = st.floats(-1e300, 1e300)


def epoch(number, steps, accuracy=0.9, loss=0.5):
    return EpochDone(number, number * steps, loss, 0.1, accuracy, 0.1, 1.0)


def train(curves, epochs, steps):
    """Add a falling loss and a rising accuracy for `epochs` epochs."""
    for step in range(1, epochs * steps + 1):
        curves.add_event(StepDone(step, 1 / step, 10))
        if step % steps == 0:
            curves.add_event(epoch(step // steps, steps, 1 - 1 / step))


def test_marks_rise_from_the_lowest_number_to_the_highest():
    assert sparkline([0, 1, 2, 3, 4, 5, 6]) == HEIGHTS
    assert sparkline([5, None, 3, None]) == f"{HEIGHTS[-1]} {HEIGHTS[0]}"
    assert sparkline([7, 7]) == 2 * HEIGHTS[0]
    assert sparkline([]) == sparkline([None]) == ""


@given(st.lists(NUMBERS, min_size=1))
def test_a_mark_is_as_high_as_its_number_is_among_the_others(values):
    line = sparkline(values)
    assert len(line) == len(values)
    heights = [HEIGHTS.index(mark) for mark in line]
    ordered = sorted(zip(values, heights, strict=True))
    assert [height for _, height in ordered] == sorted(heights)
    assert (max(values) > min(values)) == (max(heights) > min(heights)) or len(set(values)) > 1


@given(st.integers(1, 500), st.data())
def test_every_step_has_its_part_and_every_part_its_mean(total, data):
    values = data.draw(st.lists(st.floats(0, 1e6), min_size=total, max_size=total))
    curve = Curve()
    for step, value in enumerate(values):
        curve.add(step, step + 1, total, value)
    means = curve.means()
    assert len(means) == PARTS
    assert None not in means
    assert min(values) <= min(means) * (1 + 1e-9)
    assert max(means) <= max(values) * (1 + 1e-9)
    (mean,) = curve.means(1)
    assert min(means) <= mean * (1 + 1e-9)
    assert mean <= max(means) * (1 + 1e-9)


@pytest.mark.parametrize(("epochs", "steps"), [(1, 1), (1, 7), (3, 50), (40, 100), (1000, 2)])
@pytest.mark.parametrize("marks", Marks)
def test_lines_fit_every_width_and_a_whole_training_fills_them(epochs, steps, marks):
    curves = TrainingCurves(steps, epochs, [])
    assert curves.lines(80, marks) == []
    train(curves, epochs, steps)
    heights = ASCII_HEIGHTS if marks is Marks.ASCII else HEIGHTS
    for width in range(120):
        lines = curves.lines(width, marks)
        count = min(PARTS, width - LABELS)
        assert [len(line) for line in lines] == (2 * [LABELS + count] if count >= MIN_MARKS else [])
        assert all(set(line[LABELS:]) <= set(heights) for line in lines)


def test_a_loss_that_falls_and_an_accuracy_that_rises_look_so():
    curves = TrainingCurves(50, 6, [])
    train(curves, 6, 50)
    loss, accuracy = (line[LABELS:] for line in curves.lines(200, Marks.BLOCKS))
    assert (loss[0], loss[-1]) == (accuracy[-1], accuracy[0]) == (HEIGHTS[-1], HEIGHTS[0])
    assert [*loss] == sorted(loss, reverse=True)
    assert [*accuracy] == sorted(accuracy)


def test_the_numbers_are_those_of_the_epochs_lines():
    curves = TrainingCurves(2, 3, [])
    curves.add_event(StepDone(1, 0.5, 30))
    curves.add_event(StepDone(2, 0.1, 10))
    assert curves.lines(80, Marks.ASCII)[0].startswith("loss        0.4000  ")  # by examples
    curves.add_event(epoch(1, 2, accuracy=0.98765, loss=0.25))
    loss, accuracy = curves.lines(80, Marks.ASCII)
    assert loss.startswith("loss        0.2500  ")
    assert accuracy.startswith("validation  98.77 % ")
    curves.add_event(StepDone(3, 0.125, 10))
    assert curves.lines(80, Marks.ASCII)[0].startswith("loss        0.1250  ")


def test_a_training_that_goes_on_shows_what_it_came_from():
    begun, whole = (TrainingCurves(10, 4, []) for _ in range(2))
    train(begun, 2, 10)
    train(whole, 4, 10)
    history = [epoch(number, 10, 1 - 1 / (10 * number)) for number in (1, 2)]
    goes_on = TrainingCurves(10, 4, history)
    assert goes_on.lines(80, Marks.BLOCKS)[1] == begun.lines(80, Marks.BLOCKS)[1]
    assert goes_on.lines(80, Marks.BLOCKS)[0][LABELS:] == 30 * HEIGHTS[0]  # its epochs' loss


def test_a_loss_of_nothing_and_no_validation_are_drawn_too():
    curves = TrainingCurves(1, 2, [])
    curves.add_event(StepDone(1, 0.0, 1))
    curves.add_event(epoch(1, 1, accuracy=None, loss=0.0))
    (line,) = curves.lines(80, Marks.BLOCKS)
    assert line == "loss        0.0000  " + 30 * HEIGHTS[0]
