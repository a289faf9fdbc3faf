"""The form of a new training run: its fields, and the field of an error."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from network.runs.live_changes import LIVE_OPTIONS
from network.training.build import WITH_MOMENTUM
from network.training.configuration import (
    OPTIONS,
    Configuration,
    build_configuration,
)
from network.training.find_preset import change_values, load_preset, preset_names
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from network.training.option import Group, Option, OptionError, options_spelled
from pipeline.datasets.registry import all_datasets
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache

# First words of errors that name no option -> field of the form
FIRST_WORDS = {"layer": "layers", "run": "name", "data": "dataset", "dropout": "dropout"}


class ChoiceError(UsageError):
    """An invalid setting, with its field on the page."""

    def __init__(self, error: UsageError, field: str) -> None:
        super().__init__(error.message, error.hint)
        self.field = field


@contextmanager
def naming_the_field() -> Iterator[None]:
    """Add the field to errors about settings, and name options by their labels.

    Raises: ChoiceError.
    """
    try:
        with options_spelled(
            lambda key: OPTIONS[key].label if key in OPTIONS else key.capitalize()
        ):
            yield
    except UsageError as error:
        raise ChoiceError(error, find_field(error)) from error


def find_field(error: UsageError) -> str:
    """Return the field that an error is about, or an empty text."""
    if isinstance(error, OptionError):
        return error.option
    if re.search("data ?set", error.message):
        return "dataset"
    if "run name" in error.message:
        return "name"
    words = re.findall(r"[a-z_]+", error.message)
    return FIRST_WORDS.get(words[0], "") if words else ""


def configure(preset: str | None, choices: Mapping[str, Any]) -> Configuration:
    """Build the configuration from the settings on the page; texts are parsed like options.

    Raises: UsageError.
    """
    values = {} if preset is None else load_preset(preset).values
    changes = {key: read_choice(key, choice) for key, choice in choices.items()}
    return build_configuration(change_values(values, changes))


def read_choice(key: str, choice: Any) -> Any:
    """Return the value of a setting; texts are parsed as the option requires."""
    return OPTIONS[key].read(choice) if isinstance(choice, str) and key in OPTIONS else choice


def read_changes(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of live settings, where an empty text is the default.

    Raises: UsageError.
    """
    return {key: read_change(key, value) for key, value in given.items() if value is not None}


def read_change(key: str, value: Any) -> Any:
    """Return the value of a live setting; texts are parsed like options."""
    if not isinstance(value, str) or key not in LIVE_OPTIONS:
        return value
    return LIVE_OPTIONS[key].read(value) if value.strip() else LIVE_OPTIONS[key].default


def describe_choices(cache: Cache) -> dict[str, Any]:
    """Return the form with its choices as plain data."""
    built = [one.name for one in all_datasets(cache) if cache.manifest(one.name).is_file()]
    presets = [load_preset(name) for name in preset_names()]
    fields = [
        describe_field(one) for group in Group for one in OPTIONS.values() if one.group == group
    ]
    for field in fields:
        if field["name"] == "dataset":
            field |= {"kind": "choice", "choices": built or [OPTIONS["dataset"].default]}
    return {
        "presets": [
            {"name": one.name, "about": one.about, "values": one.values} for one in presets
        ],
        "fields": fields,
        "live": [describe_field(one) for one in LIVE_OPTIONS.values() if one.has_control],
        "with_momentum": WITH_MOMENTUM,
        "suitable": [
            {"loss": loss, "optimizer": optimizer, "learning_rate": rate, "weight_decay": decay}
            for loss in LOSSES
            for optimizer, entry in OPTIMIZERS.items()
            for rate, decay in [entry.rates[loss]]
        ],
        "defaults": {key: one.default for key, one in OPTIONS.items()},
    }


def describe_field(option: Option) -> dict[str, Any]:
    """Return a field of the form as plain data."""
    return {
        "name": option.key,
        "label": option.label,
        "help": option.help_text,
        "group": option.group,
        "kind": option.kind.field,
        "choices": list(option.kind.choices()),
        "is_basic": option.is_basic,
        "is_live": option.is_live,
        "slider": asdict(option.slider) if option.slider else None,
        "default": option.default_text,
    }
