"""Errors in the words of Python: one line, options as arguments, commands as calls.

The messages of the packages spell an option as on the command line, `--learning-rate`, and a
command as in a terminal, `network train`.
"""

import json
import re
from functools import partial
from pathlib import Path

from pipeline.errors import ProjectError

# ` ` and " " enclose commands and the user's words; a value may follow an option.
WORDS = re.compile(
    r"""`(?P<command> (?:network|pipeline)\ [a-z][^`]* )` (?!\ in\ a\ terminal)
        | `[^`]*` | "[^"]*" | --(?P<name>[a-z][a-z-]+)
        (?:\ (?P<value>
            (?:N|ADDRESS|first|last|test)\b | "[^"]*" | file:\S+ | \d[\d.]*\b
        ))?
        | (?<=\ is\ )(?P<truth> true | false )(?=;)""",
    re.VERBOSE,
)
FLAGS = {"force", "grey", "invert", "offline", "resize", "skip_damaged", "transpose"}
CALLS = {  # of Python, by command; * are the arguments
    "network calibrate": "open_run(*).calibrate()",
    "network runs": "list_runs(*)",
    "network test": "open_run(*).test()",
    "network train": "train(*)",
    "network train --help": "help(Configuration)",
    "pipeline build-pickles": "build_pickles(cache, *)",
    "pipeline fetch": "fetch_dataset(cache, *)",
    "pipeline import": "import_dataset(...)",
    "pipeline list": "all_datasets(cache)",
    "pipeline where": "find_cache()",
}
ONLY_TYPED = {"config", "film", "help", "repair", "resume", "workers"}  # options
RENAMED = {"from": "start", "mirror": "mirrors", "out": "path", "to": "format_name"}


def spell_in_python(error: ProjectError, cache_dir: Path | str | None = None) -> ProjectError:
    """Return the error in the words of Python, without the frames and causes inside of us.

    Calls in it are for the cache folder that the caller named.
    """
    message, *details = error.message.split("\n  ")
    error.message = spell(message, cache_dir) + (f" ({'; '.join(details)})" if details else "")
    error.hint = spell(error.hint, cache_dir)
    error.args = (error.message, *error.args[1:])
    return error.with_traceback(None)


def spell(text: str, cache_dir: Path | str | None = None) -> str:
    """Return a text with the commands and options in it as they are written in Python."""
    return WORDS.sub(partial(spell_found, cache_dir=cache_dir), text)


def spell_found(found: re.Match[str], cache_dir: Path | str | None) -> str:
    """Return a command, an option or a truth value as it is written in Python."""
    if found["command"]:
        return spell_command(found["command"], cache_dir)
    if found["truth"]:
        return found["truth"].title()
    return spell_option(found["name"], found["value"]) if found["name"] else found[0]


def spell_command(command: str, cache_dir: Path | str | None) -> str:
    """Return the call that does the same as a command; without one, the command for a terminal."""
    program, name, *words = command.split()
    call = CALLS.get(command) or CALLS.get(f"{program} {name}")
    options = {word.removeprefix("--") for word in words if word.startswith("--")}
    if call is None or (command not in CALLS and ONLY_TYPED & options):
        return f"`{command}` in a terminal"
    given = spell_arguments(words)
    if cache_dir is not None and "cache" not in call:
        given.append(f"cache_dir={json.dumps(str(cache_dir), ensure_ascii=False)}")
    lacks_name = ", *" in call and not any(argument.startswith('"') for argument in given)
    return call.replace("*", ", ".join(["..."] * lacks_name + given))


def spell_arguments(words: list[str]) -> list[str]:
    """Return the arguments of a call, given the words of a command after its name."""
    names, by_name = list[str](), list[str]()
    waiting = iter(words)
    for word in waiting:
        key = word.removeprefix("--").replace("-", "_")
        if key in FLAGS:
            by_name.append(f"{key}=True")
        elif word == "--dataset" or not word.startswith("--"):
            names.append(f'"{next(waiting, "...") if word == "--dataset" else word}"')
        else:
            value = next(waiting, "...")
            is_number = value.replace(".", "", 1).isdigit()
            by_name.append(f"{RENAMED.get(key, key)}={value if is_number else json.dumps(value)}")
    return names + by_name


def spell_option(option: str, value: str | None) -> str:
    """Return one option as it is typed in Python: learning_rate, force=True, highest=16."""
    name = option.replace("-", "_")
    if name.removeprefix("no_") in FLAGS:
        return f"{name.removeprefix('no_')}={not name.startswith('no_')}"
    name = RENAMED.get(name, name)
    if value is None:
        return name
    if name == "mirrors":
        return f'fetch_dataset(..., mirrors=["{value}"])'
    is_literal = value[0] in '"0123456789' or value == "N"
    return f"{name}={value}" if is_literal else f'{name}="{value}"'
