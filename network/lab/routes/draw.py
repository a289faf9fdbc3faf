"""Draw: preprocessing of drawings, and training digits with the highest activation."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from network.images.pages.read import PageOptions, read_page
from network.interpret.units import top_images
from network.lab.model_json import array_to_json
from network.lab.network_part import find_unit_survey
from network.lab.request_models import Place
from network.lab.state import Lab
from pipeline.errors import MissingError

MAX_DECODED = 2  # images decoded at the same time; one may need hundreds of megabytes
SHOWN = 12  # digits with the highest activation


def router(lab: Lab) -> APIRouter:
    """Return the routes of the view."""
    routes, decoding = APIRouter(), asyncio.Semaphore(MAX_DECODED)

    @routes.post("/prepare")
    async def prepare(request: Request, separate: bool = True) -> dict[str, Any]:
        """Return the preprocessed digits of an image file, as in `network predict`."""
        image = await request.body()
        async with decoding:
            page = await run_in_threadpool(read_page, image, PageOptions(separate))
        digits = [{"pixels": array_to_json(it.pixels, "uint8")} for it in page.digits]
        return {"digits": digits, "notes": [note.partition("; ")[0] for note in page.notes]}

    @routes.get("/runs/{name}/exciting")
    def exciting(
        name: str, layer: Place, unit: Place, member: Place | None = None
    ) -> dict[str, Any]:
        """Return the training digits with the highest activation of a unit."""
        survey = find_unit_survey(lab.loaded, name, member)
        if layer not in survey.responses or unit >= survey.responses[layer].shape[1]:
            raise MissingError(f"unit {unit} of layer {layer} not found in run {name}")
        activations = survey.responses[layer]
        places = top_images(activations, unit, SHOWN)
        return {
            "pixels": array_to_json((255 * survey.digits.images[places]).round(), "uint8"),
            "labels": survey.digits.labels[places].tolist(),
            "answers": array_to_json(activations[places, unit]),
            "of": len(survey.digits),
        }

    return routes
