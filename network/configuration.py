"""Every choice that a run can make: its default, its range, its name."""

import difflib
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from network.activations import ACTIVATIONS
from network.initializers import INITIALIZERS
from network.losses import LOSSES
from network.optimizers import OPTIMIZERS
from network.schedules import SCHEDULES
from pipeline.errors import CorruptError, UsageError

REGISTRIES: dict[str, Collection[str]] = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
}

# name -> lowest and highest value that makes sense
RANGES: dict[str, tuple[float, float]] = {
    "learning_rate": (1e-12, 1e6),
    "weight_decay": (0, 1e3),
    "batch_size": (1, 1_000_000),
    "epochs": (0, 100_000),
    "seed": (0, 2**63 - 1),
    "validation": (0, 0.9),
    "limit": (1, 1_000_000_000),
}

# (loss, optimizer) -> learning rate and weight decay, chosen on validation (docs/results.md)
SUITABLE_RATES: dict[tuple[str, str], tuple[float, float]] = {
    ("squared-error", "sgd"): (7.0, 2.4e-5),
    ("squared-error", "momentum"): (0.7, 2.4e-4),
    ("squared-error", "nesterov"): (0.7, 2.4e-4),
    ("squared-error", "rmsprop"): (0.02, 0.03),
    ("squared-error", "adam"): (0.02, 0.03),
    ("squared-error", "lion"): (0.0003, 0.5),
    ("cross-entropy", "sgd"): (1.0, 1e-4),
    ("cross-entropy", "momentum"): (0.1, 1e-3),
    ("cross-entropy", "nesterov"): (0.1, 1e-3),
    ("cross-entropy", "rmsprop"): (0.01, 0.03),
    ("cross-entropy", "adam"): (0.01, 0.03),
    ("cross-entropy", "lion"): (0.002, 0.1),
    ("binary-cross-entropy", "sgd"): (1.0, 1e-4),
    ("binary-cross-entropy", "momentum"): (0.1, 1e-3),
    ("binary-cross-entropy", "nesterov"): (0.1, 1e-3),
    ("binary-cross-entropy", "rmsprop"): (0.01, 0.03),
    ("binary-cross-entropy", "adam"): (0.01, 0.03),
    ("binary-cross-entropy", "lion"): (0.0003, 0.1),
}


@dataclass(frozen=True)
class Configuration:
    """What a run is made of; the defaults are the seed's network, trained so that it learns."""

    dataset: str = "mnist"  # one of `pipeline list`; the cache knows
    hidden: tuple[int, ...] = (30,)  # neurons of each hidden layer
    activation: str = "sigmoid"  # of the hidden layers; the outputs' belongs to the loss
    initializer: str = "uniform"
    loss: str = "squared-error"
    optimizer: str = "sgd"
    learning_rate: float | None = None  # None: the one that suits loss and optimizer
    weight_decay: float | None = None  # the same
    schedule: str = "cosine"
    batch_size: int = 32
    epochs: int = 40
    seed: int = 0
    validation: float = 0.1  # share of the training examples that is held out
    limit: int | None = None  # use only the first so many training examples
    start: str | None = None  # the run whose parameters to begin with

    def __post_init__(self) -> None:
        for name, known in REGISTRIES.items():
            check_name(name, getattr(self, name), known)
        for name, (low, high) in RANGES.items():
            check_range(name, getattr(self, name), low, high)
        for size in self.hidden:
            check_range("hidden", size, 1, 100_000)

    def with_suitable_rates(self) -> "Configuration":
        """Fill in the learning rate and the weight decay that were left open."""
        learning_rate, weight_decay = SUITABLE_RATES[self.loss, self.optimizer]
        return replace(
            self,
            learning_rate=learning_rate if self.learning_rate is None else self.learning_rate,
            weight_decay=weight_decay if self.weight_decay is None else self.weight_decay,
        )

    def to_dict(self) -> dict[str, Any]:
        """Turn the choices into plain data."""
        return asdict(self)


def configuration_from_dict(values: dict[str, Any], where: str) -> Configuration:
    """Read plain data back; `where` names its file in errors.

    Raises: CorruptError for fields or values that this version does not know.
    """
    unknown = values.keys() - {field.name for field in fields(Configuration)}
    if unknown:
        raise CorruptError(f"{where}: unknown field {min(unknown)!r} in the configuration")
    try:
        return Configuration(**{**values, "hidden": tuple(values.get("hidden", ()))})
    except (UsageError, TypeError) as error:
        raise CorruptError(f"{where}: {error}") from error


def check_name(option: str, name: str, known: Collection[str]) -> None:
    """Refuse a name that is in no registry, and suggest the nearest.

    Raises: UsageError.
    """
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]}?" if near else ""
        raise UsageError(f"{option} {name!r} is unknown, we know {', '.join(known)}", hint)


def check_range(option: str, value: float | None, low: float, high: float) -> None:
    """Refuse a number that makes no sense; None is a choice left open.

    Raises: UsageError.
    """
    if value is not None and not low <= value <= high:
        raise UsageError(f"{option.replace('_', '-')} is {value}, expected {low:g} to {high:g}")


def parse_hidden(text: str) -> tuple[int, ...]:
    """Read hidden sizes: "30", "128,64", or "none" for no hidden layer.

    Raises: UsageError.
    """
    if text.strip().lower() == "none":
        return ()
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise UsageError(f"hidden is {text!r}, expected sizes such as 30 or 128,64") from None
