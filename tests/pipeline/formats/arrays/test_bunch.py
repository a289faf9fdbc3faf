"""Data sets of scikit-learn are read by their data and target; the rest is noted."""

import numpy as np

from tests.support.array_sources import read_all
from tests.support.image_sources import LABELS, PIXELS, ROWS, npz, pickled

BUNCH = {
    "data": ROWS,
    "target": LABELS,
    "frame": np.array(None),
    "feature_names": np.array([f"pixel{i}" for i in range(784)]),
    "target_names": np.array(["class"]),
    "DESCR": np.array("MNIST"),
    "images": PIXELS,
}


def test_the_name_of_a_column_is_no_class(tmp_path):
    source, found = read_all(npz(tmp_path / "a.npz", **BUNCH))
    assert np.array_equal(found[None][0], PIXELS)
    assert source.classes == ("0", "1", "2", "3")
    assert any("not used" in it and "target_names" in it for it in source.notes)


def test_names_of_all_classes_are_used(tmp_path):
    names = np.array(["a", "b", "c", "d"])
    bunch = {**BUNCH, "target_names": names, "DESCR": "MNIST", "frame": None}
    source, found = read_all(pickled(tmp_path / "a.pkl", bunch))
    assert np.array_equal(found[None][0], PIXELS)
    assert source.classes == tuple(names)
