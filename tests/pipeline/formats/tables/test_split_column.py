"""Tables of every format with a column that gives the split of each image."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import CorruptError, UsageError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.source import ReadOptions
from pipeline.formats.tables.split_column import split_of_value
from pipeline.storage.cache import Cache
from tests.pipeline.formats.tables.test_tables import arff, png
from tests.support.array_sources import read_all
from tests.support.mat_files import MatFile

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

RNG = np.random.default_rng(7)
N = 12
X = RNG.integers(0, 256, (N, 28, 28), np.uint8)
Y = np.arange(N, dtype=np.uint8) % 2
ROWS = X.reshape(N, 784)
PIXELS = [f"pixel{i}" for i in range(784)]
SPLITS = ["train", "test", "train", "validation", "train", "train"] * 2
ROWS_OF = {it: [row for row in range(N) if SPLITS[row] == it] for it in sorted(set(SPLITS))}


def csv_lines(*columns):
    return "".join(",".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))


def write_csv(folder, name, values):
    head = ",".join([name, "label", *PIXELS]) + "\n"
    path = folder / "mine.csv"
    path.write_text(head + csv_lines(values, Y, *ROWS.T))
    return path


def write_csv_last(folder, name, values):
    head = ",".join(["id", "label", *PIXELS, name]) + "\n"
    path = folder / "train.csv"
    path.write_text(head + csv_lines(range(N), Y, *ROWS.T, [f'"{it}"' for it in values]))
    return path


def write_csv_pair(folder, name, values):
    order = RNG.permutation(N)
    head = ",".join(["id", *PIXELS]) + "\n"
    (folder / "images.csv").write_text(head + csv_lines(range(N), *ROWS.T))
    columns = order, Y[order], np.array(values)[order]
    (folder / "labels.csv").write_text(f"id,label,{name}\n" + csv_lines(*columns))
    return folder


def write_parquet_pixels(folder, name, values):
    columns = {"label": Y, name: values, **dict(zip(PIXELS, ROWS.T, strict=True))}
    pq.write_table(pa.table(columns), folder / "mine.parquet")
    return folder / "mine.parquet"


def write_parquet_pictures(folder, name, values):
    pictures = [{"bytes": png(it), "path": None} for it in X]
    columns = {"image": pictures, name: pa.array(values).dictionary_encode(), "label": Y}
    pq.write_table(pa.table(columns), folder / "mine.parquet")
    return folder / "mine.parquet"


def write_parquet_lists(folder, name, values):
    pq.write_table(pa.table({name: values, "x": ROWS.tolist(), "y": Y}), folder / "mine.parquet")
    return folder / "mine.parquet"


def write_arff(folder, name, values):
    kinds = ["STRING", *["REAL"] * 784, "{0,1}"]
    rows = [
        [f"'{it}'", *row, label] for it, row, label in zip(values, ROWS.tolist(), Y, strict=True)
    ]
    (folder / "mine.arff").write_bytes(arff([name, *PIXELS, "class"], kinds, rows))
    return folder / "mine.arff"


def write_npz(folder, name, values):
    np.savez(folder / "mine.npz", x=X, y=Y, **{name: np.array(values)})
    return folder / "mine.npz"


def write_npy(folder, name, values):
    for key, array in {"images": X, "labels": Y, name: np.array(values)}.items():
        np.save(folder / f"{key}.npy", array)
    return folder


def write_dictionary(folder, name, values):
    (folder / "mine.pkl").write_bytes(
        pickle.dumps({name: values, "images": X, "labels": Y.tolist()})
    )
    return folder / "mine.pkl"


def write_records(folder, name, values):
    rows = [{"image": x, "label": int(y), name: it} for x, y, it in zip(X, Y, values, strict=True)]
    (folder / "mine.pkl").write_bytes(pickle.dumps(rows))
    return folder / "mine.pkl"


def write_mat(folder, name, values):
    (folder / "mine.mat").write_bytes(MatFile().write(images=X, labels=Y, **{name: list(values)}))
    return folder / "mine.mat"


WRITERS = {
    it.__name__.removeprefix("write_"): it
    for it in (
        *(write_csv, write_csv_last, write_csv_pair, write_parquet_pixels, write_parquet_pictures),
        *(write_parquet_lists, write_arff, write_npz, write_npy, write_dictionary, write_records),
        write_mat,
    )
}
KAGGLE = {"train": "Training", "validation": "PublicTest", "test": "PrivateTest"}
SPELLINGS = {
    "split": {it: it for it in ROWS_OF},
    "Usage": KAGGLE,
    "Subset": {"train": "train set", "validation": "val", "test": "testing"},
    "partition": {"train": "TRAIN", "validation": "dev", "test": "TEST"},
    "fold": {"train": "tr", "validation": "valid", "test": "te"},
    "set": {"train": "trainset", "validation": "Validation", "test": "test_data"},
}


@pytest.fixture(params=WRITERS)
def write(request):
    return WRITERS[request.param]


EVERY_FORMAT = list(zip(WRITERS, 2 * [*SPELLINGS], strict=True))
EVERY_SPELLING = [("npz", it) for it in SPELLINGS]


@pytest.mark.parametrize(("kind", "name"), [*EVERY_FORMAT, *EVERY_SPELLING])
def test_the_given_split_is_used_exactly(kind, name, tmp_path):
    path = WRITERS[kind](tmp_path, name, [SPELLINGS[name][it] for it in SPLITS])
    source, found = read_all(path)
    assert list(found) == ["train", "validation", "test"]
    for split, (images, labels) in found.items():
        assert np.array_equal(images, X[ROWS_OF[split]])
        assert np.array_equal(labels, Y[ROWS_OF[split]])
    (note,) = [it for it in source.notes if "gives the split" in it]
    assert f"the column {name}".lower() in note.lower()
    assert "8 train" in note
    unused = [it.partition(": not used")[2] for it in source.notes]
    assert not [it for it in unused if name.lower() in it.lower()]


def test_an_import_keeps_the_split_and_says_so(tmp_path):
    path = write_csv(tmp_path, "Usage", [KAGGLE[it] for it in SPLITS])
    imported = import_dataset(Cache(tmp_path / "cache", "a test"), path, "mine")
    counts = {it: split.count for it, split in imported.dataset.splits.items()}
    assert counts == {"train": 8, "test": 2, "validation": 2}
    assert any("2 validation (PublicTest), 2 test (PrivateTest)" in it for it in imported.notes)
    assert not any("at random" in it for it in imported.notes)


def test_test_images_are_chosen_where_the_column_names_none(tmp_path):
    path = write_npz(tmp_path, "split", [it.replace("test", "train") for it in SPLITS])
    imported = import_dataset(Cache(tmp_path / "cache", "a test"), path, "mine")
    counts = {it: split.count for it, split in imported.dataset.splits.items()}
    assert counts == {"train": 8, "test": 2, "validation": 2}


UNKNOWN = {
    "letters": ["a", "b", "a"] * 4,
    "one stray": [*SPLITS[:-1], "private"],
    "one empty": [*SPLITS[:-1], ""],
    "numbers": ["0", "1", "0"] * 4,
}


@pytest.mark.parametrize(
    ("kind", "values"),
    [*zip(WRITERS, 3 * [*UNKNOWN], strict=True), *(("npz", it) for it in UNKNOWN)],
)
def test_values_that_are_no_splits_are_refused_and_listed(kind, values, tmp_path):
    values = UNKNOWN[values]
    path = WRITERS[kind](tmp_path, "split", values)
    with pytest.raises(CorruptError, match="expected train, validation or test") as caught:
        read_all(path)
    stray = next(it for it in values if it not in ROWS_OF)
    assert f'"{stray}"' in caught.value.message
    assert "--split-column none" in caught.value.hint


def test_the_column_may_be_left_unused(write, tmp_path):
    path = write(tmp_path, "split", UNKNOWN["letters"])
    _, found = read_all(path, ReadOptions(split_column="none"))
    assert np.array_equal(found[None][1], Y)


def test_a_column_of_any_name_gives_the_split_if_it_is_named(write, tmp_path):
    path = write(tmp_path, "kind_of_use", SPLITS)
    assert list(read_all(path)[1]) == [None]
    _, found = read_all(path, ReadOptions(split_column="Kind_of_use"))
    assert np.array_equal(found["test"][0], X[ROWS_OF["test"]])


def test_a_column_that_is_not_there_is_refused(write, tmp_path):
    path = write(tmp_path, "split", SPLITS)
    with pytest.raises(CorruptError, match='column "Usage" not found; other than pixels there is'):
        read_all(path, ReadOptions(split_column="Usage"))


def test_a_name_that_may_mean_anything_needs_splits(write, tmp_path):
    _, found = read_all(write(tmp_path, "fold", ["1", "train", "2"] * 4))
    assert np.array_equal(found[None][1], Y)


@pytest.mark.parametrize("other", ["set", "Usage"])
def test_of_two_columns_the_one_with_splits_counts(other, tmp_path):
    values = {"split": np.array(SPLITS), other: np.array(["a", "b"] * 6)}
    np.savez(tmp_path / "a.npz", x=X, y=Y, **values)
    assert list(read_all(tmp_path / "a.npz")[1]) == ["train", "validation", "test"]
    np.savez(tmp_path / "a.npz", x=X, y=Y, **{**values, other: np.array(SPLITS[::-1])})
    with pytest.raises(CorruptError, match=r"split and .* give other splits.*--split-column split"):
        read_all(tmp_path / "a.npz")
    _, found = read_all(tmp_path / "a.npz", ReadOptions(split_column="split"))
    assert np.array_equal(found["test"][0], X[ROWS_OF["test"]])


def test_an_unusual_label_beside_a_split_is_not_guessed(tmp_path):
    pictures = [png(it) for it in X]
    table = pa.table({"image": pictures, "split": SPLITS, "colour": ["a", "b"] * 6})
    pq.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(CorruptError, match=r"colour; expected one named label.*--label-column"):
        read_all(tmp_path / "a.parquet")
    source, found = read_all(tmp_path / "a.parquet", ReadOptions(label_column="colour"))
    assert (source.classes, list(found)) == (("a", "b"), ["train", "validation", "test"])


def test_labels_in_a_column_called_split_stay_labels(tmp_path):
    classes = ["left", "right"] * 6
    for write in (write_parquet_pictures, write_parquet_pixels, write_arff):
        path = write(tmp_path, "split", classes)
        source, found = read_all(path, ReadOptions(label_column="split"))
        assert source.classes == ("left", "right")
        assert found[None][1].tolist() == [0, 1] * 6
    np.savez(tmp_path / "a.npz", x=X, split=np.array(classes))
    assert read_all(tmp_path / "a.npz")[0].classes == ("left", "right")


def test_splits_without_labels_are_not_labels(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, split=np.array(SPLITS))
    with pytest.raises(CorruptError, match="labels are train, test, validation, which are splits"):
        read_all(tmp_path / "a.npz")


def test_numbered_pixels_called_split_are_pixels(tmp_path):
    head = ",".join(["label", *(f"split{i}" for i in range(784))]) + "\n"
    (tmp_path / "a.csv").write_text(head + csv_lines(Y, *ROWS.T))
    assert np.array_equal(read_all(tmp_path / "a.csv")[1][None][0], X)


def test_the_column_counts_in_place_of_the_files_name(tmp_path):
    write_csv_last(tmp_path, "split", [it.replace("test", "train") for it in SPLITS])
    lines = (
        (tmp_path / "train.csv").read_text().replace("train", "test").replace("validation", "test")
    )
    (tmp_path / "test.csv").write_text(lines)
    _, found = read_all(tmp_path)
    assert {it: len(labels) for it, (_, labels) in found.items()} == {
        "train": 10,
        "validation": 2,
        "test": 12,
    }


def test_a_missing_label_is_reported_with_its_line_in_its_split(tmp_path):
    head = ",".join(["label", "split", *PIXELS]) + "\n"
    (tmp_path / "a.csv").write_text(head + csv_lines(["?", *Y[1:]], SPLITS, *ROWS.T))
    with pytest.raises(CorruptError, match=r'a.csv: line 2: the label is "\?"'):
        import_dataset(Cache(tmp_path / "cache", "a test"), tmp_path / "a.csv", "mine")


def test_the_option_is_refused_for_pictures(tmp_path):
    for label in "01":
        (tmp_path / label).mkdir()
        for number, pixels in enumerate(X):
            (tmp_path / label / f"{number}.png").write_bytes(png(pixels))
    wishes = ImportOptions(split_column="split")
    with pytest.raises(UsageError, match="split_column applies to tables and arrays"):
        import_dataset(Cache(tmp_path / "cache", "a test"), tmp_path, "mine", wishes)


@given(st.text(max_size=30))
def test_a_value_of_any_text_is_a_known_split_or_none(text):
    assert split_of_value(text) in (None, "train", "validation", "test", "lost")
