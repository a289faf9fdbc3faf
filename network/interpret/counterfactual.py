"""Counterfactuals: the smallest change of an image that flips the prediction."""

from dataclasses import dataclass

import numpy as np

from network.core.model import Model
from network.core.params import Array, Params
from network.interpret.attribution import nearest_images, with_d_images
from network.metrics.accuracy import compute_outputs
from pipeline.storage.value_equality import ValueEquality

ROUNDS = 200  # of steps to the boundary, at most
PATIENCE, NEARER = 10, 0.999  # rounds without a closer image before the search ends
BEYOND = 1.05  # of the way to the boundary, so that the prediction changes
BACK = 0.9  # share of the way that is kept
MAX_STEP = 0.25  # longest change of the image per step
NEAR = 0.1  # of logits: scale at which a rival counts less
GUIDES = 20  # candidates for the nearest example
HALVINGS = 20  # bisections of a way, to find the boundary on it


@dataclass(frozen=True, eq=False)
class Counterfactual(ValueEquality):
    """An image, changed until the prediction changes."""

    image: Array  # (H, W), from 0 to 1
    distance: float  # the root of the sum of squares over all pixels


def smallest_change(
    model: Model, params: Params, image: Array, target: int, known: Array
) -> Counterfactual | None:
    """Find a nearby image that is predicted as the target class.

    The search follows the gradient of the target's margin. If that vanishes, the search starts at
    the other end: at the boundary on the straight way to the nearest known image of the target
    class that is predicted as such. None if no image was predicted as the target class.

    Shapes: image (H, W), from 0 to 1, and so is the changed one; known (N, H, W).
    Source: for the other end, Brendel, Rauber, Bethge, Decision-based adversarial attacks (2018),
    section 2.1.
    """
    found = refine(model, params, image, image, target)
    if (
        found is None
        and (guide := nearest_example(model, params, image, target, known)) is not None
    ):
        there = find_boundary(model, params, image, guide, target)
        found = refine(model, params, image, there, target)
    return found


def refine(
    model: Model, params: Params, image: Array, here: Array, target: int
) -> Counterfactual | None:
    """Change an image until the target class is predicted, then bring it nearer again.

    If the outputs are linear, the shortest way to the boundary is along the gradient of the margin
    between the target and the strongest other class. So go there, step by step. Beyond the
    boundary, go back a tenth of the way to the image and step to the boundary again: changes that
    do not lead there fade. None if no image was predicted as the target class.

    Shapes: image (H, W), here (H, W).
    Source: Moosavi-Dezfooli, Fawzi, Frossard, DeepFool (2016), section 3, within the box of
    possible pixels; going back is from Croce and Hein, Minimally distorted adversarial examples
    with a fast adaptive boundary attack (2020), section 2.4.
    """
    found: Counterfactual | None = None
    waited = 0
    for _ in range(ROUNDS):
        lead, slope = margin_of_class(model, params, here, target)
        if lead > 0:
            distance = float(np.linalg.norm(here - image))
            if found is None or distance < NEARER * found.distance:
                found, waited = Counterfactual(here, distance), 0
            waited += 1
            if waited > PATIENCE:
                break
            here = image + BACK * (here - image)
            lead, slope = margin_of_class(model, params, here, target)
        here = move_along_gradient(here, slope, -lead)
    return found


def nearest_example(
    model: Model, params: Params, image: Array, target: int, known: Array
) -> Array | None:
    """Return the nearest known image that is predicted as the target class; None without one.

    Shapes: image (H, W), known (N, H, W) -> (H, W).
    """
    if len(known) == 0:
        return None
    some = known[nearest_images(known, image, GUIDES)[0]]
    outputs = compute_outputs(model, params, some)
    others = np.delete(outputs, target, axis=1).max(axis=1)  # (N,)
    right = np.flatnonzero(outputs[:, target] > others)
    return some[right[0]] if len(right) else None


def find_boundary(model: Model, params: Params, image: Array, guide: Array, target: int) -> Array:
    """Find the boundary to the target class on the straight way from an image to a guide.

    Shapes: image (H, W), guide (H, W) -> (H, W), on the guide's side.
    """
    near, far = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (near + far) / 2
        lead, _ = margin_of_class(model, params, blend_images(image, guide, middle), target)
        near, far = (near, middle) if lead > 0 else (middle, far)
    return blend_images(image, guide, far)


def blend_images(image: Array, guide: Array, share: float) -> Array:
    """Return the point at a share of the way between two images.  Shapes: all (H, W)."""
    mixed: Array = image + image.dtype.type(share) * (guide - image)
    return mixed


def margin_of_class(model: Model, params: Params, image: Array, target: int) -> tuple[float, Array]:
    """Return the margin of a class over the strongest other one, and a gradient.

    The gradient is that of the margin over all rivals, weighted by how near they are to the
    strongest. With the strongest alone, the search may alternate between rivals for ever.

    Shapes: image (H, W) -> gradient (H, W).
    """
    outputs, backward = with_d_images(model, params, image[np.newaxis])
    others = outputs[0].copy()
    others[target] = -np.inf
    rivals = np.exp((others - others.max()) / NEAR)
    wanted = -rivals / rivals.sum()
    wanted[target] = 1
    return float(outputs[0, target] - others.max()), backward(wanted[np.newaxis])[0]


def move_along_gradient(image: Array, slope: Array, gain: float) -> Array:
    """Step along the gradient as far as a gain needs, with pixels kept in 0..1.

    A step changes the image by FARTHEST at most, because the gradient changes with the distance.

    Shapes: image (H, W), slope (H, W) -> (H, W).
    """
    is_free = np.where(slope > 0, image < 1, image > 0)
    slope = slope * is_free
    length = float(np.linalg.norm(slope))
    far = np.clip(BEYOND * gain / length, -MAX_STEP, MAX_STEP) if length > 0 else 0.0
    moved = image + image.dtype.type(far / (length or 1)) * slope
    inside: Array = np.clip(moved, 0, 1)
    return inside
