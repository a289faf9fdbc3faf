"""The user's configuration file, in the usual folder of each system.

Every line may be missing:


cache_dir = "/data/mnist"    # instead of the default cache folder
preset = "fast-98"           # for `network train`; its options override it
colour = false               # plain text in the terminal
"""

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import StorageError, UsageError
from pipeline.storage.arguments import show_value

FOLDER = "mnist-neural-net"
WORDS = {str: "a string in quotes", bool: "true or false"}


@dataclass(frozen=True)
class UserConfig:
    """The settings in the file."""

    cache_dir: str | None = None
    preset: str | None = None
    colour: bool = True


def user_config_path() -> Path | None:
    """Return the path of the file; None for a user without a home folder."""
    import platformdirs

    try:
        return platformdirs.user_config_path(FOLDER).expanduser() / "config.toml"
    except RuntimeError:
        return None


@cache
def read_user_config() -> UserConfig:
    """Read the file; without one, all settings have their defaults.

    Raises: StorageError; UsageError for a folder, invalid TOML, an unknown key or a wrong type.
    """
    path = user_config_path()
    if path is None or not path.exists():
        return UserConfig()
    if not path.is_file():
        raise UsageError(f"{path} is not a file; expected a TOML file", "Rename or remove it")
    import tomllib  # imported late: most users have no such file, and `--help` must be fast

    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except ValueError as error:  # invalid UTF-8 or TOML
        raise UsageError(f"{path} is not a TOML file ({error})"[:500]) from error
    except OSError as error:
        raise StorageError(f"cannot read {path}: {error.strerror or error}") from error
    check_values(path, values)
    return UserConfig(**values)


def check_values(path: Path, values: dict[str, Any]) -> None:
    """Require known keys, each with its type.

    Raises: UsageError.
    """
    types = {field.name: bool if field.default is True else str for field in fields(UserConfig)}
    for key, value in values.items():
        if key not in types:
            raise UsageError(f'{path}: "{key}" is unknown; expected {", ".join(types)}')
        if type(value) is not types[key]:
            raise UsageError(f"{path}: {key} is {show_value(value)}; expected {WORDS[types[key]]}")
        if value == "":
            raise UsageError(f"{path}: {key} is empty", "Give a value, or leave the line out")
