"""Kinds of values that options take: how each is typed, checked and described."""

import ast
import importlib.util
import math
import re
import sys
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from network.training.checks import MAX_SHOWN, format_list, format_range, format_value, suggest_name

V = TypeVar("V")
NO_VALUES = "none"  # typed for no hidden layer, or no augmentation


class InvalidValueError(Exception):
    """A value that a kind does not accept, with a description of valid ones."""

    def __init__(self, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.expected, self.hint = expected, hint


class RepeatedNameError(InvalidValueError):
    """A name that a text gives two values."""


@dataclass(frozen=True)
class Registry:
    """The dictionary of a module in which entries are found by name: `module:VARIABLE`."""

    place: str

    @property
    def module(self) -> str:
        return self.place.partition(":")[0]

    @property
    def variable(self) -> str:
        return self.place.partition(":")[2]

    def entries(self) -> Mapping[str, Any]:
        """Return the entries by name; imports the module, and NumPy with it."""
        entries: Mapping[str, Any] = getattr(import_module(self.module), self.variable)
        return entries

    def names(self) -> Collection[str]:
        """Return the names, read from the module's source unless it is imported."""
        if self.module not in sys.modules and (names := self.parse_names()):
            return names
        return tuple(self.entries())

    def parse_names(self) -> tuple[str, ...]:
        """Return the keys as the source writes them; none where they are computed."""
        spec = importlib.util.find_spec(self.module)
        try:
            source = Path(spec.origin or "").read_text("utf-8") if spec else ""
            found = re.search(
                rf"^{self.variable}\b[^=]*= ({{.*?}})$", source, re.DOTALL | re.MULTILINE
            )
            value = ast.parse(found[1], mode="eval").body if found else None
        except (OSError, SyntaxError):
            return ()
        keys = value.keys if isinstance(value, ast.Dict) else []
        return tuple(str(key.value) for key in keys if isinstance(key, ast.Constant))


class Kind(Generic[V]):
    """Values of one kind; the texts describe them to users."""

    metavar: str  # placeholder of a value in help
    field: ClassVar[str] = "text"  # input of the form: text, number or choice

    def read(self, text: str) -> V:
        """Return the value of a text.

        Raises: InvalidValueError.
        """
        raise NotImplementedError

    def check(self, value: Any) -> V:
        """Return a value of Python or of a file in the form of a configuration.

        Raises: InvalidValueError, whose words are valid in both.
        """
        raise NotImplementedError

    def format(self, value: V) -> str:
        """Return a value as it is typed."""
        return str(value)

    def show(self, value: Any) -> str:
        """Return any value for an error, as it was typed."""
        return format_value(value)

    def choices(self) -> Collection[str]:
        """Return the names to choose from, if there are any."""
        return ()

    def describe(self) -> str:
        """Return a description of the valid values, for a table."""
        return ""


def to_number(value: Any) -> int | float | None:
    """Return a number of any type, such as NumPy's, as Python's; None for other values.

    An integer stays one: a file is written as it was read.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        return int(value) if isinstance(value, Integral) else float(value)
    except OverflowError:  # a fraction that is too large
        return None


@dataclass(frozen=True)
class Number(Kind[float]):
    """A number from low to high, both included; without them the range depends on others."""

    low: float = -math.inf
    high: float = math.inf
    example: float = 0.5
    metavar: str = "RATE"
    field: ClassVar[str] = "number"

    def read(self, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise InvalidValueError(self.expected) from None

    def check(self, value: Any) -> float:
        number = to_number(value)
        if number is None:
            raise InvalidValueError(self.expected)
        if not self.low <= number <= self.high:  # False for NaN, too
            raise InvalidValueError(self.describe() or self.expected)
        return number

    def format(self, value: float) -> str:
        return f"{value:g}"

    def show(self, value: Any) -> str:
        is_exact = isinstance(value, float) and float(self.format(value)) == value  # 1.0 is 1
        return self.format(value) if is_exact else super().show(value)

    def describe(self) -> str:
        return "" if math.isinf(self.low) else format_range(self.low, self.high)

    @property
    def expected(self) -> str:
        """The expected text, in words for errors."""
        return f"a number such as {self.example:g}"


@dataclass(frozen=True)
class Whole(Kind[int]):
    """A whole number from low to high, both included."""

    low: int
    high: int
    example: int
    metavar: str = "N"
    field: ClassVar[str] = "number"

    def read(self, text: str) -> int:
        try:
            return int(text)
        except ValueError:
            raise InvalidValueError(self.expected) from None

    def check(self, value: Any) -> int:
        number = to_number(value)
        if not isinstance(number, int):
            raise InvalidValueError(self.expected)
        if not self.low <= number <= self.high:
            raise InvalidValueError(format_range(self.low, self.high))
        return number

    def describe(self) -> str:
        return format_range(self.low, self.high)

    @property
    def expected(self) -> str:
        """The expected text, in words for errors."""
        return f"a whole number such as {self.example}"


@dataclass(frozen=True)
class Choice(Kind[str]):
    """The name of an entry of a registry."""

    registry: Registry
    metavar: str = "NAME"
    field: ClassVar[str] = "choice"

    def read(self, text: str) -> str:
        return text

    def check(self, value: Any) -> str:
        entries = self.registry.entries()
        if not isinstance(value, str) or value not in entries:
            raise InvalidValueError(format_list(entries), suggest_name(value, entries))
        return value

    def choices(self) -> Collection[str]:
        return self.registry.names()

    def describe(self) -> str:
        return ", ".join(f"`{name}`" for name in self.choices())


@dataclass(frozen=True)
class Name(Kind[str]):
    """The name of a dataset or a run in the cache."""

    example: str
    metavar: str = "NAME"

    def read(self, text: str) -> str:
        return text

    def check(self, value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidValueError(f'a name such as "{self.example}"')
        return value


@dataclass(frozen=True)
class LayersText(Kind[str]):
    """Layers as text, such as `Conv2D(16, 5), ReLU, Flatten`; in Python also a list of them."""

    metavar: str = "LAYERS"

    def read(self, text: str) -> str:
        return text

    def check(self, value: Any) -> str:
        from network.core.layers import Layer
        from network.layers.text import parse_layers

        is_list = isinstance(value, list | tuple) and len(value) > 0
        if is_list and all(isinstance(layer, Layer) for layer in value):
            value = ", ".join(map(repr, value))
        if not isinstance(value, str) or not value.strip():
            raise InvalidValueError(
                'a string such as "Flatten, Linear(30), Sigmoid"; in Python also a list of '
                "layers, such as [Flatten(), Linear(30), Sigmoid()]",
                self.advise(value),
            )
        parse_layers(value)
        return value

    def advise(self, value: Any) -> str:
        """Return what to write instead of a list with other things than layers."""
        items = value if isinstance(value, list | tuple) else [value]
        if classes := [item.__name__ for item in items if isinstance(item, type)]:
            return f"Create each layer: {classes[0]}(...) instead of {classes[0]}"
        if any(isinstance(item, str) for item in items) and not isinstance(value, str):
            return "Write names in one string, or layers without quotes"
        if hasattr(value, "layers"):
            return "Name the layers before the output, such as list(model.layers[:-2])"
        return ""

    def describe(self) -> str:
        return "`Conv2D(16, 5), ReLU, Flatten`"


@dataclass(frozen=True)
class Sizes(Kind[tuple[int, ...]]):
    """Sizes of layers, typed as `128,64`, or `none`; in Python also 30 or [128, 64]."""

    size: Whole
    metavar: str = "N,N"

    def read(self, text: str) -> tuple[int, ...]:
        if text.strip().lower() == NO_VALUES:
            return ()
        try:
            return tuple(int(size) for size in text.split(","))
        except ValueError:
            raise InvalidValueError(self.expected) from None

    def check(self, value: Any) -> tuple[int, ...]:
        try:
            sizes = self.to_tuple(value)
        except (InvalidValueError, TypeError):  # a TypeError of arrays without a dimension
            raise InvalidValueError(f'sizes such as 30, [128, 64] or "{NO_VALUES}"') from None
        return tuple(self.size.check(size) for size in sizes)

    def to_tuple(self, value: Any) -> tuple[Any, ...]:
        """Return a number, a text or a sequence as a tuple, whose sizes are not checked yet.

        Raises: InvalidValueError, TypeError.
        """
        if isinstance(value, str):
            return self.read(value)
        if isinstance(value, Integral) and not isinstance(value, bool):
            return (value,)
        unordered = (bytes, Mapping, set, frozenset)
        if not isinstance(value, Collection) or isinstance(value, unordered):
            raise InvalidValueError(self.expected)
        return tuple(value)

    def format(self, value: tuple[int, ...]) -> str:
        return ",".join(map(str, value)) or NO_VALUES

    def describe(self) -> str:
        return f"`30`, `128,64`, `{NO_VALUES}`; each {self.size.describe()}"

    @property
    def expected(self) -> str:
        """The expected text, in words for errors."""
        return f"sizes such as 30 or 128,64, or {NO_VALUES}"


@dataclass(frozen=True)
class Strengths(Kind[dict[str, float]]):
    """Entries of a registry with a strength each, typed as `shift=2,rotate=10`, or `none`.

    An entry's `highest` is the upper end of its strength.
    """

    registry: Registry
    metavar: str = "NAME=N,..."

    def read(self, text: str) -> dict[str, float]:
        if text.strip().lower() == NO_VALUES:
            return {}
        try:
            pairs = [part.split("=") for part in text.split(",")]
            strengths = [(name.strip(), float(strength)) for name, strength in pairs]
        except ValueError:
            raise InvalidValueError(self.expected) from None
        counts = Counter(name for name, _ in strengths)
        if twice := [name for name, count in counts.items() if count > 1]:
            raise RepeatedNameError(f"one value for {twice[0]}")
        return dict(strengths)

    def check(self, value: Any) -> dict[str, float]:
        strengths = self.to_dict(value)
        entries = self.registry.entries()
        for name, strength in strengths.items():
            if name not in entries:
                raise InvalidValueError(format_list(entries), suggest_name(name, entries))
            try:
                strengths[name] = Number(0, entries[name].highest, 1).check(strength)
            except InvalidValueError as error:
                raise InvalidValueError(f"{error.expected} for {name}") from None
        return strengths

    def to_dict(self, value: Any) -> dict[Any, Any]:
        """Return a text or a mapping as a new dictionary, which is not checked yet.

        Raises: InvalidValueError.
        """
        try:
            return self.read(value) if isinstance(value, str) else {**value}
        except RepeatedNameError:
            raise
        except (InvalidValueError, TypeError):
            raise InvalidValueError(
                'strengths such as {"shift": 2, "rotate": 10} or "shift=2,rotate=10"'
            ) from None

    def format(self, value: dict[str, float]) -> str:
        return ",".join(f"{name}={strength:g}" for name, strength in value.items()) or NO_VALUES

    def show(self, value: Any) -> str:
        is_typed = isinstance(value, dict) and all(isinstance(it, float) for it in value.values())
        return self.format(value)[:MAX_SHOWN] if is_typed else super().show(value)

    def choices(self) -> Collection[str]:
        return self.registry.names()

    def describe(self) -> str:
        return ", ".join(f"`{name}`" for name in self.choices())

    @property
    def expected(self) -> str:
        """The expected text, in words for errors."""
        return f"strengths such as shift=2,rotate=10, or {NO_VALUES}"
