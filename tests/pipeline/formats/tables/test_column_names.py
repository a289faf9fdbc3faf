"""Columns are understood by their names, in every common format and language."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from pipeline.errors import CorruptError
from pipeline.formats.tables.column_names import (
    find_label,
    find_pixels,
    have_gaps,
    is_label,
    plain_name,
)

LABELS = (
    *("label", "Labels", "CLASS", "Digit Name", "class_id", "label.1", "y", "y_train", "ytrue"),
    *("Klasse", "Ziffer", "etiqueta", "étiquette", "Dígito", "classe", "метка", "标签", "ラベル"),
    *("ground truth", "Ground_Truth", "labels (digits)", "# label", "'label'", "\ufefflabel"),
)
OTHERS = ("", "id", "writer", "x", "pixel", "index", "Usage", "is_label", "number_of_strokes", "xy")
SPELLINGS = {  # of the pixel in a row and a column
    "{k}": "the numbers alone",
    "pixel{k}": "",
    "px_{k:04}": "",
    "{k}_pixel": "the number first",
    "pixel{k}.0": "numbers as floats",
    "{r}x{c}": "",
    "r{r}c{c}": "",
    "c{c}_r{r}": "the column first",
    "col{c}row{r}": "",
    "x{c}_y{r}": "across and down",
    "pixel_x{c}_y{r}": "",
    "px{c}_py{r}": "",
    "w{c}h{r}": "width and height",
    "colonne{c}ligne{r}": "French",
    "列{c}行{r}": "Japanese",
    "pixel[{r}][{c}]": "",
    "({r}, {c})": "",
    "i{r}j{c}": "",
    "p{r:02}{c:02}": "row and column in one",
    "mnist28_{k}": "a number in the word",
}


@pytest.mark.parametrize("name", LABELS)
def test_a_label_is_known_by_its_name(name):
    assert is_label(plain_name(name))
    assert find_label("a", ["id", "writer", plain_name(name)], [0, 1, 2]) == 2


@pytest.mark.parametrize("name", OTHERS)
def test_other_columns_are_no_labels(name):
    assert not is_label(plain_name(name))


@given(st.sampled_from(list(SPELLINGS)), st.integers(0, 1), st.integers(0, 99))
def test_pixels_are_in_the_order_of_their_names(spelling, first, seed):
    names = [spelling.format(k=k + first, r=k // 28 + first, c=k % 28 + first) for k in range(784)]
    shuffled = np.random.default_rng(seed).permutation(784)
    columns = ["label", *(names[it] for it in shuffled), "id"]
    pixels = find_pixels(columns)
    assert [columns[it] for it in pixels] == names
    assert not have_gaps(columns, pixels)


@pytest.mark.parametrize("spelling", ["pixel{k}", "{r}x{c}", "p{r:02}{c:02}"])
def test_pixels_that_are_missing_are_gaps(spelling):
    places = [k for k in range(785 + 28) if k != 100]
    names = [spelling.format(k=k, r=k // 28, c=k % 28) for k in places][:784]
    assert have_gaps(names, find_pixels(names))


def test_several_columns_that_may_be_the_label_are_listed_with_the_option():
    names = ["writer", "the value", *(f"p{i}" for i in range(3))]
    with pytest.raises(
        CorruptError, match=r"columns other than pixels: writer, the value; expected"
    ) as error:
        find_label("a.csv", names, [0, 1])
    assert error.value.hint == "Name it with --label-column writer"
    assert find_label("a.csv", names, [0, 1], "The Value") == 1
