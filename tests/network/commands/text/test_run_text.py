"""Text about runs: epochs, accuracies, comparisons and gradient checks."""

import numpy as np
import pytest

from network.commands.text.run_text import (
    format_advice,
    format_check,
    format_class_table,
    format_comparison,
    format_confusion_table,
    format_epoch,
    format_odds,
    format_scores,
    format_significance,
    format_spread,
)
from network.core.gradient_check import ArrayCheck
from network.metrics.accuracy import ClassificationResult
from network.metrics.comparison import PairedComparison
from network.training.state import EpochDone

RESULT = ClassificationResult(np.array([[1, 2, 0], [0, 4, 0], [0, 0, 0]]))
CLASSES = ("a", "b", "c")


def test_accuracy_has_its_count_and_its_interval():
    confusion = np.diag([9542, 0])
    confusion[1, 0] = 458
    expected = "9,542 / 10,000 (95.42 %, 95 % interval 94.99-95.81)"
    assert repr(ClassificationResult(confusion)) == expected


def test_an_epoch_is_one_line():
    event = EpochDone(3, 1_688, 0.12345, 0.2, 0.9412, 1.0, 0.5)
    line = format_epoch(event, 40, 54_000)
    assert line == "epoch   3 of 40  loss 0.1235  validation 94.12 %  108,000 images/s"
    without = format_epoch(event._replace(validation_accuracy=None), 40, 54_000)
    assert without == "epoch   3 of 40  loss 0.1235  108,000 images/s"


def test_the_spread_of_several_runs_is_one_line():
    line = format_spread([0.96, 0.97, 0.98])
    assert line == "mean 97.00 %, standard deviation 1.00, 96.00-98.00 %"


def test_a_comparison_is_a_table_and_a_sentence_for_people():
    better = PairedComparison(9000, 100, 160, 740)
    *counts, difference = format_comparison(better, ("a", "bee"))
    assert [line.split()[-1] for line in counts] == ["9,000", "100", "160", "740"]
    expected = "accuracy of bee minus that of a: +0.60 points, 95 % interval +0.28 to"
    assert difference.startswith(expected)
    assert format_significance(better, ("a", "bee")) == (
        "bee is better: 60 more of 10,000 images correct; if the two were equally good, a "
        "difference at least this large would come by chance in 1 of 4,200 comparisons"
    )
    assert format_significance(PairedComparison(9000, 160, 100, 740), ("a", "b")).startswith(
        "a is better: 60 more of"
    )
    assert format_significance(PairedComparison(90, 4, 3, 3), ("a", "b")) == (
        "no significant difference on 100 images: a has 1 more correct; if the two were equally "
        "good, a difference at least this large would come by chance in 100 of 100 comparisons"
    )
    same = "no significant difference on 100 images: both have as many correct"
    assert format_significance(PairedComparison(90, 4, 4, 2), ("a", "b")) == same


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.617, "62 of 100"),
        (0.051, "5 of 100"),
        (0.05, "1 of 20"),
        (0.00401, "1 of 250"),
        (0.0000123, "1 of 81,000"),
        (1e-7, "less than 1 of 1,000,000"),
        (0.0, "less than 1 of 1,000,000"),
    ],
)
def test_a_chance_is_told_as_people_count_it(chance, words):
    assert format_odds(chance) == words


def test_the_tables_have_a_row_for_every_class():
    rows = [line.split() for line in format_class_table(RESULT, CLASSES)]
    assert rows[1:] == [["a", "1", "3", "33.33"], ["b", "4", "4", "100.00"], ["c", "0", "0", "-"]]
    rows = [line.split() for line in format_confusion_table(RESULT, CLASSES)]
    assert rows[0][-3:] == [*CLASSES]
    assert rows[1:] == [["a", "1", "2", "."], ["b", ".", "4", "."], ["c", ".", ".", "."]]


def test_a_checked_gradient_is_correct_or_incorrect():
    right, wrong = (
        ArrayCheck(1, "Linear", "bias", 30, 2e-9),
        ArrayCheck(3, "Mine", "weight", 9, 1.0),
    )
    assert format_check(right).split()[-4:] == ["relative", "error", "2.0e-09", "correct"]
    assert format_check(wrong).endswith("INCORRECT")


def advice(wrong, arrays=("1.weight", "1.bias", "3.weight", "3.bias")):
    """Return the advice if the gradients of some of these arrays are incorrect."""
    checks = []
    for array in arrays:
        layer, _, name = array.partition(".")
        name_of_layer = "Linear" if name in ("weight", "bias") else "Mine"
        checks.append(ArrayCheck(int(layer), name_of_layer, name, 9, float(array in wrong)))
    return format_advice(checks)


def test_a_fault_in_a_layers_own_gradients_is_told_from_one_that_reaches_it():
    assert advice(["3.weight"]) == (
        "1 of 4 gradients are incorrect: check first layer 3, Linear.weight: its d_y is correct, "
        "so the bug is in the product of x and d_y that makes d_weight"
    )
    assert advice(["1.bias", "3.bias"]) == (
        "2 of 4 gradients are incorrect: check first layer 3, Linear.bias: its d_y is correct, "
        "so the bug is in the sum of d_y over the batch that makes d_bias"
    )
    assert advice(["1.weight", "1.bias"]) == (
        "2 of 4 gradients are incorrect: check first the d_y that reaches layer 1, Linear, "
        "because all of its gradients are incorrect. It is the d_x of layer 3, Linear, carried "
        "through the layers between"
    )
    assert advice(["1.weight", "1.bias", "3.weight", "3.bias"]) == (
        "4 of 4 gradients are incorrect: check first the d_y that reaches layer 3, Linear, "
        "because all of its gradients and all below are incorrect. It is the gradient of the "
        "loss, carried through the d_x of the output activation"
    )


def test_the_advice_knows_arrays_of_every_kind():
    mine = ("0.0.2.scale", "0.0.2.shift", "0.1.1.tilt", "1.weight")
    assert advice(["0.0.2.scale", "0.1.1.tilt"], mine).endswith(
        "layer 0, Mine.0.2.scale and 1.1.tilt: its d_y is correct, so the bug is in the sum of "
        "d_y times the normalised x that makes d_scale and the code that makes d_tilt"
    )
    assert advice(mine[:3], mine).endswith("It is the d_x of layer 1, Linear")
    # both gradients of layer 3 are incorrect, but those below are correct, and so is its d_y
    assert "layer 3, Linear.weight and bias: its d_y is correct" in advice(["3.weight", "3.bias"])


def test_the_highest_score_is_marked():
    assert format_scores([0.1, 0.7, 0.25], CLASSES) == " a 0.100 *b 0.700  c 0.250"
