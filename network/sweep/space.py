"""The search space of a sweep: hyperparameters and the values of each.

A dimension is a table of a TOML file, named after the hyperparameter:

    [space.learning_rate]        [space.optimizer]              [space.augment.shift]
    low = 0.01                   choices = ["sgd", "adam"]      low = 0
    high = 10                                                   high = 3
    log = true                                                  when = { optimizer = "adam" }

With `when` a hyperparameter is only varied if others, of earlier tables, have these values.
"""

import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from network.training.checks import check_name, format_value, suggest_name
from network.training.configuration import Configuration, find_option, resolve_keys
from network.training.option import OptionError, options_spelled
from network.training.option_values import Whole
from pipeline.errors import UsageError

Values: TypeAlias = dict[str, Any]  # name, such as "augment.shift" -> value


class ValueSource(Protocol):
    """A source of values, such as a trial of Optuna."""

    def suggest_categorical(self, name: str, choices: Any) -> Any: ...

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int: ...


@dataclass(frozen=True)
class Dimension:
    """The values of one hyperparameter, and the condition for varying it."""

    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict, kw_only=True)

    def is_open(self, values: Values) -> bool:
        """Return whether the condition is met, given the values chosen before."""
        return all(values.get(name) in allowed for name, allowed in self.when.items())

    def suggest(self, name: str, trial: ValueSource) -> Any:
        """Return a value that the trial chooses."""
        raise NotImplementedError

    def grid(self) -> list[Any]:
        """List the values that a grid tries."""
        raise NotImplementedError

    def holds(self, value: Any) -> bool:
        """Return whether this is one of the values."""
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
    """A number from low to high, both included; whole if the hyperparameter is."""

    low: float
    high: float
    log: bool = False  # on a logarithmic scale: as many from 1 to 10 as from 10 to 100
    steps: int = 0  # number of values in a grid
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
        """Return the number at a share of the distance from low to high."""
        if share in {0, 1}:
            return self.high if share else self.low  # exact
        if self.log:
            return float(self.low * (self.high / self.low) ** share)
        return self.low + (self.high - self.low) * share

    def holds(self, value: Any) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


Space: TypeAlias = dict[str, Dimension]


def as_label(value: Any) -> Any:
    """Return a value as Optuna stores it: lists and tables as JSON."""
    return json.dumps(value) if isinstance(value, list | tuple | dict) else value


def suggest_values(space: Space, trial: ValueSource) -> Values:
    """Return the values of a trial, for hyperparameters whose condition is met."""
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
    """Build the configuration of a trial: the fixed settings, changed by the values.

    Raises: UsageError.
    """
    choices = {name: dict(it) if isinstance(it, Mapping) else it for name, it in fixed.items()}
    for name, value in values.items():
        table, _, inner = name.partition(".")
        if inner:
            choices[table] = {**choices.get(table, {}), inner: value}
        else:
            choices[name] = value
    with plan_spelled(values):
        configuration = Configuration(**resolve_keys(choices))
        if configuration.epochs == 0:
            raise OptionError("epochs", "{epochs} is 0; a trial needs 1 or more")
    return configuration


def plan_spelled(values: Values) -> AbstractContextManager[None]:
    """Spell the options in errors of a trial with these values as its plan does."""
    tried = {name.partition(".")[0] for name in values}
    return options_spelled(lambda key: f"{'space' if key in tried else 'fixed'}.{key}")


def read_space(tables: Mapping[str, Any], fixed: Mapping[str, Any]) -> Space:
    """Read a space, and require that each end of its dimensions is valid.

    Raises: UsageError.
    """
    space: Space = {}
    for name, table in flatten(tables):
        key, dot, inner = name.partition(".")
        one = find_option(key)
        if not one.is_searchable:
            raise UsageError(f"space.{name} cannot vary between trials; set it in [fixed]")
        name = one.key + dot + inner
        space[name] = read_dimension(name, table, space)
    if not space:
        raise UsageError("[space] is empty; expected a table such as [space.learning_rate]")
    ends = {name: dimension_ends(dimension) for name, dimension in space.items()}
    for name, values in ends.items():
        for value in values:
            configure_trial(fixed, {name: value})
    return space


def dimension_ends(dimension: Dimension) -> list[Any]:
    """Return the lowest and the highest value, or all choices."""
    if isinstance(dimension, Numbers):
        ends = [dimension.low, dimension.high]
        return [int(end) for end in ends] if dimension.is_whole else ends
    return dimension.grid()


def flatten(tables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the tables of a file by name, those of `augment` as in "augment.shift".

    Raises: UsageError.
    """
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UsageError(
                f"space.{prefix}{name} is {format_value(table)}; expected low and high, or choices"
            )
        if prefix or name != "augment":
            yield prefix + name, table
        else:
            yield from flatten(table, f"{name}.")


def read_dimension(name: str, table: Mapping[str, Any], before: Space) -> Dimension:
    """Read the table of one hyperparameter; `before` has the tables before it.

    Raises: UsageError.
    """
    for key in table:
        check_name(f"key of space.{name}", key, ("low", "high", "log", "steps", "choices", "when"))
    when = read_conditions(name, table.get("when", {}), before)
    if "choices" in table:
        choices = table["choices"]
        if len(table.keys() - {"when"}) > 1 or not isinstance(choices, list) or not choices:
            raise UsageError(
                f"space.{name} is {format_value(table)}; expected a list of choices, or a range"
            )
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
        raise UsageError(f"space.{name} is from {low} to {high}; expected low < high")
    if type(log) is not bool or (log and low <= 0):
        raise UsageError(
            f"space.{name} has log = {format_value(log)} and low = {low}; expected true and low > 0"
        )
    if type(steps) is not int or steps < 0:
        raise UsageError(f"space.{name} has steps = {format_value(steps)}; expected a whole number")
    is_whole = isinstance(find_option(name.partition(".")[0]).kind, Whole)
    if is_whole and not (type(low) is int and type(high) is int):
        raise UsageError(f"space.{name} is from {low} to {high}; expected whole numbers")
    return Numbers(low, high, log, steps, is_whole, when=when)


def read_number(name: str, table: Mapping[str, Any], key: str) -> float:
    """Read an end of a range.

    Raises: UsageError.
    """
    if key not in table:
        raise UsageError(f"space.{name} has no {key}; expected low and high, or choices")
    value = table.get(key)
    largest = sys.float_info.max  # a whole number may be larger, a float may not
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not -largest <= value <= largest
    ):
        raise UsageError(f"space.{name} has {key} = {format_value(value)}; expected a number")
    return value


def read_conditions(name: str, table: Any, before: Space) -> dict[str, tuple[Any, ...]]:
    """Read the condition of a hyperparameter: values of others that it needs.

    Raises: UsageError.
    """
    if not isinstance(table, dict):
        found = f"space.{name} has when = {format_value(table)}"
        raise UsageError(f"{found}; expected {{ name = value }}")
    conditions = {}
    for other, allowed in table.items():
        if other not in before:
            raise UsageError(
                f"space.{name} has when {other}; expected the name of an earlier table",
                suggest_name(other, before),
            )
        conditions[other] = tuple(allowed) if isinstance(allowed, list) else (allowed,)
        for value in conditions[other]:
            if not before[other].holds(value):
                raise UsageError(
                    f"space.{name} has when {other} = {format_value(value)}; "
                    f"expected a value in space.{other}"
                )
    return conditions
