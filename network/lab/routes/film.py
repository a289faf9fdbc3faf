"""Film: the frames of a run, and the process that makes them."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse

from network.lab.event_log import stream
from network.lab.films import describe_film, describe_frame
from network.lab.state import Lab

Epoch = Annotated[int, InPath(ge=0, le=100_000)]
LastEventId = Annotated[str | None, Header(max_length=40)]


def router(lab: Lab) -> APIRouter:
    """Return the routes of the view."""
    routes = APIRouter()

    @routes.get("/runs/{run}/film")
    def film(run: str) -> dict[str, Any]:
        """Return the film of a run, or an estimate for making it."""
        making = lab.films.all.get(run)
        state = making.state if making else ""
        return {**describe_film(lab.cache, lab.loaded.run(run)), "making": state}

    @routes.post("/runs/{run}/film")
    def make(run: str) -> dict[str, str]:
        """Make the film of a run by training it again."""
        lab.films.make(lab.loaded.find(run))
        return {"run": run}

    @routes.post("/runs/{run}/film/stop")
    def stop(run: str) -> dict[str, str]:
        """Stop making a film."""
        lab.films.find(run).send("stop")
        return {"run": run}

    @routes.get("/runs/{run}/film/events", response_class=StreamingResponse)
    def events(run: str, last_event_id: LastEventId = None) -> StreamingResponse:
        """Stream the progress of making a film."""
        text = stream(lab.films.find(run).log, last_event_id or "", lab.is_closing)
        headers = {"Cache-Control": "no-store"}
        return StreamingResponse(text, headers=headers, media_type="text/event-stream")

    @routes.get("/runs/{run}/film/{epoch}")
    def frame(run: str, epoch: Epoch) -> dict[str, Any]:
        """Return a frame: first-layer weights, accuracy, and prediction changes."""
        return describe_frame(lab.loaded, lab.loaded.run(run), epoch)

    return routes
