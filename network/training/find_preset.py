"""Named recipes: a file of plain data each, in the folder `recipes`.

A recipe is written as a user's own `--config` file is: TOML, a field of the configuration a line.
Its table `[about]` says in words what it is and what it has reached, in what time and where; to
add a recipe, add a file.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from network.training.configuration import check_name
from pipeline.errors import UsageError
from pipeline.storage.cache import reading

FOLDER = Path(__file__).parent / "presets"
MAX_BYTES = 1_000_000  # of a file that holds some forty lines


@dataclass(frozen=True)
class Preset:
    """A recipe by its name."""

    name: str
    about: dict[str, Any]  # what, reaches, time, machine
    values: dict[str, Any]  # fields of the configuration

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.toml"


def preset_names() -> list[str]:
    """Name every recipe there is."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_preset(name: str) -> Preset:
    """Read a recipe by its name.

    Raises: UsageError, with the nearest name.
    """
    check_name("preset", name, preset_names())
    values = read_configuration_file(FOLDER / f"{name}.toml")
    return Preset(name, values.pop("about"), values)


def change_values(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Put choices over others; the later word of hidden sizes and layers counts."""
    if changes.keys() & {"hidden", "activation", "initializer"} and "layers" not in changes:
        values = {name: value for name, value in values.items() if name != "layers"}
    return values | changes


def read_configuration_file(path: Path) -> dict[str, Any]:
    """Read choices from a TOML file; whether they make sense, the configuration says.

    Raises: UsageError when it is no TOML, MissingError when it is not there.
    """
    with reading(path), path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path} is larger than {MAX_BYTES:,} bytes, no configuration")
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:  # of UTF-8 and of TOML
        raise UsageError(f"{path}: no TOML ({error})"[:500]) from error
