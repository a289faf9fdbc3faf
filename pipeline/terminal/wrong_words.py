"""Errors about a word of a command line that name what was probably meant.

They hold for every command: an option without its value, a name typed after an option though it
has none, and a name without the option that it needs.
"""

import difflib
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from pipeline.errors import UsageError
from pipeline.storage.arguments import show_value
from pipeline.terminal.as_called import quote

# The word for an argument in help -> options that are typed for it though it has none.
TYPED_FOR = {
    "RUN": {"run", "name", "model"},
    "IMAGE": {"image", "picture", "photo", "file", "input"},
    "DATASET": {"dataset", "data", "name"},
    "PATH": {"path", "folder", "file", "input"},
    "FILE": {"file", "path"},
    "PLAN": {"plan", "file"},
    "NAME": {"name", "preset"},
}


def find_options(command: Any, ctx: Any) -> dict[str, Any]:
    """Return the options of a command by each of their spellings."""
    return {
        spelling: it
        for it in command.get_params(ctx)
        if it.param_type_name == "option"
        for spelling in (*it.opts, *it.secondary_opts)
    }


def require_values(command: Any, ctx: Any, words: list[str]) -> None:
    """Require that an option that takes a value is not followed by another option.

    Raises: UsageError.
    """
    options = find_options(command, ctx)
    for word, value in pairwise(words):
        if word == "--":  # only arguments follow
            return
        taken = options.get(word)
        if taken is None or taken.is_flag or not (value in options or value.startswith("--")):
            continue
        is_value = "" if value in options else f"If that is the value, write {word}={value}. "
        raise UsageError(
            f"{word} is followed by {value}; expected {word} {taken.metavar}",
            f"{is_value}{help_hint(ctx)}",
        )


def explain(error: Any, command: Any, ctx: Any, words: list[str]) -> UsageError:
    """Return an error of typer in our words, with what was probably meant."""
    message = re.sub(r"^Option '(\S+)' ", r"\1 ", error.format_message()).rstrip(".")
    message, *_ = message.split(" (Possible options: ")
    options, name, hint = find_options(command, ctx), getattr(error, "option_name", None), ""
    if name in options and "requires" in message:
        message = f"{name} requires a value; expected {name} {options[name].metavar}"
    elif name and name not in options:
        name = word_with(name, words)
        message = f"No such option: {name}"
        hint = next(arguments_for(name, command, ctx, words), "") or suggest_option(name, options)
    elif found := re.search(r"unexpected extra argument\S* \((.*)\)", message):
        extra = first_of(found[1], words)
        message = f"{show_value(extra)} is not expected here"
        hint = suggest_commas(extra, options, words) or next(options_for(extra, command, ctx), "")
    elif found := re.match(r"Missing option '(--[a-z-]+)'", message):
        message = f"{found[1]} is missing; expected {found[1]} {options[found[1]].metavar}"
    elif found := re.match(r"Missing argument '(.*?)(?:\.\.\.)?'", message):
        message = f"{found[1]} is missing"
        hint = next(values_taken(options, words), "")
    elif found := re.search(r"for '(\S+)':.*?'(.*)' is not one of (.*)", message):
        expected = " or ".join(re.findall("'(.*?)'", found[3]))
        message = f"{found[1]} is {show_value(found[2])}; expected {expected}"
    return UsageError(message, f"{hint} {help_hint(ctx)}".lstrip())


def word_with(letter: str, words: list[str]) -> str:
    """Return the word with an unknown letter, such as `-hidden`, of which `-i` is the second."""
    for word in words:
        typed = word.partition("=")[0]
        if len(letter) == 2 and re.match("-[a-z]{2}", typed) and letter[1] in typed:
            return typed
    return letter


