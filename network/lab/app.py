"""The lab's server: security, routes of each view, files of the page."""

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
    """Build the server of a lab; `host` is the address that it listens on.

    Without a `token`, every program that reaches the lab can use it.
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
    """Add the files of the page, as listed when the lab starts."""
    files = {
        path.relative_to(PAGE).as_posix(): path for path in PAGE.rglob("*") if path.suffix in TYPES
    }

    @app.get("/{name:path}", include_in_schema=False)
    def page(name: str) -> Response:
        path = files.get(name or "index.html")
        if path is None:
            raise HTTPException(404, "page not found")
        return Response(path.read_bytes(), media_type=TYPES[path.suffix])


def error_response(status: int, message: str, hint: str = "", field: str = "") -> JSONResponse:
    """Return an error response; `field` names the setting that caused the error."""
    return JSONResponse({"error": {"message": message, "hint": hint, "field": field}}, status)


def on_project_error(request: Request, error: ProjectError) -> Response:
    """Return the same message that a command would print."""
    status = STATUS.get(type(error), 422)
    return error_response(status, error.message, error.hint, field=getattr(error, "field", ""))


def on_validation_error(request: Request, error: RequestValidationError) -> Response:
    """Return the first validation error of a request."""
    first = error.errors()[0]
    names = [str(part) for part in first["loc"] if part != "body"]
    message = f"{'.'.join(names) or 'the request'}: {first['msg']}"[:500]
    return error_response(422, message, field=names[-1] if names else "")


def on_http_error(request: Request, error: AnyHTTPException) -> Response:
    """Return an error of the framework in the same form."""
    response = error_response(error.status_code, str(error.detail))
    response.headers.update(error.headers or {})
    return response
