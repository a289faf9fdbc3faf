"""JSON that every browser reads: JSON has no NaN and no infinity, so these become null."""

import json
import math
from typing import Any

from starlette.responses import JSONResponse


def write_json(value: Any) -> str:
    """Write plain data as JSON, with null for what is not a finite number."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(without_infinities(value), allow_nan=False)


def without_infinities(value: Any) -> Any:
    """Return plain data with None in the place of every number that is not finite."""
    if isinstance(value, dict):
        return {key: without_infinities(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_infinities(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


class PlainJSONResponse(JSONResponse):
    """An answer in such JSON."""

    def render(self, content: Any) -> bytes:
        return write_json(content).encode()
