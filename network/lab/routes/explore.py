"""Images, damaged or not, by what they show and what a run answers, and maps of its layers."""

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
from pipeline.datasets.registry import find_dataset
from pipeline.errors import UsageError

PATIENCE = 1.5  # seconds that a map is waited for before the page is told to ask again

Damaged = Annotated[ImageCorruption | None, Depends(read_corruption)]


def router(lab: Lab) -> APIRouter:
    """Make the routes."""
    routes = APIRouter(prefix="/runs/{name}")
    maps = Projections()

    @routes.get("/answers")
    def answers(name: str, damage: Damaged, split: Split = "held-out") -> dict[str, Any]:
        """Say what images show and what a run answers; a first look at test images is counted."""
        run = lab.loaded.run(name)
        answered = find_predictions(lab, name, split, damage)
        classes = find_dataset(lab.cache, run.configuration.dataset).classes
        choices = {"methods": methods_to_json(), "damages": corruptions_to_json()}
        return {"classes": classes, **choices, **answers_to_json(answered)}

    @routes.get("/images")
    def images(name: str, damage: Damaged, split: Split = "held-out") -> Response:
        """Give the grey levels of all these images, one after the other: 784 bytes each."""
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
        """Lay images out by what the first so many layers make of them, or say that it is begun."""
        run = lab.loaded.run(name)
        part = select_member(run, member)
        ends = [0, *(end + 1 for end in block_ends(part.model))]
        if layers not in ends:
            raise UsageError(f"{layers} layers end no stage of run {name}, expected one of {ends}")
        answered = find_predictions(lab, name, split)
        which, pictures = images_to_map(answered)
        found = maps.find(
            (name, file_version(run.run), split, layers, method, member),
            lambda: project_layer(part.model, part.params, pictures, layers, method),
        )
        return map_to_json(found, which)

    return routes


def answers_to_json(answered: Predictions) -> dict[str, Any]:
    """Say what the images that are shown show, what was answered, and how surely."""
    return {
        "count": answered.count,
        "labels": array_to_json(answered.examples.labels[:MAX_IMAGES], "int32"),
        "outputs": array_to_json(answered.outputs[:MAX_IMAGES]),
        "sureness": array_to_json(answered.sureness[:MAX_IMAGES], "float64"),
        "looks": answered.looks,
    }


def methods_to_json() -> list[dict[str, Any]]:
    """Name the ways to make a map, and what those lack that are not there."""
    return [
        {
            "name": key,
            "title": it.title,
            "is_there": it.is_installed,
            "install": it.install_command(),
        }
        for key, it in PROJECTIONS.items()
    ]


def images_to_map(answered: Predictions) -> tuple[Array, Array]:
    """Choose which of the images that are shown are on a map.

    Shapes: which (N,), their images (N, H, W).
    """
    shown = slice(MAX_IMAGES)
    labels, answers = answered.examples.labels[shown], answered.outputs[shown].argmax(axis=1)
    which = choose_images(labels, answers)
    return which, answered.examples.images.take(which, axis=0)


def map_to_json(found: Projection, which: Array) -> dict[str, Any]:
    """Give a map, waiting for it a little; if it is not there then, how long it has taken so far.

    Raises: ProjectError when it could not be computed.
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
