"""Presets: named settings, each a file of plain data in the folder `presets`.

A preset has the format of a `--config` file: TOML, one option per line. Its table `[about]`
describes it, its accuracy, its training time and the machine. To add a preset, add a file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from network.training.checks import format_list, format_value, suggest_name
from network.training.configuration import OPTIONS, resolve_keys
from network.training.option import OptionError
from pipeline.errors import UsageError
from pipeline.storage.cache import read_at_most

FOLDER = Path(__file__).parent / "presets"
FORMER_NAMES = {"seed": "textbook"}  # accepted, and not listed
MAX_BYTES = 1_000_000  # of a file that holds some forty lines


@dataclass(frozen=True)
class Preset:
    """Named settings."""

    name: str
    about: dict[str, Any]  # what, reaches, time, machine
    values: dict[str, Any]  # of options, by their keys

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.toml"


def preset_names() -> list[str]:
    """Return the names of all presets."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_preset(name: str) -> Preset:
    """Read a preset by its name, or by a former one.

    Raises: OptionError, with the nearest name.
    """
    name = FORMER_NAMES.get(name, name)
    if name not in preset_names():
        known = preset_names()
        shown = {"value": format_value(name), "known": format_list(known)}
        words = "{preset} is {value}; expected {known}"
        raise OptionError("preset", words, suggest_name(name, known), **shown)
    table = read_toml(FOLDER / f"{name}.toml")
    return Preset(name, table.pop("about"), resolve_keys(table))


# A later choice -> the settings that it replaces. Without hidden sizes there is no activation.
REPLACED = {"hidden": {"layers"}, "layers": {"hidden", "activation", "initializer"}}


def change_values(values: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with changes; of hidden sizes and layers, the later ones count.

    Raises: OptionError for hidden sizes that are not valid.
    """
    replaced = set().union(*(REPLACED.get(key, set()) for key in changes))
    if "hidden" in changes and OPTIONS["hidden"].check(changes["hidden"]) == ():
        replaced.add("activation")
    return {key: it for key, it in values.items() if key not in replaced} | dict(changes)


def read_settings(path: Path) -> dict[str, Any]:
    """Read the options in a TOML file, by their keys; the values are not checked yet.

    Raises: UsageError for an invalid file or key, MissingError.
    """
    table = read_toml(path)
    table.pop("about", None)
    try:
        return resolve_keys(table)
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", error.hint) from error


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises: UsageError if it is not one, MissingError if it is not found.
    """
    data = read_at_most(path, MAX_BYTES)
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes; expected a short TOML file")
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:  # of UTF-8 and of TOML
        raise UsageError(f"{path} is not a TOML file ({error})"[:500]) from error
