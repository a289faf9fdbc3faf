"""Import of the parameter files of the original project as a run.

The original computes a layer as sigmoid(w . x - b), with w of shape (n_out, n_in), on raw pixels
from 0 to 255. Here a layer is sigmoid(x @ weight + bias) on pixels from 0 to 1. So

    weight = 255 * w.T  in the first layer, w.T in the others
    bias   = -b

give the same outputs for the same image.

Source: github.com/jsteng19/MNIST_Neural_Net, NeuralNetMain.py, forward propagation.
"""

from pathlib import Path
from typing import Any

import numpy as np

from network.core.activations import Sigmoid
from network.core.layers import Flatten, Layer, Linear
from network.core.model import Model
from network.core.params import Array, Params
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError
from pipeline.pickles.safe_load import load_plain

ORIGINAL = "Name the files of weights and biases that the original project wrote, in this order"


def load_original(weights_path: Path, biases_path: Path) -> tuple[Model, Params]:
    """Load the original's weights and biases as a model of this project, in float64.

    Raises: MissingError, CorruptError if the files contain anything else.
    """
    weights = read_arrays(weights_path, n_dimensions=2)
    biases = read_arrays(biases_path, n_dimensions=1)
    check_shapes(weights_path, biases_path, weights, biases)
    layers: list[Layer] = [Flatten()]
    params: Params = [{}]
    for index, (w, b) in enumerate(zip(weights, biases, strict=True)):
        pixel_range = 255 if index == 0 else 1
        layers += [Linear(len(b)), Sigmoid()]
        params += [{"weight": np.ascontiguousarray(pixel_range * w.T), "bias": -b}, {}]
    return Model(tuple(layers)), params


def read_arrays(path: Path, n_dimensions: int) -> list[Array]:
    """Read a list of float arrays, one per layer, without running code in the pickle."""
    try:
        loaded: Any = load_plain(path)
    except CorruptError as error:
        advice = ". ".join(filter(None, (ORIGINAL, error.hint)))
        raise type(error)(error.message, advice) from error
    if not isinstance(loaded, list) or not loaded:
        raise CorruptError(f"{path} is not a list of arrays, one for each layer", ORIGINAL)
    for array in loaded:
        is_float = isinstance(array, np.ndarray) and array.dtype.kind == "f"
        if not is_float or array.ndim != n_dimensions or not np.isfinite(array).all():
            found = f"{array.dtype} {array.shape}" if is_float else type(array).__name__
            raise CorruptError(
                f"{path}: found {found}; expected finite floats in {n_dimensions} dimensions",
                ORIGINAL,
            )
    return [array.astype(np.float64) for array in loaded]


def check_shapes(
    weights_path: Path, biases_path: Path, weights: list[Array], biases: list[Array]
) -> None:
    """Require arrays that fit each other, and images of 28x28.

    Raises: CorruptError.
    """
    n_in = int(np.prod(IMAGE_SHAPE))
    if len(weights) != len(biases):
        raise CorruptError(
            f"{weights_path} has {len(weights)} layers, but {biases_path} has {len(biases)}",
            ORIGINAL,
        )
    for w, b in zip(weights, biases, strict=True):
        if w.shape != (len(b), n_in):
            what = f"{weights_path}: shape {w.shape}; expected ({len(b)}, {n_in})"
            raise CorruptError(what, ORIGINAL)
        n_in = len(b)
