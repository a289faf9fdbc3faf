"""One option of a training: value, default, range, help and group, declared in one place.

`Configuration` declares its fields with `option(...)`. The command line, the reader of TOML
files, the lab's form, the space of a sweep and docs/reference/options.md are made from these
declarations.
This module does not import NumPy, so that `--help` is fast.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import partial
from typing import Any, Literal, TypeAlias, TypeVar, overload

from network.training.option_values import InvalidValueError, Kind, Number
from pipeline.errors import UsageError

V = TypeVar("V")
Useless: TypeAlias = Callable[[Any], str]  # a configuration -> where it has no effect, or empty


class Group(StrEnum):
    """Topic of an option: a heading of the form and of the documents, in this order."""

    MODEL = "Model"
    OPTIMIZATION = "Optimization"
    REGULARIZATION = "Regularization"
    DATA = "Data"
    RUN = "Run"


class OptionError(UsageError):
    """An invalid value of an option, or one that cannot be combined with another option.

    `words` name each option as `{its_key}`. The code that catches the error replaces that by the
    user's form: `--learning-rate` on the command line, `learning_rate` in a file, Learning rate in
    the lab. Options are replaced only once.
    """

    def __init__(self, option: str, words: str, hint: str = "", **shown: str) -> None:
        self.mentioned = set(re.findall(r"{(\w+)}", words)) - shown.keys()
        super().__init__(words.format(**{key: key for key in self.mentioned}, **shown), hint)
        self.option, self.words, self.shown = option, words, shown

    def spelled(self, spell: Callable[[str], str]) -> "OptionError":
        """Return the same error with the options spelled by a function of their keys."""
        spellings = {key: spell(key) for key in self.mentioned}
        return OptionError(self.option, self.words, self.hint, **spellings, **self.shown)

    def __reduce__(self) -> tuple[Any, ...]:  # workers send errors to the process that started them
        return partial(OptionError, self.option, self.words, self.hint, **self.shown), ()


@contextmanager
def options_spelled(spell: Callable[[str], str]) -> Iterator[None]:
    """Spell the options in errors by a function of their keys.

    Raises: OptionError.
    """
    try:
        yield
    except OptionError as error:
        raise error.spelled(spell) from None


@dataclass(frozen=True)
class Slider:
    """A slider of the lab, for a number that can be changed while a run is trained."""

    low: float
    high: float
    scale: Literal["linear", "logarithmic"] = "linear"  # logarithmic: the lower end is 0
    lacks: str = ""  # reason why it is disabled, for runs without such a number


@dataclass(frozen=True)
class Option:
    """An option with its value, help and other properties."""

    kind: Kind[Any]
    default: Any
    help: str  # a noun phrase without a full stop
    group: Group
    key: str = ""  # in a file; the name of the configuration's field
    default_words: str = ""  # where the default is not a value, as in "no limit"
    label: str = ""  # of the form's field
    flag: str = ""  # on the command line
    aliases: tuple[str, ...] = ()  # further keys, accepted and not shown
    is_basic: bool = False  # in the part of the form that is always visible
    is_live: bool = False  # can be changed while a run is trained
    slider: Slider | None = None  # of a number that is live; without one the lab does not show it
    is_searchable: bool = True  # can differ between the trials of a sweep
    useless: tuple[Useless, ...] = ()  # where another option leaves it without effect

    def read(self, text: str) -> Any:
        """Return the value of a text, which is not checked yet.

        Raises: OptionError.
        """
        with self.explain(text):
            return self.kind.read(text)

    def check(self, value: Any) -> Any:
        """Return the value in the form of a configuration; None is accepted as not set.

        Raises: OptionError.
        """
        if value is None and self.default is None:
            return None
        with self.explain(value):
            return self.kind.check(value)

    def within(self, low: float, high: float) -> "Option":
        """Return the same option with another range."""
        return replace(self, kind=Number(low, high))

    @contextmanager
    def explain(self, value: Any) -> Iterator[None]:
        """Convert the problem of a value into an error about this option."""
        try:
            yield
        except InvalidValueError as error:
            words = f"{{{self.key}}} is {{value}}; expected {{expected}}"
            shown = {"value": self.kind.show(value), "expected": error.expected}
            raise OptionError(self.key, words, error.hint, **shown) from None
        except UsageError as error:  # of a part of the value: one of several layers
            words = f"{{{self.key}}}: {{problem}}"
            raise OptionError(self.key, words, error.hint, problem=error.message) from None

    @property
    def default_text(self) -> str:
        """The default as it is typed, or in words; empty if the option is off without a value."""
        return self.default_words or (
            "" if self.default is None else self.kind.format(self.default)
        )

    @property
    def has_control(self) -> bool:
        """Whether the lab shows a control for it while a run is trained."""
        return self.is_live and (self.slider is not None or self.kind.field != "number")

    @property
    def help_text(self) -> str:
        """The help of the command line: description, choices, default."""
        choices = self.kind.choices()
        what = f"{self.help}: {', '.join(choices)}." if choices else f"{self.help}."
        return f"{what} [default: {self.default_text}]" if self.default_text else what


AUTOMATIC: Any = None  # a default that the configuration fills in itself


@overload
def option(default: V, kind: Kind[V], help: str, group: Group, **more: Any) -> V: ...


@overload
def option(default: None, kind: Kind[V], help: str, group: Group, **more: Any) -> V | None: ...


def option(default: Any, kind: Kind[Any], help: str, group: Group, **more: Any) -> Any:
    """Declare an option as a field of a dataclass; `Option` describes the arguments."""
    metadata = {"option": Option(kind, default, help, group, **more)}
    if isinstance(default, dict):
        return field(default_factory=default.copy, metadata=metadata)
    return field(default=default, metadata=metadata)


def find_options(configuration: type) -> dict[str, Option]:
    """Return the options that a dataclass declares, by their keys."""
    return {
        one.name: name_option(one.name, one.metadata["option"])
        for one in fields(configuration)
        if "option" in one.metadata
    }


def name_option(key: str, declared: Option) -> Option:
    """Fill in the label and the flag of an option from its key, unless it has others."""
    return replace(
        declared,
        key=key,
        label=declared.label or key.replace("_", " ").capitalize(),
        flag=declared.flag or f"--{key.replace('_', '-')}",
    )