def explain_before_command(error: Any, group: Any, ctx: Any, words: list[str]) -> UsageError:
    """Return an error about an option before the command, with the line that was meant."""
    message = error.format_message().partition(" (Possible options: ")[0].rstrip(".")
    name, hint = getattr(error, "option_name", None), ""
    for place, word in enumerate(words):
        if word in group.commands:
            if name in find_options(group.commands[word], ctx):
                line = [*ctx.command_path.split(), word, *words[:place], *words[place + 1 :]]
                hint = f"Options follow the command: `{quote(line)}`. "
            break
    return UsageError(message, f"{hint}{help_hint(ctx)}")


def values_taken(options: dict[str, Any], words: list[str]) -> Iterator[str]:
    """Yield which option took the last word, which was perhaps meant as an argument."""
    for name, value in pairwise(words[-2:]):
        if name in options and not options[name].is_flag:
            yield f"{quote([value])} is the value of {name} {options[name].metavar}."


def suggest_option(typed: str, options: dict[str, Any]) -> str:
    """Return the option that an unknown one was probably meant for, such as `--lr`."""
    name = typed.strip("-")
    names = [it[2:] for it, one in options.items() if it.startswith("--") and not one.hidden]
    initials = [it for it in names if "".join(part[0] for part in it.split("-")) == name]
    longer = [it for it in names if it.startswith(name) or name.startswith(it)]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.7)
    found = [*initials, *near, *longer] if len(name) > 1 else []
    return f"Did you mean --{found[0]}?" if found else ""


def suggest_commas(word: str, options: dict[str, Any], words: list[str]) -> str:
    """Return how to type several values of one option, one of which was typed after a blank."""
    before = words[: words.index(word)] if word in words else []
    for name, value in pairwise(before[-2:]):
        if name in options and not options[name].is_flag:
            return join_values(name, options[name].metavar, value, word)
    return ""


def join_values(option: str, metavar: str, value: str, word: str) -> str:
    """Return how to type two values of an option that takes several; empty if it takes one."""
    is_one_more = "," in metavar and word[-1:].isdigit() and ("=" in word) == ("=" in metavar)
    return f"Separate values with commas: {option} {value},{word}." if is_one_more else ""


def help_hint(ctx: Any) -> str:
    """Return the hint with the `--help` of a command."""
    return f"See `{ctx.command_path} --help`"


def arguments_for(option: str, command: Any, ctx: Any, words: list[str]) -> Iterator[str]:
    """Yield how to type the value of an unknown option as an argument, such as a run's name."""
    typed = option.lstrip("-").replace("-", "_")
    for argument in command.get_params(ctx):
        metavar = (argument.metavar or "").rstrip(".")
        if argument.param_type_name != "argument" or typed.removesuffix("s") not in (
            {argument.name.removesuffix("s"), *TYPED_FOR.get(metavar, ())}
        ):
            continue
        needed = re.findall(r"--[a-z-]+", argument.help or "")  # such as --resume for a run
        values = [*values_of(option, words)] or [metavar]
        call = quote([*ctx.command_path.split(), *needed, *values])
        yield f"{metavar} is typed without an option: `{call}`."


def values_of(option: str, words: list[str]) -> Iterator[str]:
    """Yield the words that were typed as values of an option."""
    for word, value in pairwise([*words, "-"]):
        name, is_joined, joined = word.partition("=")
        if name == option and (is_joined or not value.startswith("-")):
            yield joined if is_joined else value


def first_of(joined: str, words: list[str]) -> str:
    """Return the first of some words that were joined, each of which may have blanks."""
    return next((it for it in words if f"{joined} ".startswith(f"{it} ")), joined)


def options_for(word: str, command: Any, ctx: Any) -> Iterator[str]:
    """Yield the option that an argument too many is a value of: a known name, or a file."""
    options = find_options(command, ctx)
    suffix = PurePath(word).suffix
    known = [f"--{suffix[1:]}"] if f"--{suffix[1:]}" in options else []
    known += [
        spelling
        for spelling, it in options.items()
        if not it.is_flag and word in {one.value for one in it.shell_complete(ctx, word)}
    ]
    known += ["--out"] if suffix and "--out" in options else []
    for spelling in known:
        yield f"Did you mean {quote([spelling, word])}?"
