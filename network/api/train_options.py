"""Types of the options of `train`, so that type checkers find a wrong name or value.

Generated from the options in `network/training/configuration.py`:

make generated
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from network.api.run import Run
from network.core.layers import Layer


class TrainOptions(TypedDict, total=False):
    """Options of `train` and `create_training` by their keys, see docs/reference/options.md."""

    hidden: int | Sequence[int]
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
    start: str | Run | None
    label_smoothing: float
    augment: Mapping[str, float]
    european: float
    average: float
    ema: float
    clip: float | None
    clip_norm: float | None
    patience: int | None
    shards: int
    gain: float
    init_scale: float
