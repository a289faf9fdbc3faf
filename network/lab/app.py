"""Build the lab's server: its security, the routes of each view, the files of the page."""

from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.types import ASGIApp

from network.lab.plain_json import PlainJSONResponse
from network.lab.routes import draw, explore, film, models, runs, train, why
from network.lab.security import HostCheck, Security
from network.lab.state import Lab
from network.lab.token import TokenCheck
from network.lab.training_runs import BusyError
from pipeline.errors import CorruptError, MissingError, ProjectError, StorageError

PAGE = Path(__file__).parent / "page"
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
ROUTES = (film, runs, train, models, draw, why, explore)  # a module each, with `router(lab)`
STATUS: dict[type[ProjectError], int] = {
    MissingError: 404,
    CorruptError: 409,
    StorageError: 409,
    BusyError: 429,
}  # all others: 422


def build_app(lab: Lab, host: str, token: str | None) -> ASGIApp:
    """Make the server of a lab; `host` is the address that it listens on.

    Without a `token` whoever reaches the lab may use it.
    """
    app = FastAPI(
        title="network lab", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        default_response_class=PlainJSONResponse,
    )  # fmt: skip
    for routes in ROUTES:
        app.include_router(routes.router(lab), prefix="/api")
    app.exception_handler(ProjectError)(on_project_error)
    app.exception_handler(RequestValidationError)(on_validation_error)
    app.exception_handler(AnyHTTPException)(on_http_error)
    add_page(app)
    return Security(app, HostCheck(host), None if token is None else TokenCheck(token))


def add_page(app: FastAPI) -> None:
    """Serve the files of the page, by the names that they have when the lab begins."""
    files = {
        path.relative_to(PAGE).as_posix(): path for path in PAGE.rglob("*") if path.suffix in TYPES
    }

    @app.get("/{name:path}", include_in_schema=False)
    def page(name: str) -> Response:
        path = files.get(name or "index.html")
        if path is None:
            raise HTTPException(404, "there is no such page")
        return Response(path.read_bytes(), media_type=TYPES[path.suffix])


def error_response(status: int, message: str, hint: str = "", field: str = "") -> JSONResponse:
    """Answer with an error as every part of the lab does; `field` names the choice at fault."""
    return JSONResponse({"error": {"message": message, "hint": hint, "field": field}}, status)


def on_project_error(request: Request, error: ProjectError) -> Response:
    """Respond with the message that the command would print."""
    status = STATUS.get(type(error), 422)
    return error_response(status, error.message, error.hint, field=getattr(error, "field", ""))


def on_validation_error(request: Request, error: RequestValidationError) -> Response:
    """Respond with the first fault of a request."""
    first = error.errors()[0]
    names = [str(part) for part in first["loc"] if part != "body"]
    what = f"{'.'.join(names) or 'the request'}: {first['msg']}"[:500]
    return error_response(422, what, field=names[-1] if names else "")


def on_http_error(request: Request, error: AnyHTTPException) -> Response:
    """Respond in our form to what the framework rejects."""
    answer = error_response(error.status_code, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer
