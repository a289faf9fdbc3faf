"""Properties of layers that other code depends on, with the values of most layers.

A new layer overrides only the properties in which it differs. So other code contains no list of
layers, and works with every new layer.
"""

from typing import Any, Self

import numpy as np

from network.core.params import Array, LayerParams, Params


class LayerTraits:
    """Properties of a layer that other code depends on."""

    # --- which units there are: a unit is a neuron, or a channel of images ------------------------
    makes_units: bool = False  # each of its outputs is a unit; a block begins here
    ends_block: bool = False  # after it, an index of the last axis is not a unit
    unit_params: tuple[str, str] | None = None  # each unit's factors, its addend

    model_name: str = ""  # of a model with this layer; the others are named after their sizes

    @property
    def size_name(self) -> str:
        """Return the layer's part in the name of a model, such as `30`; most have none."""
        return ""

    # --- what kind of function it is --------------------------------------------------------------
    is_identity: bool = False  # y = x outside training: an exported network can leave it out
    is_activation: bool = False  # a fixed function; as the last layer it makes scores
    steepest_slope: float | None = None  # about; of a function of each number by itself
    input_for_zero: float | None = None  # the input for which it is exactly 0
    keeps_constants: bool = False  # it does not change a channel that is constant

    @property
    def gives_scores(self) -> bool:
        """Return whether every output is a score from 0 to 1, which can be averaged."""
        return False

    @property
    def sums_to_one(self) -> bool:
        """Return whether the outputs of an image are scores that add up to 1."""
        return False

    def log_scores(self, params: LayerParams, x: Array) -> tuple[Array, Array]:
        """Return log y and log(1 - y) of a layer whose outputs y are scores.

        They come from x and not from y: a score that has rounded to 0 or to 1 has no logarithm.

        Shapes: x (N, ...) -> (N, K), (N, K), float64.
        """
        raise NotImplementedError(f"the outputs of {type(self).__name__} are not scores")

    # --- what it needs while training -------------------------------------------------------------
    @property
    def draws_random(self) -> bool:
        """Return whether each training step needs random numbers."""
        return False

    @property
    def dropout_rate(self) -> float | None:
        """Return the share of units that a training step switches off; None if it never does."""
        return None

    def with_dropout_rate(self, rate: float) -> Self:
        """Return the layer with another dropout rate; itself if it has none."""
        return self

    @property
    def needs_batch(self) -> bool:
        """Return whether outputs depend on the other images of a batch while training."""
        return False

    def least_batch(self, in_shape: tuple[int, ...]) -> int:
        """Return the number of images that a training step needs at once, usually 1."""
        return 1

    def calibrate(self, params: LayerParams, x: Array) -> None:
        """Measure the statistics to use outside training; writes to `params`.

        Shapes: x (N, ...), the inputs of the layer for training images.
        """

    def avoid_steep(self, params: LayerParams) -> None:
        """Move parameters away from values where finite differences fail; writes to `params`."""

    # --- what it is made of -----------------------------------------------------------------------
    def inner_networks(self, params: LayerParams) -> list[tuple[tuple[Any, ...], Params]]:
        """Return the networks inside the layer, as layers and parameters; usually none."""
        return []


def log_sigmoid(layer: LayerTraits, params: LayerParams, x: Array) -> tuple[Array, Array]:
    """Return log y and log(1 - y) of Sigmoid, see `LayerTraits.log_scores`.

    Shapes: x (N, K) -> (N, K), (N, K), float64.
    """
    z = x.astype(np.float64)
    return -np.logaddexp(0, -z), -np.logaddexp(0, z)  # 1 - sigmoid(z) = sigmoid(-z)


def log_softmax(layer: LayerTraits, params: LayerParams, x: Array) -> tuple[Array, Array]:
    """Return log y and log(1 - y) of Softmax, see `LayerTraits.log_scores`.

    Shapes: x (N, K) -> (N, K), (N, K), float64.
    """
    z = x.astype(np.float64)
    z -= z.max(axis=1, keepdims=True)
    log_y = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    others = [np.delete(log_y, k, axis=1) for k in range(log_y.shape[1])]  # add up to 1 - y_k
    return log_y, np.stack([np.logaddexp.reduce(each, axis=1) for each in others], axis=1)
