"""Train: start, control and watch training runs, with streams of events."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, RootModel

from network.lab.event_log import stream
from network.lab.form_options import configure, describe_choices, naming_the_field, read_changes
from network.lab.histograms import Histograms, find_initial_params, pack_weights
from network.lab.state import Lab
from pipeline.errors import UsageError

Text = Annotated[str, Field(max_length=2000)]
Name = Annotated[str, Field(max_length=100)]
LastId = Annotated[str, Query(max_length=40)]
LastEventId = Annotated[str | None, Header(max_length=40)]
EVENTS = {"Cache-Control": "no-store"}


class StartRequest(BaseModel):
    """A new run: a preset, and settings that override it."""

    model_config = ConfigDict(extra="forbid")

    preset: Text | None = None
    name: Name | None = None
    film: bool = True
    choices: dict[Name, int | float | Text | dict[Name, float] | list[int] | None] = {}


class ChangesRequest(RootModel[dict[Name, int | float | Text | dict[Name, float] | None]]):
    """Changed settings of a training run; texts are parsed like options."""


class SpeedRequest(BaseModel):
    """The speed of a training run in steps per second; null: maximum."""

    model_config = ConfigDict(extra="forbid")

    steps_a_second: float | None = Field(ge=0.1, le=1000)


def router(lab: Lab) -> APIRouter:
    """Return the routes of the view."""
    routes = APIRouter()
    add_commands(routes, lab)
    add_state_routes(routes, lab)
    return routes


def add_commands(routes: APIRouter, lab: Lab) -> None:
    """Add the routes that start and control training runs."""

    @routes.get("/choices")
    def choices() -> dict[str, Any]:
        """Return the form of a new training run."""
        return describe_choices(lab.cache)

    @routes.post("/trainings")
    def begin(body: StartRequest) -> dict[str, str]:
        """Start a new training run."""
        with naming_the_field():
            given = {name: value for name, value in body.choices.items() if value is not None}
            configuration = configure(body.preset, given)
            training = lab.trainings.create(configuration, body.name, body.preset, body.film)
        return {"run": training.name}

    @routes.patch("/trainings/{run}")
    def change(run: str, body: ChangesRequest) -> dict[str, str]:
        """Change settings from the next step on."""
        training = lab.trainings.find(run)
        with naming_the_field():
            training.check(values := read_changes(body.root))
        training.send("change", values=values)
        return {"run": run}

    @routes.post("/trainings/{run}/pace")
    def set_speed(run: str, body: SpeedRequest) -> dict[str, str]:
        """Set the speed of a training run."""
        lab.trainings.find(run).send("pace", steps_a_second=body.steps_a_second)
        return {"run": run}

    @routes.post("/trainings/{run}/{order}")
    def control(run: str, order: Literal["pause", "resume", "epoch", "stop"]) -> dict[str, str]:
        """Pause, resume, train one more epoch, or stop; start a process if needed."""
        found = lab.loaded.find(run)
        training = lab.trainings.get(run)
        if training is not None and not training.is_over:
            training.send(order)
        elif order in {"resume", "epoch"}:
            lab.trainings.resume(found, order)
        else:
            raise UsageError(f"run {run} is not being trained in this lab")
        return {"run": run}


def add_state_routes(routes: APIRouter, lab: Lab) -> None:
    """Add the routes that report on training runs."""

    @routes.get("/trainings")
    def trainings() -> dict[str, Any]:
        """Return the training runs since the lab started."""
        return {"trainings": [one.summary() for one in lab.trainings.list()]}

    @routes.get("/trainings/{run}/events", response_class=StreamingResponse)
    def events(
        run: str, after: LastId = "", last_event_id: LastEventId = None
    ) -> StreamingResponse:
        """Stream the events of a run, starting after the last received one."""
        source = lab.trainings.source(lab.loaded.find(run))
        text = stream(source, last_event_id or after, lab.is_closing)
        return StreamingResponse(text, headers=EVENTS, media_type="text/event-stream")

    @routes.get("/trainings/{run}/weights")
    def weights(run: str) -> dict[str, Any]:
        """Return the current first-layer weights as pictures, and histograms of all weights."""
        found = lab.loaded.find(run)
        training = lab.trainings.get(run)
        if training is not None and training.weights is not None:
            return training.weights
        checkpoint = lab.loaded.run(run).checkpoint
        histograms = Histograms(checkpoint.model, find_initial_params(found))
        return pack_weights(checkpoint.params, histograms)
