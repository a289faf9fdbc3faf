"""Explore: images with labels and predictions, corruptions, projections of layers."""

from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Depends, Response

from network.core.params import Array
from network.interpret.projection import PROJECTIONS
from network.interpret.units import block_ends
from network.lab.corruption import ImageCorruption, corruptions_to_json, read_corruption
from network.lab.model_json import array_to_json
from network.lab.network_part import select_member
from network.lab.predictions import (
    MAX_IMAGES,
    Predictions,
    Split,
    choose_examples,
    find_predictions,
)
from network.lab.projections import Projection, Projections, choose_images, project_layer
from network.lab.request_models import Place
from network.lab.run_cache import file_version
from network.lab.state import Lab
from network.runs.own_dataset import find_classes
from pipeline.errors import UsageError

PATIENCE = 1.5  # seconds to wait for a projection before the page must request it again

Damaged = Annotated[ImageCorruption | None, Depends(read_corruption)]


def router(lab: Lab) -> APIRouter:
    """Return the routes of the view."""
    routes = APIRouter(prefix="/runs/{name}")
    projections = Projections()

    @routes.get("/answers")
    def answers(name: str, damage: Damaged, split: Split = "held-out") -> dict[str, Any]:
        """Return labels and predictions; the first test evaluation of the lab is logged."""
        run = lab.loaded.run(name)
        predictions = find_predictions(lab, name, split, damage)
        classes = find_classes(lab.cache, run)
        choices = {"methods": methods_to_json(), "damages": corruptions_to_json()}
        return {"classes": classes, **choices, **predictions_to_json(predictions)}

    @routes.get("/images")
    def images(name: str, damage: Damaged, split: Split = "held-out") -> Response:
        """Return the grey levels of the images, 784 bytes per image."""
        if damage is None:
            examples = choose_examples(lab, lab.loaded.run(name), split)
        else:
            examples = find_predictions(lab, name, split, damage).examples
        pixels = np.rint(255 * examples.images[:MAX_IMAGES]).astype(np.uint8)
        return Response(pixels.tobytes(), media_type="application/octet-stream")

    @routes.get("/map")
    def map_of_layer(
        name: str,
        layers: Place,
        split: Split = "held-out",
        method: Literal[tuple(PROJECTIONS)] = "pca",  # type: ignore[valid-type]
        member: Place | None = None,
    ) -> dict[str, Any]:
        """Return the projection of images by the output of a layer, or its progress."""
        run = lab.loaded.run(name)
        part = select_member(run, member)
        ends = [0, *(end + 1 for end in block_ends(part.model))]
        if layers not in ends:
            raise UsageError(f"layers is {layers} for run {name}; expected one of {ends}")
        predictions = find_predictions(lab, name, split)
        which, pictures = images_to_project(predictions)
        found = projections.find(
            (name, file_version(run.run), split, layers, method, member),
            lambda: project_layer(part.model, part.params, pictures, layers, method),
        )
        return projection_to_json(found, which)

    return routes


def predictions_to_json(predictions: Predictions) -> dict[str, Any]:
    """Return labels, outputs and confidence of the shown images as plain data."""
    return {
        "count": predictions.count,
        "labels": array_to_json(predictions.examples.labels[:MAX_IMAGES], "int32"),
        "outputs": array_to_json(predictions.outputs[:MAX_IMAGES]),
        "sureness": array_to_json(predictions.confidence[:MAX_IMAGES], "float64"),
        "looks": predictions.looks,
    }


def methods_to_json() -> list[dict[str, Any]]:
    """Return the projection methods, and how to install the missing ones."""
    return [
        {
            "name": key,
            "title": it.title,
            "is_there": it.is_installed,
            "install": it.install_command(),
        }
        for key, it in PROJECTIONS.items()
    ]


def images_to_project(predictions: Predictions) -> tuple[Array, Array]:
    """Return the indices of the images to project, and the images.

    Shapes: indices (N,), images (N, H, W).
    """
    shown = slice(MAX_IMAGES)
    labels = predictions.examples.labels[shown]
    which = choose_images(labels, predictions.outputs[shown].argmax(axis=1))
    return which, predictions.examples.images.take(which, axis=0)


def projection_to_json(found: Projection, which: Array) -> dict[str, Any]:
    """Return a projection after a short wait, or the seconds that it has taken so far.

    Raises: ProjectError when the computation failed.
    """
    found.done.wait(PATIENCE)
    if found.problem is not None:
        raise found.problem
    if found.places is None:
        return {"seconds": found.seconds, "which": None, "places": None}
    return {
        "seconds": found.seconds,
        "which": array_to_json(which, "int32"),
        "places": array_to_json(found.places),
    }
