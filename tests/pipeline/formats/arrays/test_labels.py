"""A label that is a text is a name, in every format; names belong to the file that states them."""

import json
import pickle

import numpy as np
import pytest
from scipy.io import savemat

from pipeline.errors import CorruptError
from pipeline.formats.open_source import open_source
from pipeline.formats.source import ReadOptions
from tests.support.image_sources import png

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

AS_IT_IS = ReadOptions()
X = np.random.default_rng(3).integers(0, 256, (6, 28, 28), np.uint8)
ROWS = X.reshape(6, 784)
Y = [3, 1, 2, 1, 3, 2]
TEXTS = list(map(str, Y))
WORDS = ["zero", "one", "two", "three"]
CIRCULAR, FROM_1 = list("1230"), list("123")


def write_arff(path, labels, names):
    lines = [f"@attribute p{i} real" for i in range(784)]
    rows = [",".join(map(str, [*row, y])) for row, y in zip(ROWS.tolist(), labels, strict=True)]
    kind = "string" if names is None else "{" + ",".join(names) + "}"
    lines = ["@relation a", *lines, f"@attribute class {kind}", "@data", *rows]
    path.with_suffix(".arff").write_text("\n".join(lines))


def write_npz(path, labels, names):
    arrays = {} if names is None else {"class_names": np.array(names)}
    np.savez(path.with_suffix(".npz"), x=X, y=np.array(labels), **arrays)


def write_objects(path, labels, names):
    """As they are in the `classes_` of scikit-learn's LabelEncoder."""
    arrays = {} if names is None else {"classes": np.array(names, object)}
    np.savez(path.with_suffix(".npz"), x=X, y=np.array(labels), **arrays)


def write_mat(path, labels, names):
    cell = np.array(names, object)
    savemat(path.with_suffix(".mat"), {"x": X, "y": np.array(labels), "class_names": cell})


def write_pickle(path, labels, names):
    content = {"data": ROWS, "labels": labels, "meta": {"label_names": names}}
    path.with_suffix(".pkl").write_bytes(pickle.dumps(content))


def write_parquet(path, labels, names):
    feature = {"names": names, "_type": "ClassLabel"}
    info = {"info": {"features": {"label": feature, "other": {"names": ["a", "b"]}}}}
    table = pa.table({"image": [png(it) for it in X], "label": labels})
    table = table.replace_schema_metadata({b"huggingface": json.dumps(info).encode()})
    pq.write_table(table, path.with_suffix(".parquet"))


def write_csv(path, labels, names):
    rows = [",".join(map(str, [y, *row])) for row, y in zip(ROWS.tolist(), labels, strict=True)]
    path.with_suffix(".csv").write_text("\n".join(rows))
    (path.parent / "classes.txt").write_text("\n".join(names))


def write_npy(path, labels, names):
    np.save(path.parent / "x.npy", X)
    np.save(path.parent / "y.npy", np.array(labels))
    np.save(path.parent / "class_names.npy", np.array(names))


TEXT_WRITERS = {
    "arff": write_arff,
    "npz": write_npz,
    "npz, names as objects": write_objects,
    "mat": write_mat,
    "pickle": write_pickle,
    "parquet": write_parquet,
    "npy": write_npy,
}
NUMBER_WRITERS = {name: it for name, it in TEXT_WRITERS.items() if name != "arff"}


def read_names(folder, options=AS_IT_IS):
    """Return the class names of the images, by split."""
    with open_source(folder, options, folder / "work") as opened:
        source = opened.source
        return {it.split: [source.classes[n] for n in it.labels] for it in source.parts}


@pytest.mark.parametrize("names", [CIRCULAR, FROM_1], ids=["rotated", "from 1"])
@pytest.mark.parametrize("kind", TEXT_WRITERS)
def test_a_text_is_the_name_of_its_class_wherever_that_is_listed(kind, names, tmp_path):
    TEXT_WRITERS[kind](tmp_path / "a", TEXTS, names)
    assert read_names(tmp_path) == {None: TEXTS}


@pytest.mark.parametrize("kind", [*NUMBER_WRITERS, "csv"])
def test_a_number_is_a_place_among_the_names(kind, tmp_path):
    (NUMBER_WRITERS | {"csv": write_csv})[kind](tmp_path / "a", Y, WORDS)
    assert read_names(tmp_path) == {None: [WORDS[y] for y in Y]}


@pytest.mark.parametrize("kind", TEXT_WRITERS)
def test_texts_of_which_only_some_are_listed_are_an_error(kind, tmp_path):
    TEXT_WRITERS[kind](tmp_path / "a", TEXTS, list("0124"))
    with pytest.raises(CorruptError, match='the class "3" is not one of the 4'):
        read_names(tmp_path)


def test_numbers_in_a_text_that_may_be_places_or_names_are_an_error(tmp_path):
    write_csv(tmp_path / "a", Y, CIRCULAR)
    with pytest.raises(CorruptError, match=r"label . may be the class"):
        read_names(tmp_path)
    (tmp_path / "export.json").write_text("{}")  # our exports hold places
    assert read_names(tmp_path) == {None: [CIRCULAR[y] for y in Y]}


