"""Pixel attribution: the contribution of each pixel, and the nearest digits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from network.core.layers import Backward, Identity, Layer
from network.core.model import Model
from network.core.params import Array, LayerParams, Params
from network.layers.activations import LogSoftmax

POINTS = 64  # of the path from no ink to the image


@dataclass(frozen=True)
class LogSigmoid(Layer):
    """y = log(sigmoid(x)), d_x = d_y * sigmoid(-x): exact even if the sigmoid rounds to 0.

    Shapes: any.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        rest = np.exp(-np.logaddexp(0, x)).astype(x.dtype)  # 1 - sigmoid(x), in all its digits

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y * rest, {}

        return -np.logaddexp(0, -x).astype(x.dtype), backward


@dataclass(frozen=True)
class LogMean(Layer):
    """y = log(1/M sum_m s_m) of the scores s_m of an ensemble's M members.

    With log s_m from the members' logits: y = log sum_m exp(log s_m) - log M, and d_x is the sum of
    the d_x of all members, each given d_y * s_m / sum_m s_m.

    Shapes: x (N, ...) -> y (N, K).
    """

    ensemble: Layer

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        members = [
            with_d_images(Model((*layers[:-1], log_layer(layers[-1]))), member_params, x)
            for layers, member_params in self.ensemble.inner_networks(params)
        ]
        logs = np.stack([log_s for log_s, _ in members])  # (M, N, K)
        total = np.logaddexp.reduce(logs, axis=0)  # (N, K)
        shares = np.exp(logs - total)  # of each member in the sum

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            several = zip(members, shares, strict=True)
            return np.add.reduce([to_d_x(d_y * share) for (_, to_d_x), share in several]), {}

        return total - x.dtype.type(np.log(len(members))), backward


def log_layer(scores: Layer) -> Layer:
    """Return the layer whose outputs are the logarithms of another's scores."""
    if not scores.is_activation:
        return LogMean(scores)
    return LogSoftmax() if scores.sums_to_one else LogSigmoid()


def logit_model(model: Model, params: Params) -> tuple[Model, Params]:
    """Replace the output activation, which saturates for clear predictions, by the identity.

    An ensemble contains those of its members; there, the logarithm undoes them.
    """
    *layers, last = model.layers
    if last.is_activation:
        return Model((*layers, Identity())), params
    if last.gives_scores:
        return Model((*layers, log_layer(last))), params
    return model, params


def with_d_images(
    model: Model, params: Params, images: Array
) -> tuple[Array, Callable[[Array], Array]]:
    """Return the outputs, and the function from their gradient to that of the images.

    Shapes: images (N, H, W) -> outputs (N, K); d_outputs (N, K) -> d_images (N, H, W).
    """
    x, backwards = images, []
    for layer, layer_params in zip(model.layers, params, strict=True):
        x, backward_layer = layer.forward(layer_params, x)
        backwards.append(backward_layer)

    def backward(d_y: Array) -> Array:
        for backward_layer in reversed(backwards):
            d_y, _ = backward_layer(d_y)
        return d_y

    return x, backward


def gradient_times_input(model: Model, params: Params, image: Array, wanted: Array) -> Array:
    """Compute gradient * input: each pixel times the derivative of `outputs @ wanted`.

    Shapes: image (H, W), wanted (K,) -> contributions (H, W).
    Source: Shrikumar, Greenside, Shcherbina, Kundaje, Not just a black box: learning important
    features through propagating activation differences (2016), section 2.
    """
    contributions: Array = image * image_gradients(model, params, image[np.newaxis], wanted)[0]
    return contributions


def integrated_gradients(model: Model, params: Params, image: Array, wanted: Array) -> Array:
    """Compute integrated gradients of `outputs @ wanted`, from no ink to the image.

    contributions = x * the mean over a of the gradient at a * x, for a from 0 to 1. They add up to
    `outputs @ wanted` at the image minus its value without ink (completeness).

    Shapes: image (H, W), wanted (K,) -> contributions (H, W).
    Source: Sundararajan, Taly, Yan, Axiomatic attribution for deep networks (2017), section 3,
    proposition 1 and section 5, with the middles of the steps.
    """
    shares = ((np.arange(POINTS) + 0.5) / POINTS).astype(image.dtype)
    slope = image_gradients(model, params, shares[:, None, None] * image, wanted).mean(
        axis=0
    )  # (H, W)
    contributions: Array = image * slope
    return contributions


def image_gradients(model: Model, params: Params, images: Array, wanted: Array) -> Array:
    """Return the gradient of `outputs @ wanted` at each image.

    Shapes: images (N, H, W), wanted (K,) -> (N, H, W).
    """
    outputs, backward = with_d_images(model, params, images)
    return backward(np.tile(wanted.astype(outputs.dtype), (len(images), 1)))


ATTRIBUTIONS: dict[str, Callable[[Model, Params, Array, Array], Array]] = {
    "integrated-gradients": integrated_gradients,
    "gradient-times-input": gradient_times_input,
}


def nearest_images(points: Array, point: Array, count: int) -> tuple[Array, Array]:
    """Find the points nearest to one, the nearest first, with their distances.

    Shapes: points (N, ...), point (...) -> indices (count,), distances (count,).
    Units: distances as the root of the sum of squares.
    """
    rows = points.reshape(len(points), -1)
    squares = np.einsum("nd,nd->n", rows, rows) - 2 * (rows @ point.ravel())
    places = np.argsort(squares, kind="stable")[:count]
    return places, np.linalg.norm(rows[places] - point.ravel(), axis=1)
