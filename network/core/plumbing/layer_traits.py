"""What the rest of the code asks of a layer, with the answers that most layers give.

A new layer answers only where it differs. So the code that asks has no list of layers, and knows
a layer that it has never seen.
"""

from typing import Any, Self

import numpy as np

from network.core.params import Array, LayerParams, Params


class LayerTraits:
    """The properties of a layer that other code depends on."""

    # --- which units there are: a unit is a neuron, or a channel of images ------------------------
    makes_units: bool = False  # each of its outputs is a unit of its own, which begins a block
    ends_block: bool = False  # behind it, a place in the last axis is no unit any more
    unit_params: tuple[str, str] | None = None  # what each unit is multiplied by, what is added

    model_name: str = ""  # of a model with this layer; the others are named after their sizes

    @property
    def size_name(self) -> str:
        """Return the layer's part in the name of a model, such as `30` or `c16`; mostly none."""
        return ""

    # --- what kind of function it is --------------------------------------------------------------
    is_identity: bool = False  # y = x outside training: an exported network can leave it out
    is_activation: bool = False  # a fixed bend, which as the last layer turns logits into outputs
    steepest_slope: float | None = None  # about; of an activation of each number by itself
    input_for_zero: float | None = None  # the input that such an activation makes exactly 0
    keeps_constants: bool = False  # a channel that is the same everywhere leaves as it came

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
        """Return how many images a training step needs at once; mostly one is enough."""
        return 1

    def calibrate(self, params: LayerParams, x: Array) -> None:
        """Measure what replaces the batch outside training; writes to `params`.

        Shapes: x (N, ...), what training images are when they reach the layer.
        """

    # --- what it is made of -----------------------------------------------------------------------
    def inner_networks(self, params: LayerParams) -> list[tuple[tuple[Any, ...], Params]]:
        """Return the networks inside the layer, each as layers and parameters; mostly none."""
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
