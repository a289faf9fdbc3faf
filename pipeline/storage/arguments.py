"""Argument checks of public functions: types by annotation, and our errors.

Without them an argument of the wrong type fails far away, with an unrelated Python error.
"""

import functools
import inspect
import json
import math
import types
from collections.abc import Callable
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from pipeline.errors import StorageError, UsageError

P = ParamSpec("P")
R = TypeVar("R")

NUMBERS = {int: Integral, float: Real}  # NumPy's numbers included
MAX_SHOWN = 100  # characters of a value in an error
MAX_BITS = 4000  # of a number in an error
WORDS: dict[Any, str] = {
    str: "a text",
    Path: "a path",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    tuple: "a tuple",
    bytes: "bytes",
}
OF_LIBRARIES = {"ndarray": "an array", "Image": "an image of Pillow"}  # by the names of types


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that checks its arguments by their annotations.

    Raises: UsageError; StorageError for an error of the system.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        hints = find_hints(function)
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            check_argument(name, value, hints.get(name, Any))
        try:
            return function(*args, **kwargs)
        except OSError as error:
            raise StorageError(describe_refusal(error)) from error

    return call


def describe_refusal(error: OSError) -> str:
    """Describe an error of the system, with its file."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


@functools.cache
def find_hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function, resolved at its first call."""
    return get_type_hints(function)


def check_argument(name: str, value: Any, hint: Any) -> None:
    """Require that an argument has its annotated type, and a text no NUL.

    Raises: UsageError.
    """
    if not fits(value, hint):
        shown = f"Path({show_value(value)})" if isinstance(value, Path) else show_value(value)
        raise UsageError(f"{name} is {shown}; expected {describe(hint)}")
    if isinstance(value, str | Path) and "\0" in str(value):
        raise UsageError(f"{name} is {show_value(value)}; expected {describe(hint)} without NUL")


def check_fields(values: Any) -> None:
    """Require that every field of a dataclass has its annotated type.

    Raises: UsageError.
    """
    for name, hint in get_type_hints(type(values)).items():
        check_argument(name, getattr(values, name), hint)


def fits(value: Any, hint: Any) -> bool:
    """Return whether a value has an annotated type; contents are not checked."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, types.UnionType):
        return any(fits(value, one) for one in inner)
    if kind is Literal:
        return value in inner
    if kind is Any or not isinstance(kind, type):
        return True
    if kind is bool:
        return isinstance(value, int) and value in {0, 1}
    if kind not in NUMBERS:
        return isinstance(value, kind)
    is_number = isinstance(value, NUMBERS[kind]) and not isinstance(value, bool)
    return is_number and (isinstance(value, int) or not math.isnan(value))  # an int may be huge


def describe(hint: Any) -> str:
    """Describe a type in plain words: a path, a text, a whole number, ..."""
    if get_origin(hint) in (Union, types.UnionType):
        kinds = [one for one in get_args(hint) if one is not type(None)]
        if Path in kinds:
            kinds.remove(str)  # either is a path
        return " or ".join(dict.fromkeys(map(describe, kinds)))
    if get_origin(hint) is Literal:
        return " or ".join(map(str, get_args(hint)))
    kind = get_origin(hint) or hint
    name = getattr(kind, "__name__", str(kind))
    return WORDS.get(kind) or OF_LIBRARIES.get(name) or with_article(name)


def show_value(value: Any) -> str:
    """Format a value for an error: text in double quotes, others by their type.

    Numbers are unchanged. A long text is cut, and the result is always one line.
    """
    if isinstance(value, int) and value.bit_length() > MAX_BITS:  # Python refuses to write it
        return "a huge number"
    if value is None or isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, str | Path):
        text = json.dumps(str(value), ensure_ascii=False)
        return text if len(text) <= MAX_SHOWN else f'{text[:MAX_SHOWN]}..."'
    return with_article(type(value).__name__)


def with_article(name: str) -> str:
    """Return the name of a type with its article."""
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
