"""Every choice that a training can make, declared once: `Configuration` and its options.

A new option is one field here, and its use. Nothing here imports NumPy before a configuration is
made, so that `--help` answers at once.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from network.training.checks import suggest_name
from network.training.option import (
    AUTOMATIC,
    Group,
    Option,
    OptionError,
    find_options,
    option,
)
from network.training.option_values import (
    Choice,
    LayersText,
    Name,
    Number,
    Registry,
    Sizes,
    Strengths,
    Whole,
)
from pipeline.errors import CorruptError, UsageError

OPTIMIZERS = Registry("network.training.more_optimizers:OPTIMIZERS")


@dataclass(frozen=True)
class Configuration:
    """All choices of a run; the defaults are the textbook's network, trained so that it learns.

    A configuration is checked and complete when it is made: the learning rate and the weight
    decay that suit its loss and optimizer are filled in where they were left open.

    The order of the fields is that of config.json.

    Raises: OptionError for a value that is out of range or does not go with another.
    """

    dataset: str = option(
        "mnist",
        Name(),
        "Dataset, one of `pipeline list`",
        Group.DATA,
        is_searchable=False,
    )
    hidden: tuple[int, ...] = option(
        (30,),
        Sizes(Whole(1, 100_000, 30)),
        "Sizes of the hidden layers, such as 128,64, or none",
        Group.MODEL,
        label="Hidden sizes",
        is_basic=True,
    )
    layers: str | None = option(
        None,
        LayersText(),
        'Layers before the output, such as "Conv2D(16, 5), ReLU, Flatten", instead of hidden sizes',
        Group.MODEL,
        default_words="one Linear and activation for each hidden size",
    )
    activation: str = option(
        "sigmoid",
        Choice(Registry("network.core.activations:ACTIVATIONS")),
        "Activation of the hidden layers",
        Group.MODEL,
    )
    initializer: str = option(
        "uniform",
        Choice(Registry("network.core.initializers:INITIALIZERS")),
        "Distribution of the initial weights",
        Group.MODEL,
    )
    loss: str = option(
        "squared-error",
        Choice(Registry("network.core.losses:LOSSES")),
        "Loss",
        Group.OPTIMIZATION,
        is_basic=True,
    )
    optimizer: str = option(
        "sgd",
        Choice(OPTIMIZERS),
        "Optimizer",
        Group.OPTIMIZATION,
        is_basic=True,
    )
    learning_rate: float = option(
        AUTOMATIC,
        Number(example=0.5),
        "Learning rate at the schedule's peak",
        Group.OPTIMIZATION,
        default_words="suited to loss and optimizer",
        is_basic=True,
        is_live=True,
    )
    weight_decay: float = option(
        AUTOMATIC,
        Number(0, 1e3, 0.001),
        "Strength of the weight decay",
        Group.REGULARIZATION,
        default_words="suited to loss and optimizer",
        is_live=True,
    )
    momentum: float | None = option(
        None,
        Number(example=0.9),
        "Momentum, for an optimizer that has one",
        Group.OPTIMIZATION,
        default_words="the optimizer's",
        is_live=True,
    )
    schedule: str = option(
        "cosine",
        Choice(Registry("network.core.schedules:SCHEDULES")),
        "Learning rate schedule",
        Group.OPTIMIZATION,
    )
    batch_size: int = option(
        32, Whole(1, 1_000_000, 32), "Images per step", Group.OPTIMIZATION, is_basic=True
    )
    epochs: int = option(
        40,
        Whole(0, 100_000, 40),
        "Number of epochs",
        Group.OPTIMIZATION,
        is_basic=True,
        is_live=True,
    )
    seed: int = option(0, Whole(0, 2**63 - 1, 0), "Random seed", Group.RUN)
    validation: float = option(
        0.1,
        Number(0, 0.9, 0.1),
        "Fraction of the training images used for validation",
        Group.DATA,
        label="Validation fraction",
    )
    limit: int | None = option(
        None,
        Whole(1, 1_000_000_000, 6000),
        "Number of images to use, from the first on",
        Group.DATA,
        default_words="all",
        label="Training images",
        is_basic=True,
    )
    start: str | None = option(
        None,
        Name("RUN"),
        "Run whose weights training starts from",
        Group.RUN,
        default_words="new weights",
        label="Start from",
        flag="--from",
        is_searchable=False,
    )
    label_smoothing: float = option(
        0.0,
        Number(0, 0.5, 0.1),
        "Fraction of each label that is spread over all classes",
        Group.REGULARIZATION,
    )
    augment: dict[str, float] = option(
        {},
        Strengths(Registry("network.images.augmentation:AUGMENTATIONS")),
        "Random changes of the training images, such as shift=2,rotate=10",
        Group.REGULARIZATION,
        label="Augmentation",
        is_live=True,
    )
    average: float = option(
        0.0,
        Number(0, 0.999999, 0.999),
        "Decay of the weight average (EMA) used for prediction; 0 turns it off",
        Group.OPTIMIZATION,
        label="Weight average",
        aliases=("ema",),
    )
    clip: float | None = option(
        None,
        Number(1e-6, 1e6, 1.0, "NORM"),
        "Maximum gradient norm",
        Group.OPTIMIZATION,
        default_words="no limit",
        aliases=("clip_norm",),
    )
    patience: int | None = option(
        None,
        Whole(1, 100_000, 5),
        "Epochs without improvement before early stopping",
        Group.REGULARIZATION,
        default_words="off",
    )
    shards: int = option(
        1,
        Whole(1, 64, 2),
        "Threads per batch, each with an equal share of the images",
        Group.RUN,
        label="Threads per batch",
    )
    gain: float = option(
        1.0,
        Number(0, 1e3, 1.0, "SCALE"),
        "Scale of the initial weights",
        Group.MODEL,
        label="Scale of initial weights",
        aliases=("init_scale",),
    )

    def __post_init__(self) -> None:
        for name, one in OPTIONS.items():
            object.__setattr__(self, name, one.check(getattr(self, name)))
        optimizer = OPTIMIZERS.entries()[self.optimizer]
        for name, suitable in zip(
            ("learning_rate", "weight_decay"), optimizer.rates[self.loss], strict=True
        ):
            if getattr(self, name) is None:
                object.__setattr__(self, name, suitable)
        OPTIONS["learning_rate"].within(*optimizer.learning_rate_range).check(self.learning_rate)
        OPTIONS["momentum"].within(*optimizer.momentum_range).check(self.momentum)
        if self.patience is not None and self.validation == 0:
            raise OptionError(
                "patience", "{patience} needs images to validate on, but {validation} is 0"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the choices as plain data."""
        return asdict(self)


