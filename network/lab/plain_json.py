"""JSON without NaN and infinity, which become null, so that every browser reads it."""

import json
import math
from typing import Any

from starlette.responses import JSONResponse


def write_json(value: Any) -> str:
    """Return plain data as JSON, with null for numbers that are not finite."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(without_infinities(value), allow_nan=False)


def without_infinities(value: Any) -> Any:
    """Return plain data with None instead of numbers that are not finite."""
    if isinstance(value, dict):
        return {key: without_infinities(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_infinities(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class PlainJSONResponse(JSONResponse):
    """A response in JSON without NaN and infinity."""

    def render(self, content: Any) -> bytes:
        return write_json(content).encode()
