"""Lines are paired by ids if both files have them; otherwise ids have to be in order."""

import numpy as np
import pytest

from pipeline.errors import CorruptError
from pipeline.formats.csv.read import read_csv
from pipeline.formats.source import ReadOptions
from tests.support.image_sources import KAGGLE, LABELS, PIXELS, ROWS, N, lines, save

PIXEL_NAMES = ",".join(f"pixel{i}" for i in range(784))


def save_pair(folder, ids, image_ids=None):
    rows = [",".join(map(str, it)) for it in ROWS.tolist()]
    header = PIXEL_NAMES
    if image_ids is not None:
        header = f"id,{header}"
        rows = [f"{i},{row}" for i, row in zip(image_ids, rows, strict=True)]
    save(folder / "images.csv", "\n".join((header, *rows)).encode())
    labelled = (f"{i},{label}" for i, label in ids)
    save(folder / "labels.csv", "\n".join(("id,label", *labelled)).encode())
    return folder


@pytest.mark.parametrize("name", ["{}", "img_{:04}.png"])
@pytest.mark.parametrize("first", [0, 1])
def test_ids_of_one_file_in_order_are_lines(name, first, tmp_path):
    ids = [(name.format(i + first), label) for i, label in enumerate(LABELS)]
    (part,) = read_csv(save_pair(tmp_path, ids), ReadOptions()).parts
    assert np.array_equal(part.labels, LABELS)


def test_ids_of_one_file_in_another_order_are_refused(tmp_path):
    ids = list(enumerate(LABELS))[::-1]
    with pytest.raises(CorruptError, match="in order, and the other file has no ids"):
        read_csv(save_pair(tmp_path, ids), ReadOptions())


def test_ids_of_both_files_are_matched_in_any_order(tmp_path):
    ids = list(enumerate(LABELS))[::-1]
    (part,) = read_csv(save_pair(tmp_path, ids, range(N)), ReadOptions()).parts
    assert np.array_equal(part.labels, LABELS)


def test_a_training_file_next_to_a_pair_of_test_files_is_read(tmp_path):
    save(tmp_path / "train.csv", lines(KAGGLE))
    rows = "\n".join((PIXEL_NAMES, *(",".join(map(str, it)) for it in ROWS.tolist())))
    save(tmp_path / "test.csv", rows.encode())
    save(tmp_path / "test_labels.csv", "\n".join(("label", *map(str, LABELS))).encode())
    found = {it.split: it for it in read_csv(tmp_path, ReadOptions()).parts}
    assert set(found) == {"train", "test"}
    assert np.array_equal(np.concatenate(list(found["test"].all_images())), PIXELS)


@pytest.mark.parametrize("text", ["{:g}", "{:.4f}", "{:.6f}"])
def test_shares_of_256_with_few_digits_are_read_exactly(text, tmp_path):
    levels = np.arange(784) % 256
    rows = (",".join((str(i % 2), *(text.format(it / 256) for it in levels))) for i in range(20))
    save(tmp_path / "a.csv", "\n".join((KAGGLE, *rows)).encode())
    (part,) = read_csv(tmp_path / "a.csv", ReadOptions()).parts
    assert np.array_equal(next(part.all_images())[0].ravel(), levels)


@pytest.mark.parametrize("has_names", [True, False])
@pytest.mark.parametrize("quote", ['"', ""])
def test_tables_of_r_are_read(has_names, quote, tmp_path):
    header = " ".join(f"{quote}{it}{quote}" for it in KAGGLE.split(","))
    rows = [
        " ".join(map(str, [f"{quote}{i}{quote}"] * has_names + [label, *row]))
        for i, (label, row) in enumerate(zip(LABELS, ROWS.tolist(), strict=True), 1)
    ]
    save(tmp_path / "d.txt", "\n".join((header, *rows)).encode())
    (part,) = read_csv(tmp_path / "d.txt", ReadOptions()).parts
    assert np.array_equal(part.labels, LABELS)
    assert np.array_equal(np.concatenate(list(part.all_images())), PIXELS)