OPTIONS: dict[str, Option] = find_options(Configuration)
KEYS = {key: one.key for one in OPTIONS.values() for key in (one.key, *one.aliases)}


def find_option(key: str) -> Option:
    """Return the option of a key, which may be an alias.

    Raises: UsageError, with the nearest key.
    """
    if key not in KEYS:
        raise UsageError(
            f'"{key}" is not an option of a training',
            suggest_name(key, OPTIONS) or "`network train --help` lists them",
        )
    return OPTIONS[KEYS[key]]


def configuration_from_dict(values: dict[str, Any], where: str) -> Configuration:
    """Return the configuration of plain data; `where` names its file in errors.

    Raises: CorruptError for fields or values that this version does not know.
    """
    try:
        return build_configuration({**values, "hidden": values.get("hidden", ())})
    except UsageError as error:
        raise CorruptError(f"{where}: {error}") from error


def build_configuration(values: Mapping[str, Any]) -> Configuration:
    """Return the configuration of some values, by keys or aliases; the rest are defaults.

    Raises: UsageError for a key that is unknown, OptionError for a value.
    """
    return Configuration(**resolve_keys(values))


def resolve_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the keys of their options, where they may stand under aliases.

    Raises: UsageError for a key that is unknown.
    """
    return {find_option(key).key: value for key, value in values.items()}
