"""Argument checks of layers, losses and optimizers: a field declares the values it accepts.

    n_out: Annotated[int, at_least(1)]
    slope: Annotated[float, at_least(0), at_most(1)] = 0.01
    initializer: Annotated[str, one_of(INITIALIZERS)] = "uniform"

An `int` has to be a whole number. For a `float`, a whole number is accepted and becomes a float:
`BatchNorm(1)` is `BatchNorm(1.0)`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from typing import Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

from pipeline.errors import UsageError

# type of a field -> the type of its values, and its name in errors
KINDS: dict[type, tuple[type, str]] = {
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    str: (str, "a string"),
}


@dataclass(frozen=True)
class Limit:
    """A condition on the value of a field, with its wording in errors."""

    holds: Callable[[Any], bool]
    words: str

    def __repr__(self) -> str:
        return f"<{self.words}>"  # in help(Linear)


def at_least(low: float) -> Limit:
    """Return the condition value >= low."""
    return Limit(lambda value: value >= low, f"at least {low:,}")


def above(low: float) -> Limit:
    """Return the condition value > low."""
    return Limit(lambda value: value > low, f"above {low:,}")


def at_most(high: float) -> Limit:
    """Return the condition value <= high."""
    return Limit(lambda value: value <= high, f"at most {high:,}")


def below(high: float) -> Limit:
    """Return the condition value < high."""
    return Limit(lambda value: value < high, f"below {high:,}")


def one_of(names: Collection[str]) -> Limit:
    """Return the condition that a value is among some names."""
    return Limit(lambda value: value in names, f"one of {', '.join(names)}")


Share: TypeAlias = Annotated[float, at_least(0), below(1)]  # of an old value that is kept
Strength: TypeAlias = Annotated[float, at_least(0), at_most(1000)]  # of a weight decay
Epsilon: TypeAlias = Annotated[float, above(0), at_most(1)]  # added to a divisor that may be 0


class CheckedArguments:
    """A base of frozen dataclasses whose fields are checked when one is created."""

    def __post_init__(self) -> None:
        check_arguments(self)


def check_arguments(layer: object) -> None:
    """Require the declared type and limits of every field of a frozen dataclass.

    Raises: UsageError.
    """
    layer_type: Any = type(layer)
    for name, (kind, limits) in declared_fields(layer_type).items():
        value = getattr(layer, name)
        accepted, words = KINDS[kind]
        is_of_kind = isinstance(value, accepted) and not isinstance(value, bool)
        require(layer, name, is_of_kind, words)
        words = " and ".join(limit.words for limit in limits)
        require(layer, name, all(limit.holds(value) for limit in limits), words)
        object.__setattr__(layer, name, kind(value))  # a whole number becomes a float


def require(layer: object, name: str, is_met: bool, requirement: str) -> None:
    """Require a condition of one field of a layer.

    Raises: UsageError.
    """
    if not is_met:
        raise UsageError(f"{repr(layer)[:100]}: {name} must be {requirement}")


@cache
def declared_fields(layer: type) -> dict[str, tuple[type, tuple[Limit, ...]]]:
    """Return the type and the limits of every field that is declared with limits."""
    hints = get_type_hints(layer, include_extras=True)
    declared = {name: get_args(it) for name, it in hints.items() if get_origin(it) is Annotated}
    return {name: (kind, tuple(limits)) for name, (kind, *limits) in declared.items()}
