"""Empty lines, quotes and blanks around values change nothing."""

import re

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.errors import CorruptError
from pipeline.formats.csv.read import read_csv
from pipeline.formats.csv.unlabelled import read_csv_images
from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions
from tests.support.csv_kinds import Kind, csv_bytes, small_images
from tests.support.image_sources import save

COUNT = 20
PIXELS = small_images(1, COUNT)
NAMES = ["ABCD#"[i % 5] for i in range(COUNT)]
KINDS = {
    "header": Kind(),
    "none": Kind(header=None),
    "label last": Kind(is_last=True),
    "semicolons": Kind(separator=";"),
    "numbers as names": Kind(header="0"),
    "blanks": Kind(separator=" "),
}
ODD = ("", "  ", ",,,", "# a remark", "#,# a, b", "\t", ";;")


def read(path):
    source = find_format(path).read(path, ReadOptions())
    return {
        it.split: (np.concatenate(list(it.all_images())), [source.classes[n] for n in it.labels])
        for it in source.parts
    }


def check(path, split=None, pixels=PIXELS, names=NAMES):
    found, labels = read(path)[split]
    assert np.array_equal(found, pixels)
    assert labels == list(names)


@settings(max_examples=25)
@given(
    kind=st.sampled_from(list(KINDS)),
    odd=st.lists(st.tuples(st.integers(0, COUNT + 1), st.sampled_from(ODD)), max_size=6),
    end=st.sampled_from(["", "\n", "\x1a", "\0\0\0", "\n \n\n", ",,,\n"]),
    newline=st.sampled_from(["\n", "\r\n"]),
    has_headers=st.booleans(),
)
def test_lines_without_values_are_passed_over(
    kind, odd, end, newline, has_headers, tmp_path_factory
):
    form, names = KINDS[kind], [str(i % 5) for i in range(COUNT)] if kind == "blanks" else NAMES
    text = csv_bytes(form, PIXELS, names).decode().splitlines()
    for place, line in sorted(odd, reverse=True):
        text.insert(place, line)
    if has_headers and kind == "header":
        text.insert(len(text) // 2, next(it for it in text if it.startswith("label")))
    path = tmp_path_factory.mktemp("odd") / "mine.csv"
    check(save(path, (newline.join(text) + newline + end).encode()), names=names)


@pytest.mark.parametrize("quote", ["'", '"'])
@pytest.mark.parametrize("are_all", [True, False])
@pytest.mark.parametrize("header", [None, "pixel0"])
def test_quotes_of_either_kind_are_no_part_of_a_label(quote, are_all, header, tmp_path):
    names = ["it's", "b", "c d", "e", "5"] * (COUNT // 5)
    kind = Kind(header=header, quote=quote) if are_all else Kind(header=header)
    written = names if are_all else [f"{quote}{it}{quote}" for it in names]
    check(save(tmp_path / "mine.csv", csv_bytes(kind, PIXELS, written)), names=names)


@pytest.mark.parametrize("suffix", [".txt", ".data", ".dat", ".txt.gz"])
@pytest.mark.parametrize("separator", [" ", ",", "\t"])
def test_texts_of_numbers_are_read_as_csv_in_folders_and_beside_each_other(
    suffix, separator, tmp_path
):
    names = [str(i % 5) for i in range(COUNT)]
    kind = Kind(header=None, separator=separator)
    half = COUNT // 2
    for split, rows in (("train", slice(half)), ("test", slice(half, None))):
        save(tmp_path / f"{split}{suffix}", csv_bytes(kind, PIXELS[rows], names[rows]))
    save(tmp_path / f"notes{suffix}", b"made by me, and by you, and them")
    for path in (tmp_path / f"train{suffix}", tmp_path / f"test{suffix}"):
        check(path, "test", PIXELS[half:], names[half:])
    (tmp_path / f"notes{suffix}").unlink()
    check(tmp_path, "train", PIXELS[:half], names[:half])


@pytest.mark.parametrize("suffix", [".txt", ".csv"])
def test_images_and_labels_that_numpy_saved_as_text_are_paired(suffix, tmp_path):
    np.savetxt(tmp_path / f"x_train{suffix}", PIXELS.reshape(-1, 784))
    np.savetxt(tmp_path / f"y_train{suffix}", np.arange(COUNT) % 4, fmt="%d")
    names = [str(i % 4) for i in range(COUNT)]
    check(tmp_path, "train", names=names)
    check(tmp_path / f"x_train{suffix}", "train", names=names)


def lines_of(kind, names=NAMES):
    return csv_bytes(kind, PIXELS, names).decode().splitlines()


WRONG = {
    "a title": (["My digits", *lines_of(Kind())], "line 1: 1 values, and 785 below it", "Remove"),
    "a title with commas": (["Digits,,", *lines_of(Kind())], "line 1: 3 values, and 785", "Remove"),
    "a sum": ([*lines_of(Kind()), "20 images"], "line 22: 1 values; expected", "Remove the line"),
    "a line cut short": ([*lines_of(Kind()), "1,0,0,0"], "line 22: 4 values", "save it again"),
    "units": (
        [lines_of(Kind())[0], ",".join(785 * "-"), *lines_of(Kind())[1:]],
        'line 2: column 2 is "-"; expected a whole number',
        "",
    ),
    "empty labels": (
        lines_of(Kind(), ["", *NAMES[1:9], *[""] * 11]),
        "line 2: an empty label, one of 12 in 20",
        "`network predict`",
    ),
    "an empty column": (
        lines_of(Kind(header=None), [""] * COUNT),
        "the first column is empty",
        "Label them",
    ),
    "an index last": (
        [f"{it},{i},{i % 4}" for i, it in enumerate(lines_of(Kind(header=None), [0] * COUNT))],
        "787 values",
        "",
    ),
    "an index within": (
        [
            f"{it},{i % 4}"
            for i, it in enumerate(lines_of(Kind(header=None, is_last=True), [0] * 20))
        ],
        "786 values per line, but the first column is not an index: it has 1 different",
        "Give the file a header, such as id,label,pixel0",
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_lines_that_are_no_images_are_refused_with_what_to_do(kind, tmp_path):
    text, message, hint = WRONG[kind]
    path = save(tmp_path / "mine.csv", "\n".join([*text, ""]).encode())
    with pytest.raises(CorruptError, match=re.escape(message)) as error:
        read_csv(path, ReadOptions())
    assert hint in error.value.hint


def test_empty_lines_do_not_change_the_numbers_of_others(tmp_path):
    text = lines_of(Kind())
    text[7] = text[7].replace(",0,", ",x,", 1)
    path = save(tmp_path / "mine.csv", "\n".join(["# me", *text[:5], "", *text[5:], ""]).encode())
    with pytest.raises(CorruptError, match='line 10: column 2 is "x"'):
        read_csv(path, ReadOptions())
    with pytest.raises(CorruptError, match='line 10: column 2 is "x"'):
        read_csv_images(path, ReadOptions())
