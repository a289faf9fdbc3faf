"""Types of the values in the metadata of a checkpoint."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.storage.arguments import show_value

MAX_COUNT = 1 << 53  # up to here JSON's numbers are exact


def check_meta_types(meta: Mapping[str, Any]) -> None:
    """Require the expected type of every key that is present.

    Raises: ValueError.
    """
    for key, (is_fine, expected) in KEYS.items():
        if key in meta and not is_fine(meta[key]):
            raise ValueError(f"{key} is {show_value(meta[key])}; expected {expected}")


def is_count(value: Any) -> bool:
    """Return whether this is a whole number from 0."""
    return type(value) is int and 0 <= value < MAX_COUNT


def is_number(value: Any) -> bool:
    """Return whether this is a finite number."""
    return type(value) in (int, float) and abs(value) < MAX_COUNT and math.isfinite(value)


def is_text(value: Any) -> bool:
    """Return whether this is a text."""
    return isinstance(value, str)


def is_object(value: Any) -> bool:
    """Return whether this is a JSON object."""
    return isinstance(value, dict)


def is_list_of(is_one: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Return the check for a list of such values."""
    return lambda value: isinstance(value, list) and all(map(is_one, value))


def is_environment(value: Any) -> bool:
    """Return whether this describes versions and BLAS libraries."""
    return is_object(value) and is_list_of(is_object)(value.get("blas", []))


def is_edited(value: Any) -> bool:
    """Return whether this names the run that was edited, or is empty."""
    return value is None or (is_object(value) and is_text(value.get("run")))


def is_change(value: Any) -> bool:
    """Return whether this is a change of settings during training."""
    return bool(
        is_object(value)
        and value.keys() == {"epoch", "step", "values"}
        and is_count(value["epoch"])
        and is_count(value["step"])
        and is_object(value["values"])
    )


KEYS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "epoch": (is_count, "a whole number"),
    "step": (is_count, "a whole number"),
    "loss_sum": (is_number, "a number"),
    "seconds": (is_number, "a number"),
    "answering": (is_text, "text"),
    "data": (lambda value: value is None or is_text(value), "a hash or null"),
    "replay_of": (is_text, "the name of a run"),
    "history_sha256": (is_text, "a hash"),
    "config_sha256": (is_text, "a hash"),
    "training_sha256": (is_text, "a hash"),
    "configuration": (is_object, "an object"),
    "first": (is_object, "an object"),
    "environment": (is_environment, "versions by name"),
    "classes": (is_list_of(is_text), "names of classes"),
    "members": (is_list_of(is_text), "names of runs"),
    "edited": (is_edited, "an edited run"),
    "seen": (lambda value: value is None or is_list_of(is_object)(value), "a list or null"),
    "changes": (is_list_of(is_object), "a list of changes"),
    "history": (is_list_of(is_object), "a list of epochs"),
    "answers": (is_list_of(is_count), "a list of classes"),
}
