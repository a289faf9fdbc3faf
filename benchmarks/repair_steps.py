"""The fixes of the original project, in the order of `repair.py`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seed_network import SEED, SeedNetwork


@dataclass(frozen=True)
class Training:
    """Training settings; the defaults are those of the original."""

    epochs: int = 1
    batch_size: int = 150
    is_shuffled: bool = False
    loss: str = "squared-error"
    optimizer: str = "sgd"
    learning_rate: float = 2.0  # the original has 1, and its loss is twice ours
    schedule: str = "constant"
    weight_decay: float = 0.0
    augment: tuple[tuple[str, float], ...] = ()  # options of `network.images.augmentation`


@dataclass(frozen=True)
class Repair:
    """One step: the bug that it fixes, or the training settings that it changes."""

    name: str
    fault: str = ""  # a flag of SeedNetwork
    training: dict[str, Any] = field(default_factory=dict)  # fields of Training
    rivals: tuple[dict[str, Any], ...] = ()  # alternatives that validation did not favour


REPAIRS = (
    Repair("the original"),
    Repair("the bias is added", "subtracts_bias"),
    Repair("the loop reaches the hidden layer", "stops_early"),
    Repair("gradients, not desired activations", "uses_desired"),
    Repair("pixels from 0 to 1", "raw_pixels"),
    Repair("a range for each layer", "one_range"),
    Repair("40 epochs", training={"epochs": 40}),
    Repair(
        "shuffled, batches of 32",
        training={"is_shuffled": True, "batch_size": 32, "learning_rate": 4.0},
        rivals=({"learning_rate": 2.0}, {"learning_rate": 8.0}),
    ),
    Repair(
        "cross-entropy",
        training={"loss": "cross-entropy", "learning_rate": 0.4},
        rivals=({"learning_rate": 0.2}, {"learning_rate": 0.8}),
    ),
    Repair(
        "momentum",
        training={"optimizer": "momentum", "learning_rate": 0.04},
        rivals=(
            {"learning_rate": 0.02},
            {"learning_rate": 0.08},
            {"optimizer": "adam", "learning_rate": 0.001},
        ),
    ),
    Repair(
        "cosine schedule",
        training={"schedule": "cosine", "learning_rate": 0.05},
        rivals=({"learning_rate": 0.03}, {"learning_rate": 0.1}),
    ),
    Repair(
        "weight decay",
        training={"weight_decay": 1e-3, "learning_rate": 0.1},
        rivals=({"learning_rate": 0.05}, {"weight_decay": 3e-4}, {"weight_decay": 3e-3}),
    ),
    Repair(
        "shifted and rotated images",
        training={"augment": (("shift", 1.0), ("rotate", 10.0))},
        rivals=({"augment": (("shift", 1.0),)}, {"augment": (("shift", 2.0), ("rotate", 10.0))}),
    ),
)
FAULTS = tuple(repair for repair in REPAIRS if repair.fault)


def after(repairs: Sequence[Repair]) -> tuple[SeedNetwork, Training]:
    """Return the original network and its training with these fixes applied."""
    network, training = SEED, Training()
    for repair in repairs:
        if repair.fault:
            network = replace(network, **{repair.fault: False})
        training = replace(training, **repair.training)
    return network, training
