"""Every choice that a run can make: its default, its range, its name."""

import difflib
from collections.abc import Collection
from dataclasses import asdict, dataclass, field, replace
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from network.core.activations import ACTIVATIONS
from network.core.initializers import INITIALIZERS
from network.core.losses import LOSSES
from network.core.schedules import SCHEDULES
from network.images.augmentation import AUGMENTATIONS
from network.layers.text import parse_layers
from network.training.more_optimizers import OPTIMIZERS
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
    "weight_decay": (0, 1e3),
    "batch_size": (1, 1_000_000),
    "epochs": (0, 100_000),
    "seed": (0, 2**63 - 1),
    "validation": (0, 0.9),
    "limit": (1, 1_000_000_000),
    "label_smoothing": (0, 0.5),
    "average": (0, 0.999999),
    "clip": (1e-6, 1e6),
    "patience": (1, 100_000),
    "shards": (1, 64),
    "gain": (0, 1e3),
}


@dataclass(frozen=True)
class Configuration:
    """What a run is made of; the defaults are the seed's network, trained so that it learns."""

    dataset: str = "mnist"  # one of `pipeline list`; the cache knows
    hidden: tuple[int, ...] = (30,)  # neurons of each hidden layer
    layers: str | None = None  # all before the outputs, in the place of hidden and activation
    activation: str = "sigmoid"  # of the hidden layers; the outputs' belongs to the loss
    initializer: str = "uniform"
    loss: str = "squared-error"
    optimizer: str = "sgd"
    learning_rate: float | None = None  # None: the one that suits loss and optimizer
    weight_decay: float | None = None  # the same
    momentum: float | None = None  # None: the optimizer's own
    schedule: str = "cosine"
    batch_size: int = 32
    epochs: int = 40
    seed: int = 0
    validation: float = 0.1  # share of the training examples that is held out
    limit: int | None = None  # use only the first so many training examples
    start: str | None = None  # the run whose parameters to begin with
    label_smoothing: float = 0.0  # share of every label that is spread over all classes
    augment: dict[str, float] = field(default_factory=dict)  # how to change images, how much
    average: float = 0.0  # decay of the moving average to answer with; 0: the last parameters
    clip: float | None = None  # the longest that the gradients may be, as one vector
    patience: int | None = None  # epochs without a better validation before it stops
    shards: int = 1  # parts of a batch that threads compute at once
    gain: float = 1.0  # what the first weights are multiplied by

    def __post_init__(self) -> None:
        for name, known in REGISTRIES.items():
            check_name(name, getattr(self, name), known)
        for name, (low, high) in RANGES.items():
            check_range(name, getattr(self, name), low, high)
        optimizer = OPTIMIZERS[self.optimizer]
        check_range("learning_rate", self.learning_rate, *optimizer.learning_rate_range)
        check_range("momentum", self.momentum, *optimizer.momentum_range)
        for size in self.hidden:
            check_range("hidden", size, 1, 100_000)
        parse_layers(self.layers or "")
        for name, strength in self.augment.items():
            check_name("augment", name, AUGMENTATIONS)
            check_range(f"augment {name}", strength, 0, AUGMENTATIONS[name].highest)
        if self.patience is not None and self.validation == 0:
            raise UsageError("patience needs examples to validate on, and validation is 0")

    def with_suitable_rates(self) -> "Configuration":
        """Fill in the learning rate and the weight decay that were left open."""
        learning_rate, weight_decay = OPTIMIZERS[self.optimizer].rates[self.loss]
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
    try:
        return configuration_of({**values, "hidden": values.get("hidden", ())})
    except (UsageError, TypeError) as error:
        raise CorruptError(f"{where}: {error}") from error


def configuration_of(values: dict[str, Any]) -> Configuration:
    """Make the configuration of some choices that come from a file; the rest are defaults.

    Raises: UsageError for what we do not know, TypeError or UsageError for what it cannot be.
    """
    hints = get_type_hints(Configuration)
    for name, value in values.items():
        check_name("field", name, hints)
        if not fits_type(value, hints[name]):
            kind = str(getattr(hints[name], "__name__", hints[name]))
            raise UsageError(f"{name} is {value!r}, expected {kind}"[:500])
    return Configuration(**values | {"hidden": tuple(values.get("hidden", Configuration.hidden))})


def fits_type(value: Any, hint: Any) -> bool:
    """Is this a value of an annotated type? A list is a tuple there, an integer a float."""
    if isinstance(hint, UnionType):
        return any(fits_type(value, one) for one in get_args(hint))
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is dict:
        return isinstance(value, dict) and all(fits_type(one, inner[1]) for one in value.values())
    if kind is tuple:
        return isinstance(value, list | tuple) and all(fits_type(one, inner[0]) for one in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)


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


def parse_augment(text: str) -> dict[str, float]:
    """Read how much to change images: "shift=2,rotate=10", or "none".

    Raises: UsageError.
    """
    if text.strip().lower() == "none":
        return {}
    try:
        pairs = [part.split("=") for part in text.split(",")]
        return {name.strip(): float(strength) for name, strength in pairs}
    except ValueError:
        raise UsageError(f"augment is {text!r}, expected some like shift=2,rotate=10") from None
