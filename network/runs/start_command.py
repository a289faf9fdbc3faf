"""The command that trains a new run from the weights of another, for hints."""

from collections.abc import Mapping
from typing import Any

from network.training.configuration import OPTIONS


def start_command(name: str, settings: Mapping[str, Any]) -> str:
    """Return the command that trains a new run from the weights of another, given its settings.

    The new run has the layers of the other one, so it needs a loss that fits them. Its dataset is
    the same.
    """
    needed = [
        f" {OPTIONS[key].flag} {settings[key]}"
        for key in ("loss", "dataset")
        if settings.get(key, OPTIONS[key].default) != OPTIONS[key].default
    ]
    return f"network train --from {name}{''.join(needed)}"
