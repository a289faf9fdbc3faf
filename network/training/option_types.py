"""Types of options in Python, so that type checkers find a wrong name or value.

Generated from the options in `network/training/configuration.py`:

make generated
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from network.core.layers import Layer


class OptionTypes(TypedDict, total=False):
    """Options by their keys, see docs/reference/options.md."""

    hidden: int | str | Sequence[int]
    layers: str | Sequence[Layer] | None
    activation: Literal[
        "sigmoid",
        "tanh",
        "relu",
        "leaky-relu",
        "gelu",
    ]
    initializer: Literal[
        "uniform",
        "glorot",
        "he",
    ]
    loss: Literal[
        "squared-error",
        "cross-entropy",
        "binary-cross-entropy",
    ]
    optimizer: Literal[
        "sgd",
        "momentum",
        "nesterov",
        "rmsprop",
        "adagrad",
        "adam",
        "lion",
        "muon",
    ]
    learning_rate: float | None
    weight_decay: float | None
    momentum: float | None
    schedule: Literal[
        "constant",
        "cosine",
        "warm-cosine",
        "one-cycle",
        "step",
    ]
    batch_size: int
    epochs: int
    seed: int
    validation: float
    limit: int | None
    label_smoothing: float
    augment: str | Mapping[str, float]
    european: float
    average: float
    clip: float | None
    patience: int | None
    shards: int
    gain: float


class ConfigurationTypes(OptionTypes, total=False):
    """Arguments of `Configuration`."""

    dataset: str
    start: str | None
    rules: int


class AliasTypes(TypedDict, total=False):
    """Further keys of some options."""

    ema: float
    clip_norm: float | None
    init_scale: float