@pytest.mark.parametrize("kind", ["arff", "npz", "parquet"])
def test_each_file_has_its_own_list_of_names(kind, tmp_path):
    labels = [WORDS[y] for y in Y] if kind == "arff" else Y
    back = labels if kind == "arff" else [3 - y for y in Y]
    TEXT_WRITERS[kind](tmp_path / "train", labels, WORDS)
    TEXT_WRITERS[kind](tmp_path / "test", back, WORDS[::-1])
    names = [WORDS[y] for y in Y]
    assert read_names(tmp_path) == {"train": names, "test": names}


def test_each_level_of_a_pickle_has_its_own_list_of_names(tmp_path):
    splits = {
        "train": {"x": X, "y": Y, "label_names": WORDS},
        "test": {"x": X.copy(), "y": [3 - y for y in Y], "label_names": WORDS[::-1]},
    }
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(splits))
    names = [WORDS[y] for y in Y]
    assert read_names(tmp_path) == {"train": names, "test": names}


def test_shards_of_one_split_with_other_names_are_an_error(tmp_path):
    write_parquet(tmp_path / "train-00000-of-00002", Y, WORDS)
    write_parquet(tmp_path / "train-00001-of-00002", Y, WORDS[::-1])
    with pytest.raises(CorruptError, match="the class names differ from those in"):
        read_names(tmp_path)


def test_a_question_mark_in_arff_is_a_missing_class(tmp_path):
    write_arff(tmp_path / "a", ["?", *TEXTS[1:]], CIRCULAR)
    with pytest.raises(CorruptError, match=r'line 788: the class is "\?", .* missing one'):
        read_names(tmp_path)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_images_along_any_axis_are_read(axis, tmp_path):
    np.savez(tmp_path / "a.npz", x=np.moveaxis(X, 0, axis), y=TEXTS)
    with open_source(tmp_path / "a.npz", ReadOptions(), tmp_path / "work") as opened:
        (part,) = opened.source.parts
        assert np.array_equal(np.concatenate(list(part.all_images())), X)


def save_pair(folder, suffix, x, y):
    if suffix == ".npy":
        np.save(folder / "x.npy", x)
        np.save(folder / "y.npy", y)
    elif suffix == ".npz":
        np.savez(folder / "a.npz", x=x, y=y)
    elif suffix == ".mat":
        savemat(folder / "a.mat", {"x": x, "y": y})
    else:
        (folder / "a.pkl").write_bytes(pickle.dumps((x, y)))


@pytest.mark.parametrize("suffix", [".npz", ".mat", ".npy", ".pkl"])
@pytest.mark.parametrize("shape", [(28, 28, 28), (784, 784)])
def test_an_axis_that_could_be_any_is_asked_for(shape, suffix, tmp_path):
    save_pair(tmp_path, suffix, np.zeros(shape, np.uint8), np.arange(shape[0]) % 4)
    with pytest.raises(CorruptError, match="not clear which axis counts the images"):
        read_names(tmp_path)


def test_an_unclear_axis_is_that_of_the_clear_arrays(tmp_path):
    x = np.zeros((28, 28, 28), np.uint8)
    arrays = {"x_train": X, "y_train": Y, "x_test": x, "y_test": np.ones(28, int)}
    np.savez(tmp_path / "a.npz", **arrays)
    assert read_names(tmp_path) == {"train": TEXTS, "test": ["1"] * 28}


@pytest.mark.parametrize("shape", [(1, 28, 28, 1), (1, 784, 1), (28, 28, 1)])
def test_a_single_image_is_clear(shape, tmp_path):
    np.savez(tmp_path / "a.npz", x=X[0].reshape(shape), y=[1])
    assert read_names(tmp_path) == {None: ["1"]}


def test_rows_of_a_list_of_arrays_are_images(tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps((list(X[[0] * 28]), [1] * 28)))
    assert read_names(tmp_path) == {None: ["1"] * 28}


@pytest.mark.parametrize("split", [["train"] * 4 + ["test"] * 2, ["test"] * 2 + ["train"] * 4])
def test_splits_by_name_and_by_an_array_must_agree(split, tmp_path):
    arrays = {"x_train": X[:4], "y_train": Y[:4], "x_test": X[4:], "y_test": Y[4:]}
    np.savez(tmp_path / "a.npz", **arrays, split=split)
    if split[0] == "train":
        assert set(read_names(tmp_path)) == {"train", "test"}
        return
    with pytest.raises(CorruptError, match="split: its splits differ from those in the names"):
        read_names(tmp_path)
    assert set(read_names(tmp_path, ReadOptions(split_column="none"))) == {"train", "test"}


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_pixel_that_is_no_number_is_named(value, tmp_path):
    x = X / 255
    x[2, 3, 4] = value
    np.savez(tmp_path / "a.npz", x=x, y=Y)
    with pytest.raises(CorruptError, match=r"a pixel is (not a number|infinite)"):
        read_names(tmp_path)
