"""Errors in the words of Python: one line, and options by the names of arguments.

The messages of the packages spell an option as on the command line, `--learning-rate`.
"""

import re

from pipeline.errors import ProjectError

# ` ` and " " enclose commands and the user's words; a value may follow an option.
OPTIONS = re.compile(
    r"""`[^`]*` | "[^"]*" | --(?P<name>[a-z][a-z-]+)
        (?:\ (?P<value> N\b | URL\b | "[^"]*" | file:\S+ | \d[\d.]*\b | (?:first|last|test)\b ))?
        | (?<=\ is\ )(?P<truth> true | false )(?=;)""",
    re.VERBOSE,
)
FLAGS = {"force", "grey", "invert", "offline", "resize", "skip_damaged", "transpose"}
RENAMED = {"from": "start", "mirror": "mirrors", "out": "path", "to": "format_name"}


def spell_in_python(error: ProjectError) -> ProjectError:
    """Return the error in the words of Python, without the frames and causes inside of us."""
    message, *details = error.message.split("\n  ")
    error.message = spell(message) + (f" ({'; '.join(details)})" if details else "")
    error.hint = spell(error.hint)
    error.args = (error.message, *error.args[1:])
    return error.with_traceback(None)


def spell(text: str) -> str:
    """Return a text with the options in it by their names in Python."""
    return OPTIONS.sub(spell_option, text)


def spell_option(found: re.Match[str]) -> str:
    """Return one option as it is typed in Python: learning_rate, force=True, highest=16."""
    if found["truth"]:
        return found["truth"].title()
    if not found["name"]:
        return found[0]
    name, value = found["name"].replace("-", "_"), found["value"]
    if name.removeprefix("no_") in FLAGS:
        return f"{name.removeprefix('no_')}={not name.startswith('no_')}"
    name = RENAMED.get(name, name)
    if value is None:
        return name
    if name == "mirrors":
        return f'fetch_dataset(..., mirrors=["{value}"])'
    is_literal = value[0] in '"0123456789' or value == "N"
    return f"{name}={value}" if is_literal else f'{name}="{value}"'
