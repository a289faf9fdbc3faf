"""A probability and a score are cut alike, so that only certainty is shown as such."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.api.prediction import Prediction
from network.commands.text.calibration_text import format_prediction
from network.commands.text.run_text import format_scores
from network.metrics.probability_text import format_probability, format_score
from network.runs.predict import Prediction as FoundPrediction

ALMOST = math.nextafter(1, 0)


@pytest.mark.parametrize(
    ("share", "percent", "score"),
    [
        (1, "100.0 %", "1.000"),
        (ALMOST, "99.9 %", "0.999"),
        (np.float32(0.9896), "98.9 %", "0.989"),
        (0.0009, "0.0 %", "0.000"),
        (0, "0.0 %", "0.000"),
    ],
)
def test_a_probability_is_cut_and_its_score_in_the_same_place(share, percent, score):
    assert (format_probability(share), format_score(share)) == (percent, score)


@given(st.floats(0, 1))
def test_probability_and_score_show_the_same_digits_and_never_more_than_there_is(share):
    percent, score = (
        float(text.split()[0]) for text in (format_probability(share), format_score(share))
    )
    assert percent == pytest.approx(100 * score)
    assert score <= share < score + 0.001000001
    assert (percent == 100) == (share == 1)


@pytest.mark.parametrize("k", range(0, 1001, 7))
def test_what_has_three_decimals_is_shown_as_it_is(k):
    assert format_score(k / 1000) == f"{k / 1000:.3f}"


@pytest.mark.parametrize(("score", "text"), [(-3.21468, "-3.215"), (1.23456, "1.235")])
def test_an_output_that_is_no_share_is_rounded(score, text):
    assert format_score(score) == text


def test_the_terminal_python_and_a_notebook_print_the_same_probability():
    probabilities = np.array([1 - ALMOST, ALMOST])
    found = FoundPrediction(probabilities, None, None, None, None)
    one = Prediction(1, "<b>", ALMOST, probabilities, None, None, np.zeros((28, 28), np.uint8))
    assert format_prediction(found, ("a", "b"), None, 100) == ["b with probability 99.9 %"]
    assert repr(one) == "<b> (99.9 %)"
    assert one._repr_html_().endswith("<b>&lt;b&gt;</b> 99.9 %")
    assert format_scores([0.0001, ALMOST], ("a", "b")) == " a 0.000 *b 0.999"
