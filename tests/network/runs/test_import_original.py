"""The original project's parameter files become a network with the same outputs."""

import pickle

import numpy as np
import pytest

from network.core.data import scale_pixels
from network.core.params import named_arrays
from network.runs.import_original import load_original
from pipeline.errors import CorruptError, MissingError


@pytest.fixture
def arrays():
    """Weights and biases in the original's form: w of shape (n_out, n_in), b to be subtracted."""
    rng = np.random.default_rng(0)
    weights = [rng.uniform(-0.036, 0.036, shape) for shape in [(6, 784), (4, 6), (10, 4)]]
    return weights, [rng.normal(size=len(w)) for w in weights]


def write(folder, weights, biases):
    """Write two pickles as the original did, with Python 3 and the NumPy of its time."""
    for name, value in (("w", weights), ("b", biases)):
        data = pickle.dumps(value, protocol=3).replace(b"cnumpy._core.", b"cnumpy.core.")
        (folder / name).write_bytes(data)
    return folder / "w", folder / "b"


def as_objects(arrays):
    """Pack arrays of different shapes into one array of objects, as the original's training did."""
    packed = np.empty(len(arrays), object)
    packed[:] = arrays
    return packed


@pytest.mark.parametrize("container", [list, as_objects])
def test_the_outputs_are_the_seeds(tmp_path, arrays, container, mnist_test_set):
    weights, biases = arrays
    model, params = load_original(*write(tmp_path, container(weights), container(biases)))
    pixels = mnist_test_set[0][:50]
    found, _ = model.forward(params, scale_pixels(pixels).astype(np.float64))
    for image, outputs in zip(pixels, found, strict=True):
        x = image.flatten()  # 0 to 255, as the original feeds it
        for w, b in zip(weights, biases, strict=True):
            x = 1 / (1 + np.exp(-(np.dot(w, x) - b)))
        assert outputs == pytest.approx(x, rel=1e-4)
    assert {array.dtype for _, array in named_arrays(params)} == {np.dtype(np.float64)}


def test_pickles_of_todays_numpy_are_read_too(tmp_path, arrays):
    for name, value in zip("wb", arrays, strict=True):
        (tmp_path / name).write_bytes(pickle.dumps(value))
    _, params = load_original(tmp_path / "w", tmp_path / "b")
    assert np.array_equal(params[3]["weight"], arrays[0][1].T)
    assert np.array_equal(params[5]["bias"], -arrays[1][2])


def change(index, what):
    """Return a function that spoils one layer of the weights or biases."""
    return lambda arrays: [what(a) if i == index else a for i, a in enumerate(arrays)]


@pytest.mark.parametrize(
    ("spoil_weights", "spoil_biases", "message"),
    [
        (change(0, lambda w: w[:, 1:]), list, r"shape \(6, 783\); expected \(6, 784\)"),
        (change(1, lambda w: w.T), list, r"shape \(6, 4\); expected \(4, 6\)"),
        (list, change(1, lambda b: b[1:]), r"shape \(4, 6\); expected \(3, 6\)"),
        (lambda w: w[:2], list, "has 2 layers, .* has 3"),
        (change(1, lambda w: w[0]), list, r"found float64 \(6,\); expected .* 2 dimensions"),
        (list, change(0, lambda b: b[:, None]), r"found float64 \(6, 1\); expected .* 1 dim"),
        (change(2, lambda w: w.astype(int)), list, "found ndarray; expected finite floats"),
        (change(2, lambda w: w * np.nan), list, "expected finite floats"),
        (change(0, lambda w: "w"), list, "found str; expected finite floats"),
        (lambda w: [], list, "is not a list of arrays"),
        (lambda w: {"w": w}, list, "is not a list of arrays"),
        (lambda w: print, list, r"refused: it imports .*builtins.print"),
    ],
)
def test_anything_else_is_refused(tmp_path, arrays, spoil_weights, spoil_biases, message):
    weights, biases = arrays
    with pytest.raises(CorruptError, match=message):
        load_original(*write(tmp_path, spoil_weights(weights), spoil_biases(biases)))


def test_a_missing_file_is_named(tmp_path, arrays):
    weights, _ = write(tmp_path, *arrays)
    with pytest.raises(MissingError, match="none not found"):
        load_original(weights, tmp_path / "none")


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"root:x:0:0\nbin:x:1:1\n", "text"), (b"\xff\xd8\xff\xe0 and more", "a JPEG picture")],
)
def test_a_file_that_is_no_pickle_is_named_by_its_kind(content, kind, tmp_path):
    path = tmp_path / "weights.pickle"
    path.write_bytes(content)
    with pytest.raises(CorruptError, match=f"not a pickle: it is {kind}") as caught:
        load_original(path, path)
    assert caught.value.hint.startswith("Name the files of weights and biases")
