"""A number and its noun agree."""

from pipeline.terminal.counted import counted


def test_one_is_singular_and_all_others_are_plural():
    assert [counted(number, "epoch") for number in (0, 1, 2)] == ["0 epochs", "1 epoch", "2 epochs"]
    assert counted(2000, "class", "classes") == "2,000 classes"
    assert counted(1, "class", "classes") == "1 class"
