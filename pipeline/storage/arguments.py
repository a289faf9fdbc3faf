"""Argument checks of public functions: types by annotation, and our errors.

Without them an argument of the wrong type fails far away, with an unrelated Python error.
"""

import functools
import inspect
import json
import math
import types
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar, Union, get_args, get_origin, get_type_hints

from pipeline.errors import CallError, ProjectError, StorageError, UsageError
from pipeline.storage.python_words import spell_in_python

P = ParamSpec("P")
R = TypeVar("R")

NUMBERS = {int: Integral, float: Real}  # NumPy's numbers included
MAX_SHOWN = 100  # characters of a value in an error
MAX_BITS = 4000  # of a number in an error
WORDS: dict[Any, str] = {
    str: "a string",
    Path: "a path",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    tuple: "a tuple",
    bytes: "bytes",
}
OF_LIBRARIES = {"ndarray": "an array", "Image": "an image of Pillow"}  # by the names of types
TO_IMPORT = (
    "To use images of your own, make a dataset with pipeline.import_dataset, or train"
    " network.sklearn.NetworkClassifier"
)
INSTEAD = {  # of a value, by what is expected and the name of its type
    ("a string", "LoadedDataset"): "Use its name, as in digits.name",
    ("a string", "Run"): "Use its name, as in run.name",
    ("an array", "LoadedDataset"): "Use its images, as in digits.test.images",
    ("an array", "LabelledImages"): "Use its images, as in digits.test.images",
    ("an array", "Prediction"): "Use its pixels, as in prediction.pixels",
    ("a path", "ndarray"): 'Save the array first: np.savez("mine.npz", x_train=images, ...)',
    ("a Cache", "str"): "Use pipeline.find_cache(), or find_cache(path)",
}
INSTEAD_AT = {  # by the name of the argument and that of the type
    ("dataset", "LabelledImages"): f'Name the dataset, such as "mnist". {TO_IMPORT}',
    ("dataset", "ndarray"): f'Name a dataset, such as "mnist". {TO_IMPORT}',
    ("dataset", "list"): f'Name a dataset, such as "mnist". {TO_IMPORT}',
    ("dataset", "tuple"): f'Name a dataset, such as "mnist". {TO_IMPORT}',
    ("split", "LabelledImages"): 'Name the split, such as "test"',
}


def checked(function: Callable[P, R], is_called_inside: bool = True) -> Callable[P, R]:
    """Return a function that checks its arguments by their annotations.

    If the caller is not in the packages, its errors are in the words of Python, and without the
    frames and causes inside of us. Not `is_called_inside`: no caller is in the packages.

    Raises: UsageError; StorageError for an error of the system.
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            check_call(function, signature, args, kwargs)
            return function(*args, **kwargs)
        except ProjectError as error:
            if is_called_inside and is_inside(error):
                raise
            cache_dir: Any = kwargs.get("cache_dir")
            if isinstance(error, StorageError):
                name_written(error, signature.bind(*args, **kwargs).arguments)
            raise spell_in_python(error, cache_dir) from None
        except OSError as error:
            cause = error if is_called_inside and is_inside(error) else None
            raise StorageError(describe_refusal(error)) from cause

    return call


def name_written(error: StorageError, arguments: Mapping[str, Any]) -> None:
    """Name the argument whose file could not be written, instead of the cache folder."""
    for name, value in arguments.items():
        if name == "cache_dir" or not isinstance(value, str | Path) or not str(value):
            continue
        whole = Path(value).expanduser().absolute()
        if error.message.startswith((f"cannot write {value}", f"cannot write {whole}")):
            error.hint = error.hint.replace("another folder with --cache-dir", f"another {name}")


def is_inside(error: Exception) -> bool:
    """Return whether code of the packages, such as a command, made the call that fails here."""
    trace = error.__traceback__
    caller = trace.tb_frame.f_back if trace else None
    name = caller.f_globals.get("__name__", "") if caller else ""
    return name.partition(".")[0] in {"network", "pipeline"}


def check_call(
    function: Callable[..., Any], signature: inspect.Signature, args: Any, kwargs: Any
) -> None:
    """Require arguments that a function has, with values of the annotated types.

    Raises: UsageError.
    """
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise explain_call(function, signature, str(error), args) from None
    hints = find_hints(function)
    for name, value in given.items():
        check_argument(name, value, hints.get(name, Any))


def explain_call(
    function: Callable[..., Any], signature: inspect.Signature, problem: str, args: tuple[Any, ...]
) -> CallError:
    """Return the error for arguments that a function does not have, or lacks."""
    called = function.__qualname__.rpartition("<locals>.")[2] + "()"
    parameters = [it for it in signature.parameters.values() if it.name != "self"]
    shown = ", ".join(map(show_parameter, parameters))
    by_name = [it.name for it in parameters if it.kind is it.KEYWORD_ONLY]
    if "too many" in problem and by_name:
        value = show_value(args[-1])
        names = ", ".join(f"{name}=" for name in by_name)
        more = any(it.kind is it.VAR_KEYWORD for it in parameters)
        one_of = "one of " if more or len(by_name) > 1 else ""
        return CallError(
            f"{called} takes options by name; found {value} without one",
            f"Write it as {one_of}{names}{' or an option' if more else ''}",
        )
    hint = f"Its arguments: {shown}" if shown else "It takes no arguments"
    verb = "got " if problem.startswith(("multiple", "too many")) else ""
    return CallError(f"{called} {verb}{problem}", hint)


def show_parameter(parameter: inspect.Parameter) -> str:
    """Return an argument with its default, for an error; a default that is an object is cut."""
    bare = parameter.replace(annotation=parameter.empty)
    is_short = isinstance(bare.default, str | int | float | tuple | type | None)
    return str(bare) if is_short else f"{bare.name}=..."


def describe_refusal(error: OSError) -> str:
    """Describe an error of the system, with its file."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


