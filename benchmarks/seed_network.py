"""The network of the original project, with a flag for each of its five bugs.

With all flags off it is correct. `repair.py` fixes the bugs one by one, and
`tests/network/training/test_original_bugs.py` has a test for each that would have caught it.

Source: github.com/jsteng19/MNIST_Neural_Net, NeuralNetMain.py and WeightAndBiasGenerator.py.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from network.core.initializers import uniform
from network.core.params import Array, LayerParams, Params, zeros_like

SIZES = (784, 30, 10)
PIXEL_RANGE = 255  # largest value of a stored byte; our pixels are from 0 to 1


@dataclass(frozen=True)
class SeedNetwork:
    """784-30-10 with sigmoids, a whole batch at a time; `params` are its two layers."""

    subtracts_bias: bool = False  # forward; the gradient is that of an added bias
    stops_early: bool = False  # the loop over the layers ends before the hidden one
    uses_desired: bool = False  # an averaged "desired" activation instead of a gradient
    raw_pixels: bool = False  # inputs from 0 to 255
    one_range: bool = False  # both layers have the initial range of the first

    def init(self, rng: np.random.Generator) -> Params:
        """Draw the initial parameters: with `one_range` the same numbers, scaled down.

        Shapes: weight (n_in, n_out), bias (n_out,) in float64.
        """
        params: Params = []
        for n_in, n_out in itertools.pairwise(SIZES):
            weight = uniform(rng, n_in, n_out)
            if self.one_range:
                weight *= np.sqrt(n_in / SIZES[0])
            params.append({"weight": weight, "bias": np.zeros(n_out)})
        return params

    def activations(self, params: Params, x: Array) -> list[Array]:
        """Return the inputs, then the outputs of each layer.

        Shapes: x (N, 784), pixels from 0 to 1 -> (N, 784), (N, 30), (N, 10).
        """
        found = [np.rint(PIXEL_RANGE * x) if self.raw_pixels else x]
        for layer in params:
            found.append(self.answer(layer, found[-1]))
        return found

    @np.errstate(over="ignore")  # 1 / (1 + inf) is 0, as it should be
    def answer(self, layer: LayerParams, x: Array) -> Array:
        """Apply one layer: y = sigmoid(x @ weight + bias), or - bias."""
        bias = -layer["bias"] if self.subtracts_bias else layer["bias"]
        y: Array = 1 / (1 + np.exp(-(x @ layer["weight"] + bias)))
        return y

    def loss(self, params: Params, x: Array, labels: Array) -> float:
        """Compute sum_k (y_k - t_k)^2, the mean over the batch: twice our `SquaredError`."""
        error = self.activations(params, x)[-1] - np.eye(SIZES[-1])[labels]
        return float((error**2).sum() / len(x))

    def grads(self, params: Params, x: Array, labels: Array) -> Params:
        """Return the gradients as the original computes them, shaped like `params`."""
        activations = self.activations(params, x)
        grads = zeros_like(params)
        desired = np.eye(SIZES[-1])[labels]
        for index in reversed(range(1 if self.stops_early else 0, len(params))):
            y, weight = activations[index + 1], params[index]["weight"]
            d_sum = 2 * (y - desired) * y * (1 - y)
            grads[index]["weight"] = activations[index].T @ d_sum / len(x)
            grads[index]["bias"] = d_sum.sum(axis=0) / len(x)
            # 2 * (activation - desired) becomes the gradient, or the original's share of it
            share = 1 / weight.shape[1] if self.uses_desired else 1 / 2
            desired = activations[index] - share * (d_sum @ weight.T)
        return grads


SEED = SeedNetwork(True, True, True, True, True)
