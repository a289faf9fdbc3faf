"""Arrays with a label and 784 pixels per row are split by the evidence of all rows."""

import numpy as np
import pytest
from scipy.io import savemat

from pipeline.errors import CorruptError
from pipeline.formats.arrays.unlabelled import read_array_images
from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions
from tests.support.array_sources import read_all
from tests.support.csv_kinds import small_images
from tests.support.image_sources import npz, pickled

COUNT = 30
X, Y = small_images(2, COUNT, strays=2), np.arange(COUNT) % 5
ROWS = X.reshape(COUNT, 784)
TABLES = {"first": np.c_[Y, ROWS], "last": np.c_[ROWS, Y]}


def saved(folder, kind, table):
    path = folder / f"a.{kind}"
    if kind == "npy":
        np.save(path, table)
    elif kind == "npz":
        npz(path, arr_0=table)
    elif kind == "mat":
        savemat(path, {"D": table})
    else:
        pickled(path, table)
    return path


@pytest.mark.parametrize("kind", ["npy", "npz", "mat", "pickle"])
@pytest.mark.parametrize("place", TABLES)
def test_tables_are_split_into_images_and_labels(kind, place, tmp_path):
    path = saved(tmp_path, kind, TABLES[place])
    source, found = read_all(path)
    assert np.array_equal(found[None][0], X)
    assert [source.classes[it] for it in found[None][1]] == list(map(str, Y))
    unlabelled = read_array_images(path, find_format(path).name, ReadOptions())
    assert np.array_equal(np.concatenate(list(unlabelled)), X)


def test_tables_of_splits_and_of_shares_are_read(tmp_path):
    shares = np.c_[ROWS / 255, Y]
    path = npz(tmp_path / "a.npz", train=shares, test=shares[:10])
    _, found = read_all(path)
    assert np.array_equal(found["train"][0], X)
    assert np.array_equal(found["test"][1], Y[:10])


UNCLEAR = {
    "ids": (np.c_[np.arange(300), small_images(3, 300).reshape(300, 784)], "x=a[:, 1:], y=a[:, 0]"),
    "one-hot": (np.c_[np.eye(5)[Y], ROWS], "x=a[:, 5:], y=a[:, :5]), or x=a[:, :784], y=a[:, 784"),
    "arrays in an array": (np.array([*X, None], object)[:COUNT], "no images among its arrays"),
}


@pytest.mark.parametrize("kind", UNCLEAR)
def test_what_is_not_clear_is_refused_with_the_code_that_makes_it_so(kind, tmp_path):
    table, message = UNCLEAR[kind]
    path = npz(tmp_path / "a.npz", allow=table)
    with pytest.raises(CorruptError) as error:
        read_all(path)
    assert message in str(error.value)
    assert "np.savez(" in error.value.hint


def test_an_array_of_structures_is_named(tmp_path):
    kind = np.dtype([("image", "u1", (28, 28)), ("label", "i8")])
    np.save(tmp_path / "a.npy", np.zeros(3, kind))
    with pytest.raises(CorruptError, match="an array of structures; expected one of numbers"):
        read_all(tmp_path / "a.npy")


def test_pixels_as_objects_are_numbers(tmp_path):
    _, found = read_all(npz(tmp_path / "a.npz", x=X.astype(object), y=Y))
    assert np.array_equal(found[None][0], X)


@pytest.mark.parametrize("named", ["x_train.npy", "mnist_x.npy"])
def test_a_file_that_is_named_is_read_whatever_lies_beside_it(named, tmp_path):
    np.save(tmp_path / named, X)
    np.save(tmp_path / named.replace("x", "y"), Y)
    (tmp_path / "broken.npy").write_bytes(b"\x93NUMPY")
    if named == "mnist_x.npy":
        np.save(tmp_path / "fashion_x.npy", X[:7])
        np.save(tmp_path / "fashion_y.npy", Y[:7])
    source, found = read_all(tmp_path / named)
    assert np.array_equal(next(iter(found.values()))[0], X)
    assert "broken.npy" in source.notes[-1]
    with pytest.raises(CorruptError):
        find_format(tmp_path).read(tmp_path, ReadOptions())
