"""Explain: pixel attribution, smallest change, nearest training images."""

from typing import Any, Literal

import numpy as np
from fastapi import APIRouter

from network.core.model import Model
from network.core.params import Array
from network.environment import one_core_each
from network.interpret.attribution import ATTRIBUTIONS, logit_model, nearest_images
from network.interpret.counterfactual import smallest_change
from network.interpret.units import unit_activations
from network.lab.model_json import array_to_json
from network.lab.network_part import find_unit_survey, select_member
from network.lab.request_models import DigitForm, Place
from network.lab.state import Lab
from network.training.initial_state import count_outputs
from pipeline.errors import UsageError

SHOWN = 8  # nearest images


class ContributionsForm(DigitForm):
    """A request for pixel attribution: a class, optionally compared with another."""

    target: Place
    against: Place | None = None
    method: Literal[tuple(ATTRIBUTIONS)] = "integrated-gradients"  # type: ignore[valid-type]


class ChangeForm(DigitForm):
    """A request for the smallest change to a class."""

    target: Place


def router(lab: Lab) -> APIRouter:
    """Return the routes of the view."""
    routes = APIRouter(prefix="/runs/{name}")

    @routes.post("/contributions")
    def contributions(name: str, form: ContributionsForm) -> dict[str, Any]:
        """Return the contribution of each pixel to a logit, or to a difference of logits."""
        part = select_member(lab.loaded.run(name), form.member)
        wanted = one_hot(part.model, form.target)
        if form.against is not None:
            wanted -= one_hot(part.model, form.against)
        with one_core_each():
            by_pixel = ATTRIBUTIONS[form.method](
                *logit_model(part.model, part.params), form.image, wanted
            )
        return {"contributions": array_to_json(by_pixel)}

    @routes.post("/change")
    def change(name: str, form: ChangeForm) -> dict[str, Any]:
        """Find the smallest change for which a digit is predicted as a class."""
        part = select_member(lab.loaded.run(name), form.member)
        one_hot(part.model, form.target)
        digits = find_unit_survey(lab.loaded, name, form.member).digits
        known = digits.images[digits.labels == form.target]
        with one_core_each():
            model, params = logit_model(part.model, part.params)
            found = smallest_change(model, params, form.image, form.target, known)
        if found is None:
            return {"image": None, "distance": None}
        return {"image": array_to_json(found.image), "distance": found.distance}

    @routes.post("/nearest")
    def near(name: str, form: DigitForm) -> dict[str, Any]:
        """Find the nearest training images, by pixels and by the last hidden layer."""
        part = select_member(lab.loaded.run(name), form.member)
        survey = find_unit_survey(lab.loaded, name, form.member)
        found = {"pixels": nearest_images(survey.digits.images, form.image, SHOWN)}
        if len(survey.responses) > 1:
            hidden = sorted(survey.responses)[-2]
            own = unit_activations(part.model, part.params, form.image[np.newaxis])[hidden][0]
            found["hidden"] = nearest_images(survey.responses[hidden], own, SHOWN)
        digits = survey.digits
        return {"of": len(digits)} | {
            by: {
                "pixels": array_to_json((255 * digits.images[places]).round(), "uint8"),
                "labels": digits.labels[places].tolist(),
                "distances": array_to_json(distances),
            }
            for by, (places, distances) in found.items()
        }

    return routes


def one_hot(model: Model, target: int) -> Array:
    """Return 1 at a class and 0 elsewhere.

    Shapes: (K,).
    Raises: UsageError.
    """
    count = count_outputs(model)
    if target >= count:
        raise UsageError(f"class {target} not found; this network has {count} classes")
    wanted = np.zeros(count, np.float32)
    wanted[target] = 1
    return wanted
