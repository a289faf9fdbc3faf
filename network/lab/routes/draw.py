"""A drawing made ready for a network, and the training digits that excite a unit most."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from network.images.pages.read import read_page
from network.interpret.units import top_images
from network.lab.model_json import array_to_json
from network.lab.network_part import find_unit_survey
from network.lab.request_models import Place
from network.lab.state import Lab
from pipeline.errors import MissingError

MAX_DECODED = 2  # images at once: each may take some hundred megabytes
SHOWN = 12  # digits that excite a unit


def router(lab: Lab) -> APIRouter:
    """Make the routes."""
    routes, decoding = APIRouter(), asyncio.Semaphore(MAX_DECODED)

    @routes.post("/prepare")
    async def prepare(request: Request, separate: bool = True) -> dict[str, Any]:
        """Make the digits in an image file ready, in reading order, as `network predict` does."""
        image = await request.body()
        async with decoding:
            page = await run_in_threadpool(read_page, image, separate)
        return {"digits": [{"pixels": array_to_json(it.pixels, "uint8")} for it in page.digits]}

    @routes.get("/runs/{name}/exciting")
    def exciting(
        name: str, layer: Place, unit: Place, member: Place | None = None
    ) -> dict[str, Any]:
        """Give the training digits that a unit answers most strongly, and how strongly."""
        survey = find_unit_survey(lab.loaded, name, member)
        if layer not in survey.responses or unit >= survey.responses[layer].shape[1]:
            raise MissingError(f"run {name} has no unit {unit} that layer {layer} speaks for")
        answers = survey.responses[layer]
        places = top_images(answers, unit, SHOWN)
        return {
            "pixels": array_to_json((255 * survey.digits.images[places]).round(), "uint8"),
            "labels": survey.digits.labels[places].tolist(),
            "answers": array_to_json(answers[places, unit]),
            "of": len(survey.digits),
        }

    return routes
