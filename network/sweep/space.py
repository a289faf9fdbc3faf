"""What a sweep tries: which fields of the configuration, and which values of each.

A dimension is written as a table of a TOML file, named after the field:

    [space.learning_rate]        [space.optimizer]              [space.augment.shift]
    low = 0.01                   choices = ["sgd", "adam"]      low = 0
    high = 10                                                   high = 3
    log = true                                                  when = { optimizer = "adam" }

With `when` a field is only tried where other fields, of tables before it, have these values.
"""

import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from network.training.checks import check_name, suggest_name
from network.training.configuration import Configuration, find_option, resolve_keys
from network.training.option import OptionError, options_spelled
from network.training.option_values import Whole
from pipeline.errors import UsageError

Values: TypeAlias = dict[str, Any]  # field, as in "augment.shift" -> what is tried


class ValueSource(Protocol):
    """Who chooses the values: a trial of Optuna's."""

    def suggest_categorical(self, name: str, choices: Any) -> Any: ...

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int: ...


@dataclass(frozen=True)
class Dimension:
    """The values of one field, and when it is tried at all."""

    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, kw_only=True)

    def is_open(self, values: Values) -> bool:
        """Is the field to be tried, where these values were chosen before?"""
        return all(values.get(name) in allowed for name, allowed in self.when.items())

    def suggest(self, name: str, trial: ValueSource) -> Any:
        """Let a trial choose a value."""
        raise NotImplementedError

    def grid(self) -> list[Any]:
        """List the values that a grid tries."""
        raise NotImplementedError

    def holds(self, value: Any) -> bool:
        """Is this one of the values?"""
        raise NotImplementedError


@dataclass(frozen=True)
class Choices(Dimension):
    """One of several values."""

    choices: tuple[Any, ...]

    def suggest(self, name: str, trial: ValueSource) -> Any:
        labels = [as_label(choice) for choice in self.choices]
        return self.choices[labels.index(trial.suggest_categorical(name, labels))]

    def grid(self) -> list[Any]:
        return list(self.choices)

    def holds(self, value: Any) -> bool:
        return as_label(value) in [as_label(choice) for choice in self.choices]


@dataclass(frozen=True)
class Numbers(Dimension):
    """A number from low to high, both included; whole ones where the field holds those."""

    low: float
    high: float
    log: bool = False  # as many between 1 and 10 as between 10 and 100
    steps: int = 0  # for a grid: how many
    is_whole: bool = False

    def suggest(self, name: str, trial: ValueSource) -> Any:
        if self.is_whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def grid(self) -> list[Any]:
        shares = [step / max(1, self.steps - 1) for step in range(self.steps)]
        numbers = [self.interpolate(share) for share in shares]
        return list(dict.fromkeys(map(round, numbers))) if self.is_whole else numbers

    def interpolate(self, share: float) -> float:
        """Return the number at a share of the way from low to high."""
        if share in {0, 1}:
            return self.high if share else self.low  # to the last bit
        if self.log:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + (self.high - self.low) * share

    def holds(self, value: Any) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


Space: TypeAlias = dict[str, Dimension]


def as_label(value: Any) -> Any:
    """Write a value as Optuna stores it: lists and tables as JSON."""
    return json.dumps(value) if isinstance(value, list | tuple | dict) else value


def suggest_values(space: Space, trial: ValueSource) -> Values:
    """Let a trial choose a value for every field that is open."""
    values: Values = {}
    for name, dimension in space.items():
        if dimension.is_open(values):
            values[name] = dimension.suggest(name, trial)
    return values


def build_grid(space: Space) -> Iterator[Values]:
    """List every combination of a grid."""
    for combination in itertools.product(*(dimension.grid() for dimension in space.values())):
        yield dict(zip(space, combination, strict=True))


def configure_trial(fixed: Mapping[str, Any], values: Values) -> Configuration:
    """Make the configuration of a trial: what is fixed, changed by the values.

    Raises: UsageError.
    """
    tried = {name.partition(".")[0] for name in values}
    choices = {name: dict(it) if isinstance(it, Mapping) else it for name, it in fixed.items()}
    for name, value in values.items():
        table, _, inner = name.partition(".")
        if inner:
            choices[table] = {**choices.get(table, {}), inner: value}
        else:
            choices[name] = value
    with options_spelled(lambda key: f"{'space' if key in tried else 'fixed'}.{key}"):
        configuration = Configuration(**resolve_keys(choices))
        if configuration.epochs == 0:
            raise OptionError("epochs", "{epochs} is 0; a trial needs 1 or more")
    return configuration


