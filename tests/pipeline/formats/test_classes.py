"""Spellings of a name mean one class; classes need training images."""

import unicodedata

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.errors import CorruptError
from pipeline.formats.class_rules import (
    MISSING,
    check_trained_classes,
    notes_on_classes,
    require_labels,
    require_whole_numbers,
    unite_classes,
)
from pipeline.formats.classes import numbers_of_names, plain_names
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.source import Part, Source
from pipeline.storage.cache import Cache
from tests.support.csv_kinds import Kind, csv_bytes, small_images
from tests.support.image_sources import npz, png, save

WRITTEN = {  # usual spellings of a number
    "as it is": str,
    "float": "{}.0".format,
    "dot": "{}.".format,
    "zeros": "{:02}".format,
    "science": "{:.18e}".format,
    "blanks": " {} ".format,
}


def part(split, *labels, path=None):
    images = np.zeros((len(labels), 28, 28), np.uint8)
    return Part(split, np.array(labels, np.uint8), lambda chosen: iter([images[chosen]]), path=path)


@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from(list(WRITTEN))), min_size=1))
def test_numbers_are_one_class_however_they_are_written(drawn):
    names = [WRITTEN[how](number) for number, how in drawn]
    assert plain_names(names) == {
        name: str(number) for name, (number, _) in zip(names, drawn, strict=True)
    }


@settings(max_examples=30)
@given(st.lists(st.text(max_size=5), max_size=5), st.sampled_from(["NFC", "NFD"]))
def test_names_that_look_the_same_are_one_class(names, form):
    names = [*names, "é"]
    others = [unicodedata.normalize(form, f" {name} ") for name in names]
    plain = plain_names([*names, *others])
    assert all(plain[a] == plain[b] for a, b in zip(names, others, strict=True))


def test_other_names_stay_as_many_classes_as_they_are():
    for names in (["A", "a"], ["01", "1", "x"], ["1.10", "1.1"], ["5", "V"], ["1e999", "2"]):
        assert len(set(plain_names(names).values())) == len(names)


@given(st.lists(st.text("0123456789eE", min_size=1, max_size=5), min_size=1, unique=True))
def test_codes_with_an_e_in_them_are_names(codes):
    """Such as 0E50, the code of a Thai zero, which a reader of numbers takes for 0."""
    plain = plain_names(codes)
    assert all(plain[code] == code for code in codes if "e" in code.lower())


def test_names_that_mean_one_class_have_one_number(tmp_path):
    names = ["5.0", "05", "10", "5"]
    assert numbers_of_names(tmp_path, names, None) == (
        ("5", "10"), {"5.0": 0, "05": 0, "5": 0, "10": 1}
    )  # fmt: skip
    assert numbers_of_names(tmp_path, ["e\u0301"], ("a", "é"))[1] == {"e\u0301": 1}


def test_classes_of_every_source_are_united_and_ordered_as_they_were(tmp_path):
    source = Source((part("train", 0, 1, 2), part("test", 3)), ("7.0", "3", "07", "3.0"))
    united = unite_classes(tmp_path, source)
    assert united.classes == ("7", "3")
    assert [it.labels.tolist() for it in united.parts] == [[0, 1, 0], [1]]


@pytest.mark.parametrize("split", ["test", "validation"])
def test_a_class_that_is_not_trained_is_an_error_that_names_it(split, tmp_path):
    source = Source((part("train", 0, 1), part(split, 0, 2)), ("a", "b", "c", "unused"))
    with pytest.raises(
        CorruptError, match=f"1 class found only in {split} images: c; the training "
    ):
        check_trained_classes(tmp_path, source)
    check_trained_classes(tmp_path, Source((part("train", 0, 2), part(split, 2)), source.classes))


def test_names_that_differ_by_capitals_between_splits_are_said(tmp_path):
    source = Source((part("train", 0), part("test", 1)), ("ZERO", "zero"))
    with pytest.raises(CorruptError, match="one name per class: zero and ZERO are two"):
        check_trained_classes(tmp_path, source)


def test_the_rules_hold_for_folders_and_arrays(tmp_path):
    cache, pixels = Cache(tmp_path / "cache", "test"), small_images(0, 8)
    for i, image in enumerate(pixels):
        for split, name in (("train", f"{i % 2}"), ("test", f"0{i % 2}")):
            save(tmp_path / "a" / split / name / f"{i}.png", png(image))
    imported = import_dataset(cache, tmp_path / "a", "mine", ImportOptions())
    assert imported.dataset.classes == ("0", "1")
    arrays = {"x_train": pixels, "y_train": np.arange(8) % 2, "x_test": pixels}
    path = npz(tmp_path / "b.npz", **arrays, y_test=np.arange(8) % 3)
    with pytest.raises(CorruptError, match="1 class found only in test images: 2;"):
        import_dataset(cache, path, "other", ImportOptions())


