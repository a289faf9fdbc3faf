"""All settings of a training, declared once: `Configuration` and its options.

A new option is one field here, and its use. This module does not import NumPy before a
configuration is created, so that `--help` is fast.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Unpack

from network.training.checks import MAX_SHOWN
from network.training.option import (
    AUTOMATIC,
    Group,
    Option,
    OptionError,
    Slider,
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
from network.training.other_names import suggest_option
from pipeline.errors import COPY_AGAIN, CorruptError, UsageError
from pipeline.storage.value_equality import ValueEquality

if TYPE_CHECKING:
    from network.training.option_types import ConfigurationTypes

OPTIMIZERS = Registry("network.training.optimizers:OPTIMIZERS")

# The version of the rules of training; a run keeps the one that it began with.
# 1: the weight average moves every fourth step, and warm-cosine begins with a rate of 0
# 2: the weight average moves at every step, and warm-cosine begins with 1/25 of the rate
RULES = 2
FIRST_RULES = 1  # of a run without a version of the rules


# Functions that return where an option has no effect, as text; empty if it has one.


def beside_layers(chosen: "Configuration") -> str:
    """Return where hidden layers are not described by sizes."""
    return "with {layers}, which lists every layer before the output" if chosen.layers else ""


def beside_start(chosen: "Configuration") -> str:
    """Return where the model is that of another run."""
    return "with {start}, which keeps the layers of that run" if chosen.start else ""


def without_hidden(chosen: "Configuration") -> str:
    """Return where there is no hidden layer."""
    return "without hidden layers: {hidden} is none" if not chosen.hidden else ""


def beyond_the_batch(chosen: "Configuration") -> str:
    """Return where threads would get no image."""
    few = chosen.shards > chosen.batch_size
    return f"beyond one thread per image: {{batch_size}} is {chosen.batch_size}" if few else ""


@dataclass(frozen=True, eq=False)
class Configuration(ValueEquality):
    """All settings of a run; the defaults are those of the textbook's network.

    A configuration is checked and completed when it is created: if the learning rate or the weight
    decay is not set, it becomes the one that suits the loss and the optimizer. A copy by
    `dataclasses.replace` keeps both rates, even with another loss: give it suitable ones, too.

    The order of the fields is that of config.json.

    Raises: OptionError for a value that is out of range or cannot be combined with another.

    Example:
        >>> configuration = Configuration(hidden=[128, 64], optimizer="adam")
        >>> configuration.hidden, configuration.epochs
        ((128, 64), 40)
    """

    dataset: str = option(
        "mnist",
        Name("mnist"),
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
        useless=(beside_layers, beside_start),
    )
    layers: str | None = option(
        None,
        LayersText(),
        'Layers before the output, such as "Conv2D(16, 5), ReLU, Flatten"; replaces hidden sizes',
        Group.MODEL,
        default_words="a Linear layer and an activation for each hidden size",
        useless=(beside_start,),
    )
    activation: str = option(
        "sigmoid",
        Choice(Registry("network.layers.activations:ACTIVATIONS")),
        "Activation of the hidden layers",
        Group.MODEL,
        useless=(beside_layers, beside_start, without_hidden),
    )
    initializer: str = option(
        "uniform",
        Choice(Registry("network.core.initializers:INITIALIZERS")),
        "Distribution of the initial weights",
        Group.MODEL,
        useless=(beside_layers, beside_start),
    )
    loss: str = option(
        "squared-error",
        Choice(Registry("network.training.losses:LOSSES")),
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
        "Highest learning rate of the schedule",
        Group.OPTIMIZATION,
        default_words="depends on loss and optimizer",
        is_basic=True,
        is_live=True,
        slider=Slider(1e-5, 100, "logarithmic"),
    )
    weight_decay: float = option(
        AUTOMATIC,
        Number(0, 1e3, 0.001),
        "Strength of the weight decay",
        Group.REGULARIZATION,
        default_words="depends on loss and optimizer",
        is_live=True,
        slider=Slider(1e-7, 1, "logarithmic"),
    )
    momentum: float | None = option(
        None,
        Number(example=0.9),
        "Momentum, for optimizers that have one",
        Group.OPTIMIZATION,
        default_words="depends on the optimizer",
        is_live=True,
        slider=Slider(0, 0.999, lacks="not used by this optimizer"),
    )
    schedule: str = option(
        "cosine",
        Choice(Registry("network.training.schedules:SCHEDULES")),
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
        Name("784-30-10-1", "RUN"),
        "Run whose weights are the initial weights",
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
        "Random changes to the training images, such as shift=2,rotate=10",
        Group.REGULARIZATION,
        label="Augmentation",
        is_live=True,
    )
    european: float = option(
        0.0,
        Number(0, 1, 0.3),
        "Fraction of the training images of 1, 2, 4, 7 and 9 to redraw in European shapes",
        Group.REGULARIZATION,
        label="European shapes",
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
        useless=(beyond_the_batch,),
    )
    gain: float = option(
        1.0,
        Number(0, 1e3, 1.0, "SCALE"),
        "Scale of the initial weights",
        Group.MODEL,
        label="Scale of initial weights",
        aliases=("init_scale",),
        useless=(beside_start,),
    )
    rules: int = RULES  # not offered on the command line; a file can have it

    if TYPE_CHECKING:  # arguments may have other types than the values that the fields then have

        def __init__(self, **options: Unpack[ConfigurationTypes]) -> None: ...

    def __post_init__(self) -> None:
        COUNTED_RULES.check(self.rules)
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
                "patience", "{patience} needs validation images, but {validation} is 0"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return asdict(self)


OPTIONS: dict[str, Option] = find_options(Configuration)
COUNTED_RULES = Option(Whole(FIRST_RULES, RULES, RULES), RULES, "", Group.RUN, "rules")
KEYS = {key: one.key for one in OPTIONS.values() for key in (one.key, *one.aliases)}


def find_option(key: str) -> Option:
    """Return the option of a key, which may be an alias.

    Raises: UsageError, with the nearest key.
    """
    if key not in KEYS:
        raise UsageError(f'"{key}" is not a training option', suggest_option(key, OPTIONS))
    return OPTIONS[KEYS[key]]


def configuration_from_dict(values: dict[str, Any], where: str) -> Configuration:
    """Return the configuration of plain data; `where` names its file in errors.

    Raises: CorruptError for fields or values that this version does not know.
    """
    former: dict[str, Any] = {"hidden": (), "rules": FIRST_RULES}  # if a file has neither
    try:
        saved = resolve_keys(values)
        if saved.get("layers") == "":  # which an earlier version took as not set
            saved["layers"] = None
        return Configuration(**former | saved)
    except UsageError as error:
        raise CorruptError(f"{where}: {error.message}", error.hint or COPY_AGAIN) from error


def build_configuration(values: Mapping[str, Any]) -> Configuration:
    """Return the configuration of chosen values, which have keys or aliases.

    Raises: UsageError for a key that is unknown, OptionError for a value that is out of range or
    that another value leaves without effect.
    """
    chosen = resolve_keys(values)
    configuration = Configuration(**chosen)
    for key in useless_options(chosen, configuration):
        where = next(filter(None, (find(configuration) for find in OPTIONS[key].useless)))
        value = OPTIONS[key].kind.format(getattr(configuration, key))[:MAX_SHOWN]
        words = f"{{{key}}} is {{value}} and has no effect {where}; leave it out"
        raise OptionError(key, words, value=value)
    return configuration


def useless_options(chosen: Collection[str], configuration: Configuration) -> list[str]:
    """Return which of the options that were chosen have no effect in a configuration."""
    options = [OPTIONS[key] for key in chosen if key in OPTIONS]
    return [one.key for one in options if any(find(configuration) for find in one.useless)]


def resolve_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by the keys of their options, instead of aliases.

    Raises: UsageError for a key that is unknown.
    """
    return {
        key if key == COUNTED_RULES.key else find_option(key).key: value
        for key, value in values.items()
    }
