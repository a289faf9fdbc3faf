"""Ask why a model answered so: what each pixel added, and which digits are nearest."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from network.core.layers import Backward, Identity, Layer
from network.core.model import Model
from network.core.params import Array, LayerParams, Params

POINTS = 64  # on the way from nothing to the image
MIN_SCORE = 1e-30  # that a logarithm is taken of


@dataclass(frozen=True)
class Log(Layer):
    """y = log(x) of scores that are positive, kept finite at 0.

    d_x = d_y / x, and 0 where x is 0

    Shapes: any.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        kept = np.maximum(x, MIN_SCORE)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y / kept * (x > MIN_SCORE), {}

        return np.log(kept), backward


def logit_model(model: Model, params: Params) -> tuple[Model, Params]:
    """Put the identity in place of the output activation, which hides what led to a clear answer.

    An ensemble's members have theirs inside; so the logarithm undoes what those do.
    """
    *layers, last = model.layers
    if last.is_activation:
        return Model((*layers, Identity())), params
    if last.gives_scores:
        return Model((*model.layers, Log())), [*params, {}]
    return model, params


def with_d_images(
    model: Model, params: Params, images: Array
) -> tuple[Array, Callable[[Array], Array]]:
    """Return the outputs, and the function that carries a gradient back to the images.

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
    """Multiply each pixel with the slope of `outputs @ wanted` there: right for small changes.

    Shapes: image (H, W), wanted (K,) -> contributions (H, W).
    Source: Shrikumar, Greenside, Shcherbina, Kundaje, Not just a black box: learning important
    features through propagating activation differences (2016), section 2.
    """
    contributions: Array = image * image_gradients(model, params, image[np.newaxis], wanted)[0]
    return contributions


def integrated_gradients(model: Model, params: Params, image: Array, wanted: Array) -> Array:
    """Add up the slopes of `outputs @ wanted` on the straight way from no ink to the image.

    contributions = x * the mean over a of the slope at a * x, for a from 0 to 1. They add up to
    what `outputs @ wanted` is at the image less what it is without ink (completeness).

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
    """Find the points nearest to one, the nearest first, and how far they are.

    Shapes: points (N, ...), point (...) -> places (count,), distances (count,).
    Units: distances as the root of the sum of squares.
    """
    rows = points.reshape(len(points), -1)
    squares = np.einsum("nd,nd->n", rows, rows) - 2 * (rows @ point.ravel())
    places = np.argsort(squares, kind="stable")[:count]
    return places, np.linalg.norm(rows[places] - point.ravel(), axis=1)