def test_a_class_that_holds_nearly_all_images_is_noted():
    (note,) = notes_on_classes("ab", [part("train", *[1] * 59, 0)])
    assert note.startswith("59 of 60 training images are of class b; check that")
    assert notes_on_classes("ab", [part("train", *[1] * 9, 0)]) == []


@pytest.mark.parametrize("name", sorted(MISSING))
def test_a_text_that_stands_for_no_label_is_no_class(name, tmp_path):
    source = Source((part("train", 0, 1, 2, 2), part("test", 0, 2)), ("5", "7", name))
    with pytest.raises(CorruptError) as caught:
        require_labels(tmp_path, source)
    assert f'image 3 of train: the label is "{name}"' in caught.value.message
    assert "3 images have no label" in caught.value.message
    require_labels(tmp_path, Source((part("train", 0, 1),), source.classes))  # none has it


@pytest.mark.parametrize("name", ["N.A.", "na", "NIL", "(None)", "<null>", "[nan]", "#REF!", "\\N"])
def test_such_a_text_is_known_in_any_case_and_in_brackets(name, tmp_path):
    source = Source((part(None, 0, 1, 2),), ("5", "7", name))
    with pytest.raises(CorruptError, match="stands for a missing one; 1 image has no label"):
        require_labels(tmp_path, source)


@pytest.mark.parametrize("absent", ["-1", "-9", "-99", "-999"])
@pytest.mark.parametrize("others", [("0", "1", "2"), ("0",), ("5",)])
def test_a_negative_number_among_classes_from_0_on_is_no_class(absent, others, tmp_path):
    names = (*others, absent)
    source = Source((part(None, *range(len(names))),), names)
    with pytest.raises(CorruptError, match=f'the label is "{absent}", which stands for a missing'):
        require_labels(tmp_path, source)


@pytest.mark.parametrize("text", ["2.5", "1,5"])
def test_a_fraction_among_whole_numbers_is_no_class(text, tmp_path):
    cache, pixels = Cache(tmp_path / "cache", "test"), small_images(0, 20)
    names = [text if i == 6 else str(i % 10) for i in range(20)]
    separator = ";" if "," in text else ","
    path = save(tmp_path / "a.csv", csv_bytes(Kind(separator=separator), pixels, names))
    found = rf"a.csv: line 8: the label {text.replace(',', '.')} is not a whole number"
    with pytest.raises(CorruptError, match=found):
        import_dataset(cache, path, "mine", ImportOptions())


def test_fractions_may_be_classes_among_their_like(tmp_path):
    names = ("1.0", "1.5", "2.0", "2.5")
    require_whole_numbers(tmp_path, Source((part(None, 0, 1, 2, 3),), names))


@pytest.mark.parametrize(
    "names",
    [
        *(("-1", "1"), ("-1", "0", "1"), ("+", "-", "5"), ("?", "!"), ("KA", "NA", "MA")),
        *(("na", "ha"), ("-1", "a"), ("-9", "-8", "0"), ("nano", "unknown A")),
    ],
)
def test_names_that_only_look_like_no_label_are_classes(names, tmp_path):
    require_labels(tmp_path, Source((part(None, *range(len(names))),), names))


@pytest.mark.parametrize("absent", ["NA", "nan", "-1", "?"])
@pytest.mark.parametrize("number", ["{}", "{}.0"])
def test_missing_labels_are_named_by_line_in_tables_and_by_row_in_arrays(absent, number, tmp_path):
    cache, pixels = Cache(tmp_path / "cache", "test"), small_images(0, 20)
    names = [number.format(i % 4) for i in range(20)]
    names[6] = names[9] = absent
    for kind, line in ((Kind(), 8), (Kind(header=None), 7)):
        path = save(tmp_path / "a.csv", csv_bytes(kind, pixels, names))
        with pytest.raises(CorruptError, match=rf"a.csv: line {line}: .*; 2 images have no label"):
            import_dataset(cache, path, "mine", ImportOptions())
    path = npz(tmp_path / "b.npz", x=pixels, y=np.array(names))
    with pytest.raises(CorruptError, match=r"image 7: the label is .*; 2 images have no label"):
        import_dataset(cache, path, "mine", ImportOptions())


def test_labels_that_are_no_numbers_are_counted(tmp_path):
    labels = np.array([0.0, 1, np.nan, 1, np.nan, 0])
    path = npz(tmp_path / "a.npz", x=small_images(0, 6), y=labels)
    with pytest.raises(CorruptError, match=r"a label is nan; .*; image 3 is the first of 2 such"):
        import_dataset(Cache(tmp_path / "cache", "test"), path, "mine", ImportOptions())