@functools.cache
def find_hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function, resolved at its first call.

    A function with a type of an optional library, which is not imported, checks them itself.
    """
    try:
        return get_type_hints(function)
    except NameError:
        return {}


def check_argument(name: str, value: Any, hint: Any) -> None:
    """Require that an argument has its annotated type; a text has no NUL, a path is not empty.

    Raises: UsageError.
    """
    if not fits(value, hint):
        shown = f"Path({show_value(value)})" if isinstance(value, Path) else show_value(value)
        if isinstance(value, list | tuple) and (sequence := find_sequence(hint)):
            (kind,) = get_args(sequence)
            shown += f" with {show_value(next(it for it in value if not fits(it, kind)))}"
        raise UsageError(f"{name} is {shown}; expected {describe(hint)}", advise(name, value, hint))
    if isinstance(value, str) and value == "" and Path in get_args(hint):
        raise UsageError(f"{name} is empty; expected a path")
    if isinstance(value, str | Path) and "\0" in str(value):
        raise UsageError(f"{name} is {show_value(value)}; expected {describe(hint)} without NUL")


def find_sequence(hint: Any) -> Any:
    """Return the type of sequences that a type accepts; None if it accepts none."""
    kinds = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    return next((kind for kind in kinds if get_origin(kind) is Sequence), None)


def advise(name: str, value: Any, hint: Any) -> str:
    """Return what to write instead of a value of another type; empty if that is not known."""
    kind, expected = type(value).__name__, describe(hint)
    if advice := INSTEAD_AT.get((name, kind)):
        return advice
    return next((it for (words, of), it in INSTEAD.items() if of == kind and words in expected), "")


def check_fields(values: Any) -> None:
    """Require that every field of a dataclass has its annotated type.

    Raises: UsageError.
    """
    for name, hint in get_type_hints(type(values)).items():
        check_argument(name, getattr(values, name), hint)


def fits(value: Any, hint: Any) -> bool:
    """Return whether a value has an annotated type; of contents, only those of a Sequence."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, types.UnionType):
        return any(fits(value, one) for one in inner)
    if kind is Literal:
        return value in inner
    if kind is Any or not isinstance(kind, type):
        return True
    if kind is bool:
        return isinstance(value, int) and value in {0, 1}
    if kind is Sequence:
        return isinstance(value, list | tuple) and all(fits(one, inner[0]) for one in value)
    return fits_number(value, kind) if kind in NUMBERS else isinstance(value, kind)


def fits_number(value: Any, kind: type) -> bool:
    """Return whether a value is a number of a kind; numbers of NumPy are, too, but NaN is not."""
    is_number = isinstance(value, NUMBERS[kind]) and not isinstance(value, bool)
    return is_number and (isinstance(value, int) or not math.isnan(value))  # an int may be huge


def describe(hint: Any) -> str:
    """Describe a type in plain words: a path, a text, a whole number, ..."""
    if get_origin(hint) in (Union, types.UnionType):
        kinds = [one for one in get_args(hint) if one is not type(None)]
        if Path in kinds:
            kinds.remove(str)  # either is a path
        *others, last = dict.fromkeys(map(describe, kinds))
        return f"{', '.join(others)} or {last}" if others else last
    if get_origin(hint) is Literal:
        return " or ".join(map(str, get_args(hint)))
    kind = get_origin(hint) or hint
    if kind is Sequence:
        return f"a list of {describe(get_args(hint)[0]).split(' ', 1)[1]}s"
    name = getattr(kind, "__name__", str(kind))
    return WORDS.get(kind) or OF_LIBRARIES.get(name) or with_article(name)


def show_value(value: Any) -> str:
    """Format a value for an error: text in double quotes, others by their type.

    Numbers are unchanged. A long text is cut, and the result is always one line.
    """
    if isinstance(value, int) and value.bit_length() > MAX_BITS:  # Python refuses to write it
        return "a huge number"
    if value is None or isinstance(value, bool | int | float):
        return "NaN" if isinstance(value, float) and math.isnan(value) else str(value)
    if isinstance(value, str | Path):
        text = json.dumps(str(value), ensure_ascii=False)
        return text if len(text) <= MAX_SHOWN else f'{text[:MAX_SHOWN]}..."'
    name = type(value).__name__
    return OF_LIBRARIES.get(name) or with_article(name)


def with_article(name: str) -> str:
    """Return the name of a type with its article."""
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
