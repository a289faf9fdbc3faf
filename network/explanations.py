"""Ask why a model answered so: what pixels added, the smallest change, the nearest digits."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from network.activations import ACTIVATIONS, LogSoftmax, Sigmoid, Softmax
from network.ensemble import Ensemble, read_layers
from network.layers import Backward, Identity, WithoutParams
from network.model import Model
from network.params import Array, LayerParams, Params

POINTS = 64  # on the way from nothing to the image
ROUNDS = 200  # of steps to the boundary, at most
PATIENCE, NEARER = 10, 0.999  # so many rounds that bring the image no nearer are enough
BEYOND = 1.05  # of the way there, so that the answer is on the other side
BACK = 0.9  # of the way is kept
FARTHEST = 0.25  # that one step changes the image
NEAR = 0.1  # of outputs before their activation: how far behind a rival counts little
LEAST = 1e-30  # that a logarithm is taken of
OUTPUT_ACTIVATIONS = (*ACTIVATIONS.values(), Softmax, LogSoftmax)


@dataclass(frozen=True)
class Log(WithoutParams):
    """y = log(x) of scores that are positive, kept finite at 0.

    d_x = d_y / x, and 0 where x is 0

    Shapes: any.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        kept = np.maximum(x, LEAST)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y / kept * (x > LEAST), {}

        return np.log(kept), backward


def explained(model: Model, params: Params) -> tuple[Model, Params]:
    """Put the identity in place of the output activation, which hides what led to a clear answer.

    An ensemble's members have theirs inside; so the logarithm undoes what those do.
    """
    *layers, last = model.layers
    if isinstance(last, Ensemble) and all(
        isinstance(read_layers(member)[-1], Sigmoid | Softmax) for member in last.members
    ):
        return Model((*model.layers, Log())), [*params, {}]
    return Model((*layers, Identity())) if isinstance(last, OUTPUT_ACTIVATIONS) else model, params


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
    contributions: Array = image * slopes(model, params, image[np.newaxis], wanted)[0]
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
    slope = slopes(model, params, shares[:, None, None] * image, wanted).mean(axis=0)  # (H, W)
    contributions: Array = image * slope
    return contributions


def slopes(model: Model, params: Params, images: Array, wanted: Array) -> Array:
    """Return the gradient of `outputs @ wanted` at each image.

    Shapes: images (N, H, W), wanted (K,) -> (N, H, W).
    """
    outputs, backward = with_d_images(model, params, images)
    return backward(np.tile(wanted.astype(outputs.dtype), (len(images), 1)))


METHODS: dict[str, Callable[[Model, Params, Array, Array], Array]] = {
    "integrated-gradients": integrated_gradients,
    "gradient-times-input": gradient_times_input,
}


@dataclass(frozen=True)
class Change:
    """An image that is changed until the answer is another."""

    image: Array  # (H, W), from 0 to 1
    distance: float  # the root of the sum of squares over all pixels


def smallest_change(model: Model, params: Params, image: Array, target: int) -> Change | None:
    """Look for the image nearest to this one that is answered with the target class.

    Where the outputs are linear, the shortest way to the boundary is along the gradient of the
    lead that the target has over the strongest other class. So go there, step by step; once
    beyond it, go back a tenth of the way to the image and step to the boundary again: what does
    not lead there fades away. None where the answer never came.

    Shapes: image (H, W), from 0 to 1, and so is the changed one.
    Source: Moosavi-Dezfooli, Fawzi, Frossard, DeepFool (2016), section 3, within the box of
    possible pixels; going back is from Croce and Hein, Minimally distorted adversarial examples
    with a fast adaptive boundary attack (2020), section 2.4.
    """
    found: Change | None = None
    here, waited = image, 0
    for _ in range(ROUNDS):
        lead, slope = lead_of(model, params, here, target)
        if lead > 0:
            distance = float(np.linalg.norm(here - image))
            if found is None or distance < NEARER * found.distance:
                found, waited = Change(here, distance), 0
            waited += 1
            if waited > PATIENCE:
                break
            here = image + BACK * (here - image)
            lead, slope = lead_of(model, params, here, target)
        here = step(here, slope, -lead)
    return found


def lead_of(model: Model, params: Params, image: Array, target: int) -> tuple[float, Array]:
    """Return how far a class leads the strongest other one, and the slope of that.

    The slope is that of the lead over all rivals, each counted by how near it is to the strongest:
    with the strongest alone, beating one in turn may go on for ever.

    Shapes: image (H, W) -> slope (H, W).
    """
    outputs, backward = with_d_images(model, params, image[np.newaxis])
    others = outputs[0].copy()
    others[target] = -np.inf
    rivals = np.exp((others - others.max()) / NEAR)
    wanted = -rivals / rivals.sum()
    wanted[target] = 1
    return float(outputs[0, target] - others.max()), backward(wanted[np.newaxis])[0]


def step(image: Array, slope: Array, gain: float) -> Array:
    """Go as far along the slope as it takes to gain so much, with pixels kept in 0..1.

    A step changes the image by FARTHEST at most: further on, the slope is another.

    Shapes: image (H, W), slope (H, W) -> (H, W).
    """
    is_free = np.where(slope > 0, image < 1, image > 0)
    slope = slope * is_free
    length = float(np.linalg.norm(slope))
    far = np.clip(BEYOND * gain / length, -FARTHEST, FARTHEST) if length > 0 else 0.0
    moved = image + image.dtype.type(far / (length or 1)) * slope
    inside: Array = np.clip(moved, 0, 1)
    return inside


def nearest(points: Array, point: Array, count: int) -> tuple[Array, Array]:
    """Find the points nearest to one, the nearest first, and how far they are.

    Shapes: points (N, ...), point (...) -> places (count,), distances (count,).
    Units: distances as the root of the sum of squares.
    """
    rows = points.reshape(len(points), -1)
    squares = np.einsum("nd,nd->n", rows, rows) - 2 * (rows @ point.ravel())
    places = np.argsort(squares, kind="stable")[:count]
    return places, np.linalg.norm(rows[places] - point.ravel(), axis=1)