def read_space(tables: Mapping[str, Any], fixed: Mapping[str, Any]) -> Space:
    """Read a space, and try its corners: each must be a configuration.

    Raises: UsageError.
    """
    space: Space = {}
    for name, table in flatten(tables):
        key, dot, inner = name.partition(".")
        one = find_option(key)
        if not one.is_searchable:
            raise UsageError(f"{name} is the same in all trials of a sweep, it belongs in [fixed]")
        name = one.key + dot + inner
        space[name] = read_dimension(name, table, space)
    if not space:
        raise UsageError("the space is empty, expected a table such as [space.learning_rate]")
    ends = {name: dimension_ends(dimension) for name, dimension in space.items()}
    for name, values in ends.items():
        for value in values:
            configure_trial(fixed, {name: value})
    return space


def dimension_ends(dimension: Dimension) -> list[Any]:
    """List the values between which all others lie."""
    if isinstance(dimension, Numbers):
        ends = [dimension.low, dimension.high]
        return [int(end) for end in ends] if dimension.is_whole else ends
    return dimension.grid()


def flatten(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Name the tables of a file: those of `augment` as in "augment.shift".

    Raises: UsageError.
    """
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UsageError(
                f"space.{prefix}{name} is {table!r}, expected low and high, or choices"
            )
        if prefix or name != "augment":
            yield prefix + name, table
        else:
            yield from flatten(table, f"{name}.")


def read_dimension(name: str, table: Mapping[str, Any], before: Space) -> Dimension:
    """Read the table of one field; `before` is what comes before it in the file.

    Raises: UsageError.
    """
    for key in table:
        check_name(f"key of space.{name}", key, ("low", "high", "log", "steps", "choices", "when"))
    when = read_conditions(name, table.get("when", {}), before)
    if "choices" in table:
        choices = table["choices"]
        if len(table.keys() - {"when"}) > 1 or not isinstance(choices, list) or not choices:
            raise UsageError(f"space.{name} is {dict(table)}, expected some choices and no range")
        return Choices(tuple(choices), when=when)
    return read_numbers(name, table, when)


def read_numbers(
    name: str, table: Mapping[str, Any], when: Mapping[str, tuple[Any, ...]]
) -> Numbers:
    """Read a range.

    Raises: UsageError.
    """
    low, high = read_number(name, table, "low"), read_number(name, table, "high")
    log, steps = table.get("log", False), table.get("steps", 0)
    if not low < high:
        raise UsageError(f"space.{name} is from {low} to {high}, expected low < high")
    if type(log) is not bool or (log and low <= 0):
        raise UsageError(f"space.{name} has log = {log!r} from {low}, which needs true and low > 0")
    if type(steps) is not int or steps < 0:
        raise UsageError(f"space.{name} has steps = {steps!r}, expected a whole number")
    is_whole = isinstance(find_option(name.partition(".")[0]).kind, Whole)
    if is_whole and not (type(low) is int and type(high) is int):
        raise UsageError(f"space.{name} is from {low} to {high}, expected whole numbers")
    return Numbers(low, high, log, steps, is_whole, when=when)


def read_number(name: str, table: Mapping[str, Any], key: str) -> float:
    """Read an end of a range.

    Raises: UsageError.
    """
    value = table.get(key)
    largest = sys.float_info.max  # what a whole number may exceed, and a float may not
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not -largest <= value <= largest
    ):
        raise UsageError(f"space.{name} has {key} = {value!r}, expected a number, or choices")
    return value


def read_conditions(name: str, table: Any, before: Space) -> dict[str, tuple[Any, ...]]:
    """Read which values of other fields a field is tried with.

    Raises: UsageError.
    """
    if not isinstance(table, dict):
        raise UsageError(f"space.{name} has when = {table!r}, expected {{ field = value }}")
    conditions = {}
    for other, allowed in table.items():
        if other not in before:
            raise UsageError(
                f"space.{name} has when {other}; expected a field of a table before it",
                suggest_name(other, before),
            )
        conditions[other] = tuple(allowed) if isinstance(allowed, list) else (allowed,)
        for value in conditions[other]:
            if not before[other].holds(value):
                raise UsageError(f"space.{name} has when {other} = {value!r}, which is never tried")
    return conditions
