"""What can be chosen for a training on the page, and which choice an error is about."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

from network.core.activations import ACTIVATIONS
from network.core.losses import LOSSES
from network.core.schedules import SCHEDULES
from network.images.augmentation import AUGMENTATIONS
from network.training.build import WITH_MOMENTUM
from network.training.configuration import (
    Configuration,
    configuration_of,
    parse_augment,
    parse_hidden,
)
from network.training.find_preset import change_values, load_preset, preset_names
from network.training.more_optimizers import OPTIMIZERS
from pipeline.datasets.registry import all_datasets
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache

FIELDS = {field.name for field in fields(Configuration)}
FIRST_WORDS = {"layer": "layers", "run": "name", "data": "dataset"}  # of errors, and their field


class ChoiceError(UsageError):
    """A choice that makes no sense, named as the page names it."""

    def __init__(self, error: UsageError, field: str) -> None:
        super().__init__(error.message, error.hint)
        self.field = field


@contextmanager
def naming_the_field() -> Iterator[None]:
    """Say of every error about a choice which one it is about: each begins with its name.

    Raises: ChoiceError.
    """
    try:
        yield
    except TypeError as error:  # a kind of value that no option would let through
        raise UsageError(f"a choice has a value of the wrong kind ({error})"[:500]) from error
    except UsageError as error:
        words = re.findall(r"[a-z_-]+", error.message)
        word = words[0].replace("-", "_") if words else ""
        field = FIRST_WORDS.get(word, word if word in FIELDS | {"preset", "dropout"} else "")
        if "data set" in error.message:
            field = "dataset"
        if "name for a run" in error.message:
            field = "name"
        raise ChoiceError(error, field) from error


def configure(preset: str | None, choices: Mapping[str, Any]) -> Configuration:
    """Make the configuration of what was chosen on the page: texts are read as options are.

    Raises: UsageError, TypeError.
    """
    changes = dict(choices)
    if isinstance(hidden := changes.get("hidden"), str):
        changes["hidden"] = parse_hidden(hidden)
    if isinstance(augment := changes.get("augment"), str):
        changes["augment"] = parse_augment(augment)
    values = load_preset(preset).values if preset is not None else {}
    return configuration_of(change_values(values, changes)).with_suitable_rates()


def describe_choices(cache: Cache) -> dict[str, Any]:
    """Say in plain data what there is to choose from."""
    built = [one.name for one in all_datasets(cache) if cache.manifest(one.name).is_file()]
    presets = [load_preset(name) for name in preset_names()]
    return {
        "presets": [
            {"name": one.name, "about": one.about, "values": one.values} for one in presets
        ],
        "datasets": built or [Configuration.dataset],
        "activations": list(ACTIVATIONS),
        "losses": list(LOSSES),
        "optimizers": list(OPTIMIZERS),
        "schedules": list(SCHEDULES),
        "augmentations": {name: kind.highest for name, kind in AUGMENTATIONS.items()},
        "with_momentum": WITH_MOMENTUM,
        "suitable": [
            {"loss": loss, "optimizer": optimizer, "learning_rate": rate, "weight_decay": decay}
            for loss in LOSSES
            for optimizer, entry in OPTIMIZERS.items()
            for rate, decay in [entry.rates[loss]]
        ],
        "defaults": Configuration().to_dict(),
    }
