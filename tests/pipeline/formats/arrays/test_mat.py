"""MATLAB files are read exactly, in both byte orders; damaged files are refused."""

import numpy as np
import pytest
from scipy.io import savemat

from pipeline.errors import CorruptError, ProjectError
from pipeline.formats.source import ReadOptions
from tests.support.array_sources import one_hot, read_all
from tests.support.mat_files import MatFile

RNG = np.random.default_rng(5)
X = RNG.integers(0, 256, (6, 28, 28), np.uint8)
Y = np.array([3, 1, 4, 1, 0, 2], np.uint8)
ROWS = X.reshape(6, 784)
TREE = {
    "train": {"images": ROWS, "labels": Y, "writers": Y + 1},
    "test": {"images": ROWS[:4], "labels": Y[:4]},
}
KINDS = {  # as they are published or saved: variables, splits
    "mnist-original": ({"data": ROWS.T.astype(float), "label": Y[None].astype(float)}, [None]),
    "mnist_uint8": (
        {
            "train_x": ROWS, "train_y": one_hot(Y).astype("u1"),
            "test_x": ROWS[:4], "test_y": one_hot(Y[:4]).astype("u1"),
        },
        ["train", "test"],
    ),
    "EMNIST's structures": ({"dataset": {**TREE, "mapping": np.eye(5)}}, ["train", "test"]),
    "pages": ({"images": np.moveaxis(X, 0, -1), "labels": Y}, [None]),
    "shares": ({"X": ROWS / 255, "y": Y.astype("i2")}, [None]),
    "singles": ({"X": (ROWS / 255).astype("f4"), "y": Y.astype("f4")}, [None]),
    "names in cells": ({"X": ROWS, "y": [str(it) for it in Y]}, [None]),
    "truths": ({"X": ROWS, "y": one_hot(Y) > 0, "note": "made by hand"}, [None]),
}  # fmt: skip


def check(path, splits):
    source, found = read_all(path)
    assert set(found) == set(splits)
    for split, count in zip(splits, (6, 4), strict=False):
        assert np.array_equal(found[split][0], X[:count])
        assert [int(source.classes[it]) for it in found[split][1]] == Y[:count].tolist()


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_published_as_a_matlab_file_is_read(kind, order, zipped, tmp_path):
    variables, splits = KINDS[kind]
    (tmp_path / "a.mat").write_bytes(MatFile(order, zipped).write(**variables))
    check(tmp_path / "a.mat", splits)


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_files_of_another_writer_are_read(kind, zipped, tmp_path):
    variables, splits = KINDS[kind]
    if kind == "names in cells":
        variables = {**variables, "y": np.array(variables["y"], object)}
    savemat(tmp_path / "a.mat", variables, do_compression=zipped)
    check(tmp_path / "a.mat", splits)


def test_svhn_is_read_with_the_options_that_it_needs(tmp_path):
    colour = RNG.integers(0, 256, (32, 32, 3, 6), np.uint8)
    savemat(tmp_path / "train_32x32.mat", {"X": colour, "y": Y[:, None] + 1})
    with pytest.raises(CorruptError, match=r"X: 6 images in colour, 32x32.*--grey"):
        read_all(tmp_path / "train_32x32.mat")
    source, found = read_all(tmp_path / "train_32x32.mat", ReadOptions(resize=True, grey=True))
    assert found[None][0].shape == (6, 28, 28)
    assert source.classes == ("0", "1", "2", "3", "4", "5")


def deep(levels):
    value = ROWS
    for _ in range(levels):
        value = {"a": value}
    return {"x": value}


SOUND = MatFile("<").write(x=ROWS, y=Y)
SHAPE = np.array([6, 784], "<i4").tobytes()
REFUSED = {
    "version 7.3": (b"MATLAB 7.3 MAT-file".ljust(512) + b"\x89HDF\r\n\x1a\n", "version 7.3, .*-v7"),
    "HDF5 under this name": (b"\x89HDF\r\n\x1a\n" + bytes(600), "version 7.3, .*np.savez"),
    "nothing": (b"", "not a MATLAB file of version 5"),
    "a word": (b"hello" * 100, "not a MATLAB file of version 5"),
    "no variable": (SOUND[:128], "no images among its arrays"),
    "cut": (SOUND[:-90], "damaged MATLAB file"),
    "zipped and cut": (MatFile("<", True).write(x=ROWS, y=Y)[:-20], "damaged MATLAB file"),
    "a shape with other numbers": (
        SOUND.replace(SHAPE, np.array([7, 784], "<i4").tobytes()),
        r"4,704 numbers in a variable of shape \(7, 784\)",
    ),
    "a terabyte": (
        SOUND.replace(SHAPE, np.array([2**31 - 1] * 2, "<i4").tobytes()),
        "4,704 numbers in a variable of shape",
    ),
    "structures too deep": (MatFile("<").write(**deep(40)), "structures more than 8 deep"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_such_file_is_refused_in_one_line(kind, tmp_path):
    data, message = REFUSED[kind]
    (tmp_path / "a.mat").write_bytes(data)
    with pytest.raises(CorruptError, match=message) as caught:
        read_all(tmp_path / "a.mat")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("zipped", [False, True])
def test_a_damaged_file_is_read_or_refused(zipped, tmp_path, amount):
    data = MatFile("<", zipped).write(dataset=TREE, names=["a", "b"])
    for _ in range(amount(150, 10_000)):
        damaged = bytearray(data)
        for place in RNG.integers(0, len(data) if zipped else 900, RNG.integers(1, 4)):
            damaged[place] = RNG.choice([0, 1, 2, 14, 15, 255, int(RNG.integers(256))])
        path = tmp_path / "a.mat"
        path.write_bytes(damaged[: RNG.integers(1, len(data) * 2)])
        try:
            read_all(path)
        except ProjectError:
            continue


def test_a_file_of_version_4_is_named_so(tmp_path):
    savemat(tmp_path / "a.mat", {"x": np.zeros((5, 784)), "y": np.arange(5)}, format="4")
    with pytest.raises(CorruptError, match=r"a MATLAB file of version 4; .* scipy.io.loadmat"):
        read_all(tmp_path / "a.mat")
