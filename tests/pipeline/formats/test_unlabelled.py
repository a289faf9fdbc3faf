"""Images without labels are read from every file that an import reads."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from pipeline.errors import CorruptError, MissingError
from pipeline.formats.unlabelled import list_inputs, open_images
from pipeline.storage.idx import idx_bytes
from tests.support.image_sources import KAGGLE, LABELS, PIXELS, ROWS, lines, npz, pickled, png, save


def unlabelled_csv(header=KAGGLE[6:], index=False):
    rows = (",".join(map(str, ([i] if index else []) + row)) for i, row in enumerate(ROWS.tolist()))
    return "\n".join(filter(None, (header, *rows))).encode()


def saved_npy(path, array=PIXELS):
    np.save(path, array)
    return path


def saved_mat(path):
    savemat(path, {"test_x": ROWS})
    return path


FILES = {
    "Kaggle's test.csv": lambda it: save(it / "test.csv", unlabelled_csv()),
    "its CSV gzipped": lambda it: save(it / "test.csv.gz", gzip.compress(unlabelled_csv())),
    "CSV without header": lambda it: save(it / "a.csv", unlabelled_csv("")),
    "CSV with ids": lambda it: save(it / "test.csv", unlabelled_csv("id," + KAGGLE[6:], True)),
    "CSV with labels": lambda it: save(it / "test.csv", lines(KAGGLE)),
    "npz of one array": lambda it: npz(it / "a.npz", arr_0=PIXELS),
    "npz of shares": lambda it: npz(it / "a.npz", x_test=ROWS / 255.0),
    "npz with labels": lambda it: npz(it / "a.npz", x=PIXELS, y=LABELS),
    "npy": lambda it: saved_npy(it / "images.npy"),
    "npy, images last": lambda it: saved_npy(it / "a.npy", np.moveaxis(PIXELS, 0, 2)),
    "npz of two arrays": lambda it: npz(it / "a.npz", a=PIXELS[:9], b=PIXELS[9:]),
    "npz, labels for training": lambda it: npz(
        it / "a.npz", x_train=PIXELS[:5], y_train=LABELS[:5], x_test=PIXELS
    ),
    "pickle, labels for training": lambda it: pickled(
        it / "a.pkl",
        {"train": {"images": PIXELS[:5], "labels": LABELS[:5]}, "test": {"images": PIXELS}},
    ),
    "pickle of an array": lambda it: pickled(it / "a.pkl", PIXELS),
    "pickle of a list": lambda it: pickled(it / "a.pkl", list(PIXELS)),
    "mat": lambda it: saved_mat(it / "a.mat"),
    "CSV with ids alone": lambda it: save(it / "a.csv", unlabelled_csv("", True)),
    "CSV with empty labels": lambda it: save(it / "a.csv", lines(KAGGLE, [""] * len(ROWS))),
    "CSV, empty without header": lambda it: save(it / "a.csv", lines("", [""] * len(ROWS))),
    "IDX": lambda it: save(it / "t10k-images-idx3-ubyte", idx_bytes(PIXELS)),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_images_of_a_file_alone_are_read_in_order(kind, tmp_path):
    path = FILES[kind](tmp_path)
    save(tmp_path / "train.csv", b"label,of something else")
    (found,) = list_inputs(path, tmp_path / "work")
    assert (found.path, found.name, found.is_picture) == (path, str(path), False)
    with open_images(found.path, tmp_path / "work") as images:
        assert np.array_equal(np.concatenate(list(images)), PIXELS)


def opened(path, workspace):
    with open_images(path, workspace) as found:
        return found.notes, found.ids, np.concatenate(list(found))


def test_a_single_image_is_read(tmp_path):
    for array in (PIXELS[0], ROWS[0], PIXELS[:1]):
        *_, found = opened(saved_npy(tmp_path / "a.npy", array), tmp_path / "work")
        assert np.array_equal(found, PIXELS[:1])


def test_of_several_arrays_it_is_said_which_are_predicted(tmp_path):
    path = npz(tmp_path / "a.npz", x_train=PIXELS[:5], y_train=LABELS[:5], x_test=PIXELS)
    (note,), *_ = opened(path, tmp_path / "work")
    assert note.startswith(f"{path}: several")
    assert note.endswith("predicted: x_test 24x28x28; not x_train 5x28x28, because of its labels")
    path = npz(tmp_path / "b.npz", x=PIXELS[:5], y_x=LABELS[:5], z=PIXELS[:3])
    (note,), *_ = opened(path, tmp_path / "work")
    assert "x 5x28x28" in note
    assert "z 3x28x28" in note


IDS = [f"n{i}" for i in range(len(ROWS))]


@pytest.mark.parametrize(
    ("header", "first", "ids"),
    [
        ("Id,", IDS, ("Id", IDS)),
        ("file,", IDS, ("file", IDS)),
        ("", IDS, ("ImageId", IDS)),
        ("label,", LABELS, None),
        ("id,", LABELS, None),
        (",", range(len(ROWS)), None),
    ],
)
def test_ids_are_a_column_with_another_value_in_each_line(header, first, ids, tmp_path):
    names = header and header + KAGGLE[6:]
    path = save(tmp_path / "a.csv", lines(names, list(first)))
    assert opened(path, tmp_path / "work")[1] == ids


def test_a_table_in_parquet_needs_no_labels(tmp_path):
    pq, pa = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    pixels = {f"pixel{i}": column for i, column in enumerate(ROWS.T)}
    pq.write_table(pa.table({"id": IDS, **pixels}), tmp_path / "test.parquet")
    _, ids, found = opened(tmp_path / "test.parquet", tmp_path / "work")
    assert ids == ("id", IDS)
    assert np.array_equal(found, PIXELS)
    pictures = [{"bytes": png(it), "path": None} for it in PIXELS]
    pq.write_table(pa.table({"image": pictures}), tmp_path / "test.parquet")
    assert np.array_equal(opened(tmp_path / "test.parquet", tmp_path / "work")[2], PIXELS)


def test_a_short_file_without_header_has_ids_that_count_up(tmp_path):
    rows = (f"{i},{','.join(map(str, row))}" for i, row in enumerate(ROWS[:4].tolist(), start=7))
    path = save(tmp_path / "a.csv", "\n".join(rows).encode())
    notes, ids, found = opened(path, tmp_path / "work")
    assert notes == (f"{path}: the first column is read as ids",)
    assert ids == ("ImageId", ["7", "8", "9", "10"])
    assert np.array_equal(found, PIXELS[:4])


@pytest.mark.parametrize(
    "write",
    [
        lambda it: save(it / "a.csv", b"\n".join([b",".join([b"1"] * 783)] * 3)),
        lambda it: npz(it / "a.npz", x=np.zeros((5, 20, 20))),
        lambda it: npz(it / "a.npz", x=np.zeros((5, 28, 28, 3))),
        lambda it: npz(it / "a.npz", x=PIXELS / 300.0),
        lambda it: pickled(it / "a.pkl", {"a": 1}),
    ],
)
def test_a_refusal_asks_for_no_labels_and_no_option_of_an_import(write, tmp_path):
    with pytest.raises(CorruptError) as caught:
        opened(write(tmp_path), tmp_path / "work")
    words = f"{caught.value.message} {caught.value.hint}"
    for absent in ("--label-column", "--resize", "--grey", "import", "y_train", "a label and"):
        assert absent not in words


def test_folders_and_archives_of_pictures_are_listed_in_natural_order(tmp_path):
    for i in (10, 9, 1):
        save(tmp_path / "in" / f"img_{i}.png", png(PIXELS[i]))
    save(tmp_path / "in" / "more" / "img_2.png", png(PIXELS[2]))
    save(tmp_path / "in" / ".DS_Store", b"x")
    names = ["img_1.png", "img_9.png", "img_10.png", "more/img_2.png"]
    found = list_inputs(tmp_path / "in", tmp_path / "work")
    assert [it.name for it in found] == [str(tmp_path / "in" / it) for it in names]
    assert all(it.is_picture for it in found)
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.write(tmp_path / "in" / name, name)
    found = list_inputs(path, tmp_path / "work")
    assert [it.name for it in found] == [f"{path}: {it}" for it in names]


def test_of_kaggles_folder_the_test_images_are_predicted(tmp_path):
    save(tmp_path / "train.csv", lines(KAGGLE))
    save(tmp_path / "test.csv", unlabelled_csv())
    (found,) = list_inputs(tmp_path, tmp_path / "work")
    assert found.path == tmp_path / "test.csv"


def test_what_holds_no_images_is_refused_by_name(tmp_path):
    (found,) = list_inputs(tmp_path / "none.png", tmp_path / "work")
    assert found.is_picture  # its reader reports that it is missing
    path = npz(tmp_path / "a.npz", a=PIXELS[:, :20], b=LABELS)
    with pytest.raises(CorruptError, match=r"a\.npz"), open_images(path, tmp_path / "work"):
        pass
    with pytest.raises(MissingError), open_images(tmp_path / "gone.npz", tmp_path / "work"):
        pass


@pytest.mark.parametrize("name", [".", "./", "..", "../inner"])
def test_a_folder_without_a_name_of_its_own_is_refused_like_any_other(name, tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    with pytest.raises(CorruptError, match="no supported files found"), \
            open_images(Path(name), tmp_path / "workspace"):  # fmt: skip
        pass


def arff(labels=None):
    names = [f"@attribute pixel{i} real" for i in range(784)]
    names += [] if labels is None else ["@attribute class {0,1,2,3}"]
    rows = [[*row, *([] if labels is None else [labels[i]])] for i, row in enumerate(ROWS.tolist())]
    return "\n".join(["@relation a", *names, "@data", *(",".join(map(str, it)) for it in rows)])


def parquet(path, labels):
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"image": [png(it) for it in PIXELS], "label": labels}), path)
    return path


def with_gaps(missing):
    return [missing if i % 3 else label for i, label in enumerate(LABELS.tolist())]


PARTIAL = {
    "CSV": lambda it: save(it / "a.csv", lines(KAGGLE, with_gaps(""))),
    "CSV with NA": lambda it: save(it / "a.csv", lines(KAGGLE, with_gaps("NA"))),
    "CSV without header": lambda it: save(it / "a.csv", lines("", with_gaps("NA"))),
    "ARFF": lambda it: save(it / "a.arff", arff(with_gaps("?")).encode()),
    "parquet": lambda it: parquet(it / "a.parquet", with_gaps(None)),
    "npz of texts": lambda it: npz(it / "a.npz", x=PIXELS, y=list(map(str, with_gaps("")))),
    "npz of numbers": lambda it: npz(it / "a.npz", x=PIXELS, y=with_gaps(np.nan)),
    "pickle": lambda it: pickled(it / "a.pkl", (PIXELS, list(map(str, with_gaps("?"))))),
}


@pytest.mark.parametrize("kind", PARTIAL)
def test_only_images_without_a_label_are_read_next_to_others(kind, tmp_path):
    chosen = np.arange(len(ROWS)) % 3 > 0
    numbers = (np.flatnonzero(chosen) + 1).tolist()
    with open_images(PARTIAL[kind](tmp_path), tmp_path / "work") as found:
        assert np.array_equal(np.concatenate(list(found)), PIXELS[chosen])
        assert list(found.numbers) == numbers
        assert found.ids.values == list(map(str, numbers))
        assert "8 of 24 images have a label" in found.notes[-1]


@pytest.mark.parametrize("labels", [None, ["?"] * len(ROWS), LABELS])
def test_arff_needs_no_labels(labels, tmp_path):
    with open_images(save(tmp_path / "a.arff", arff(labels).encode()), tmp_path / "work") as found:
        assert np.array_equal(np.concatenate(list(found)), PIXELS)
        assert found.numbers is None
