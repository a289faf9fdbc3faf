"""Symbolic values: the result of a pickle, described without loading it.

Numbers, short texts and None represent themselves. Other values are one of the classes below.
"""

from dataclasses import dataclass
from typing import Any

HEAD = 200  # characters or bytes kept of a long text
ENDLESS = 2**64  # upper limit of counts: more than any memory holds
SHOWN_ITEMS, SHOWN_LEVELS, SHOWN_LENGTH = 5, 3, 60

# The names that pickles of arrays and of ordered dictionaries import; each is a symbol and is
# never called.
NAMES = {
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("numpy.core.multiarray", "_reconstruct"): "_reconstruct",
    ("numpy._core.multiarray", "_reconstruct"): "_reconstruct",
    ("numpy.core.multiarray", "scalar"): "scalar",
    ("numpy._core.multiarray", "scalar"): "scalar",
    ("numpy.core.numeric", "_frombuffer"): "_frombuffer",  # protocol 5
    ("numpy._core.numeric", "_frombuffer"): "_frombuffer",
    ("collections", "OrderedDict"): "OrderedDict",
    ("_codecs", "encode"): "encode",  # protocols 0 to 2 write bytes as text to be encoded
}


@dataclass(frozen=True, slots=True)
class GlobalReference:
    """A name that loading would import."""

    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Truncated:
    """The beginning of a text, of bytes or of a number that is too long to keep."""

    kind: str
    length: int  # in characters, or in bytes
    head: str | bytes


@dataclass(frozen=True, slots=True)
class UnknownValue:
    """A value that is unknown without loading the pickle."""

    what: str


@dataclass(eq=False, slots=True)
class Container:
    """A list, tuple, set or dictionary; a dictionary alternates keys and values."""

    kind: str
    items: list[Any]


@dataclass(eq=False, slots=True)
class CallResult:
    """The result of a call that is not made."""

    callee: Any
    arguments: list[Any]
    keywords: Any = None


def shortened(value: str | bytes | bytearray) -> Any:
    """Return a short text unchanged, and the beginning of a long one."""
    if len(value) <= HEAD:
        return value
    return Truncated(type(value).__name__, len(value), bytes_or_text(value[:HEAD]))


def bytes_or_text(value: str | bytes | bytearray) -> str | bytes:
    """Return a text unchanged, and a bytearray as bytes."""
    return value if isinstance(value, str) else bytes(value)


def show(value: Any, levels: int = SHOWN_LEVELS) -> str:
    """Format a value in Python syntax, short enough for one line."""
    match value:
        case GlobalReference(module, name):
            text = cut(f"{module}.{name}", HEAD)
        case Truncated(kind, length, head):
            text = f"{cut(repr(head))} ({kind} of {length:,})"
        case UnknownValue(what):
            text = f"<{what}>"
        case CallResult(callee, arguments, keywords):
            inside = show_items(arguments, levels)
            if isinstance(keywords, Container) and keywords.items:
                inside += f", **{show(keywords, levels - 1)}"
            text = f"{show(callee, levels - 1) if levels else '...'}({inside})"
        case Container(kind, items):
            text = brackets(kind, items, levels)
        case int() if abs(value) >= 1 << 64:
            text = f"<integer of {value.bit_length()} bits>"
        case _:
            text = cut(repr(value))
    return text


def show_items(items: list[Any], levels: int) -> str:
    """Format the first few values of a list."""
    if items and not levels:
        return "..."
    shown = [show(item, levels - 1) for item in items[:SHOWN_ITEMS]]
    return ", ".join(shown + ["..."] * (len(items) > SHOWN_ITEMS))


def brackets(kind: str, items: list[Any], levels: int) -> str:
    """Format a container with the brackets of its kind."""
    if kind == "dict":
        if not items or not levels:
            return "{...}" if items else "{}"
        keys, values = (
            [show(item, levels - 1) for item in items[i : 2 * SHOWN_ITEMS : 2]] for i in (0, 1)
        )
        pairs = [": ".join(pair) for pair in zip(keys, values, strict=False)]
        return "{" + ", ".join(pairs + ["..."] * (len(items) > 2 * SHOWN_ITEMS)) + "}"
    inside = show_items(items, levels)
    one = "," if len(items) == 1 else ""
    return {"list": f"[{inside}]", "tuple": f"({inside}{one})"}.get(kind, f"{kind}({inside})")


def cut(text: str, length: int = SHOWN_LENGTH) -> str:
    """Return a text cut to a length."""
    return text if len(text) <= length else text[: length - 3] + "..."


def is_for_arrays(made: CallResult) -> bool:
    """Return whether pickles of arrays, bytes and dictionaries make this call.

    The arguments are checked too: a call of `numpy.ndarray` itself allocates any size.
    """
    if not isinstance(made.callee, GlobalReference) or made.keywords is not None:
        return False
    match NAMES.get((made.callee.module, made.callee.name)), made.arguments:
        case (
            ["_reconstruct", [GlobalReference(_, "ndarray"), Container("tuple", [0]), _]]
            | ["dtype", [str(), *_]]
            | ["OrderedDict", [] | [Container("list")]]
            | ["encode", [str() | Truncated("str"), "latin1"]]
            | ["_frombuffer", [_, _, _, _] | [_, _, _, _, Container("tuple")]]
        ):
            return True
        case ["scalar", [CallResult(GlobalReference(_, "dtype")), content]]:
            return isinstance(content, str | bytes | Truncated) or is_encoded(content)
    return False


def is_empty_dictionary(made: CallResult) -> bool:
    """Return whether a call creates an empty ordered dictionary."""
    is_named = made.callee == GlobalReference("collections", "OrderedDict")
    return is_named and not made.arguments and made.keywords is None


def is_encoded(value: Any) -> bool:
    """Return whether a value is bytes that were written as text."""
    return isinstance(value, CallResult) and getattr(value.callee, "name", "") == "encode"


def count_words(roots: list[Any]) -> int:
    """Return the words of memory of the largest value, shared parts unfolded.

    Each item is a word, and so are eight bytes of a text. Counting ends at `ENDLESS`, also for a
    value that contains itself.
    """
    words: dict[int, int] = {}  # by identity
    is_done: dict[int, bool] = {}
    waiting = [root for root in roots if type(root) in (Container, CallResult)]
    while waiting:
        value = waiting[-1]
        key = id(value)
        if key not in is_done:
            is_done[key] = False
            words[key] = ENDLESS  # for contents that contain it again
            waiting += [
                part for part in list_contents(value) if type(part) in (Container, CallResult)
            ]
            continue
        waiting.pop()
        if not is_done[key]:
            is_done[key] = True
            total = 1 + sum(
                words.get(id(part)) or count_words_alone(part) for part in list_contents(value)
            )
            words[key] = min(total, ENDLESS)
    return max([words.get(id(root)) or count_words_alone(root) for root in roots], default=0)


def list_contents(value: Container | CallResult) -> list[Any]:
    """Return the contents of a value."""
    if isinstance(value, Container):
        return value.items
    return [value.callee, *value.arguments, value.keywords]


def count_words_alone(value: Any) -> int:
    """Return the words of memory of a value without contents."""
    length = value.length if isinstance(value, Truncated) else 0
    if isinstance(value, str | bytes | bytearray):
        length = len(value)
    return 1 + length // 8


def is_bytearray(value: Any) -> bool:
    """Return whether a value is a bytearray, which can grow."""
    return isinstance(value, bytearray) or (
        isinstance(value, Truncated) and value.kind == "bytearray"
    )
