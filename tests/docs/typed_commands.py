"""The commands that a user types: found in the documents and in the code, and checked by parsing.

A command is checked against what it would meet: the options that the program declares, the files
of a checkout, the targets of the Makefile, the extras of pyproject.toml.
"""

import ast
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from distributed.cli import dask_scheduler, dask_worker

from network.commands.options import configure
from network.sweep.plan import sweep_names
from network.training.configuration import OPTIONS
from network.training.find_preset import preset_names
from pipeline.errors import ProjectError, UsageError
from pipeline.terminal.command_line import take_log_level
from tests.support.checkout import REPOSITORY
from tests.support.programs import PROGRAMS

APPS = {program.name: program.app() for program in PROGRAMS}
DOCUMENTS = sorted(  # not the changes, which tell of commands of their time
    {*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md"), REPOSITORY / "cache/README.md"}
    - {REPOSITORY / "CHANGELOG.md"}
)
OPERATORS = {"&&", "||", "|", ";", "&"}
SHELL = {"for", "done", "export", "echo", "while", "sleep"}  # words of the shell itself
OTHERS = {"openssl", "apt-get", "jupyter"}  # programs that are not ours to check
PLACEHOLDERS = {"N": "3", "M": "2"}  # those that a number replaces
IN_CODE = re.compile(
    r"(?:`|Next: |Then: |, or )((?:network|pipeline) [^`]*?)(?=`|, or |\. |\.?$)", re.MULTILINE
)


class NotTypedError(Exception):
    """A command that would not do what the text says."""


class IncompleteError(NotTypedError):
    """A command whose argument, or the value of its last option, is not there."""


@dataclass(frozen=True)
class Block:
    """A block of commands in a document, a line of the shell each."""

    document: Path
    number: int  # its first line in the document
    lines: tuple[str, ...]


def find_blocks(document: Path) -> Iterator[Block]:
    """Yield the blocks of a document: those in `sh`, and what follows `$ ` in those of text."""
    text = document.read_text("utf-8")
    for found in re.finditer(r"^ *```(sh|text)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        body = found[2].replace("\\\n", " ")
        if found[1] == "text":
            shown = re.findall(r"^ *\$ (.*)$", body, re.MULTILINE)
            examples = re.findall(r"^    ((?:network|pipeline) .*)$", body, re.MULTILINE)
            lines = [*shown, *examples]  # the examples are those of `--help`
        else:
            lines = [line.strip() for line in body.splitlines()]
        kept = tuple(line for line in lines if line and not line.startswith("#"))
        if kept:
            yield Block(document, text[: found.start()].count("\n") + 1, kept)


def find_spans(document: Path) -> Iterator[str]:
    """Yield the commands that stand in backticks within a sentence."""
    text = re.sub(
        r"^ *```.*?^ *```", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    programs = "network|pipeline|make|pip|python3?|dask|uv"
    yield from (" ".join(it.split()) for it in re.findall(rf"`((?:{programs}) [^`]+)`", text))


def find_hints(source: Path) -> Iterator[str]:
    """Yield the commands in the texts of a module that a command prints.

    What is filled in is left out where it is an option (`train{option}`), and else is a word.
    """
    text = source.read_text("utf-8")
    if not re.search(r"(?:`|Next: |Then: )(?:network|pipeline) ", text):
        return
    tree = ast.parse(text)
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inside = {id(part) for node in formatted for part in node.values}
    for node in formatted:
        parts = [it.value if isinstance(it, ast.Constant) else "\0" for it in node.values]
        text = re.sub(r"(?<=\w)\0(?= |`|,|$)", "", "".join(map(str, parts)))
        yield from IN_CODE.findall(text.replace("\0", "filled-in"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in inside:
            yield from IN_CODE.findall(str(node.value))


def split_commands(line: str) -> list[list[str]]:
    """Split a line of the shell into the words of its commands, without redirections."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split, lexer.commenters = True, "#"
    commands: list[list[str]] = [[]]
    tokens = iter(lexer)
    for token in tokens:
        if token in {">", "<", ">>"}:
            next(tokens)
        elif token in OPERATORS:
            commands.append([])
        else:
            commands[-1].append(token)
    return [words for it in commands if (words := without_shell_words(it))]


def without_shell_words(words: list[str]) -> list[str]:
    """Leave out `do`, and variables that are set for one command."""
    while words and (words[0] == "do" or re.match(r"[A-Z_]+=", words[0])):
        words = words[1:]
    return words


def check_line(line: str, named: bool = False) -> int:
    """Check every command of a line, and return how many there are.

    A command that is only `named` in a sentence may lack what follows it.

    Raises: NotTypedError.
    """
    commands = split_commands(line)
    for words in commands:
        try:
            check(words)
        except IncompleteError:
            if not named:
                raise
    return len(commands)


def check(words: list[str]) -> None:
    """Check one command by what its program expects.

    Raises: NotTypedError.
    """
    program = Path(words[0]).name.removesuffix(".exe")
    if words[0] in {".", "source"} or words[0] in SHELL | OTHERS:
        return
    if program not in CHECKS:
        raise NotTypedError(f"{words}: no check of {program} in tests/docs/typed_commands.py")
    CHECKS[program](words[1:])


def check_ours(program: str) -> Callable[[list[str]], None]:
    """Return the check of one of our programs: it parses the words, and runs nothing."""
    group = typer.main.get_command(APPS[program])

    def parse(words: list[str]) -> None:
        if words[0].endswith("-completion"):  # `offer_completion` adds it
            return
        words = [fill_in(word) for word in take_log_level(words)]
        if words[0].startswith("-"):
            words = ["--help", *words]
        try:
            with group.make_context(program, list(words)) as context:
                name, command, rest = group.resolve_command(
                    context, [*context._protected_args, *context.args]
                )
                with command.make_context(name, rest, parent=context) as found:
                    check_preset(name, found.params)
                    check_settings(found.params)
        except typer.Exit:  # --help
            return
        except (typer.TyperException, UsageError) as error:
            problem = str(error) if isinstance(error, UsageError) else error.format_message()
            message = f"{program} {' '.join(words)}: {problem}"
            is_short = re.search("[A-Z]+ is missing|requires a value", message)
            raise (IncompleteError if is_short else NotTypedError)(message) from error

    return parse


def fill_in(word: str) -> str:
    """Put a number in the place of N, which a user replaces."""
    return PLACEHOLDERS.get(word, word)


def check_preset(command: str, params: dict[str, Any]) -> None:
    """Check the presets that a command names; a variable or NAME stands for any.

    Raises: NotTypedError.
    """
    places = ("name",) if command == "presets" else ("preset", "presets")
    named = next((params[it] for it in places if params.get(it)), "")
    known = {*(sweep_names() if command == "sweep" else preset_names()), "seed"}
    for preset in named.split(","):
        if preset and preset.islower() and preset not in known and "$" not in preset:
            raise NotTypedError(f"{command}: there is no preset {preset}")


def check_settings(params: dict[str, Any]) -> None:
    """Check the values of the options of a training; NAME stands for any.

    Raises: NotTypedError.
    """
    typed = {key: text for key, text in params.items() if key in OPTIONS and text is not None}
    try:
        configure({key: text for key, text in typed.items() if not str(text).isupper()})
    except ProjectError as error:
        raise NotTypedError(error.message) from error


def check_make(words: list[str]) -> None:
    """Check the targets of `make`."""
    targets = re.findall(r"^([\w-]+):", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)
    if unknown := set(words) - set(targets):
        raise NotTypedError(f"the Makefile has no {unknown}")


def check_python(words: list[str]) -> None:
    """Check a module or a script, and the options of a script of ours."""
    if words[:2] == ["-m", "pip"]:
        return check_pip(words[2:])
    if words[0] == "-m" and words[1] in APPS:
        return CHECKS[words[1]](words[2:])
    if words[0] == "-m" and words[1] in {"venv", "pytest"}:
        return require_paths([it for it in words[2:] if it.startswith("tests/")])
    if words[0] == "-c":
        return check_syntax(words[1])
    path = f"{words[1].replace('.', '/')}.py" if words[0] == "-m" else words[0]
    require_paths([path])
    text = (REPOSITORY / path).read_text("utf-8")
    for option in (it for it in words if it.startswith("--")):
        if f'"{option.partition("=")[0]}"' not in text:
            raise NotTypedError(f"{path} has no {option}")
    return None


def check_syntax(code: str) -> None:
    """Check that a line of Python can be read.

    Raises: NotTypedError.
    """
    try:
        ast.parse(code)
    except SyntaxError as error:
        raise NotTypedError(f"{code}: {error}") from error


def check_pip(words: list[str]) -> None:
    """Check the files and the extras of an installation."""
    if words[0] != "install":
        raise NotTypedError(f"pip {words[0]}: expected install")
    for option, value in zip(words, [*words[1:], ""], strict=True):
        if option == "-c":
            require_paths([value])
        if found := re.fullmatch(r"(?:\S*/)?(?:\.|mnist-neural-net)(?:\[(.*)\])?", option):
            check_extras((found[1] or "").split(","))


def check_extras(extras: list[str]) -> None:
    """Check that pyproject.toml has these extras."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    if unknown := set(filter(None, extras)) - project["optional-dependencies"].keys():
        raise NotTypedError(f"pyproject.toml has no extra {unknown}")


def check_uv(words: list[str]) -> None:
    """Check `uv pip`, which takes what pip takes."""
    if words[0] == "pip":
        check_pip([it for it in words[1:] if it not in {"--python", ".venv/bin/python"}])


def check_dask(words: list[str]) -> None:
    """Check the options of Dask's own commands."""
    command = {"scheduler": dask_scheduler, "worker": dask_worker}[words[0]].main
    known = {name for option in command.params for name in option.opts}
    if unknown := {it for it in words if it.startswith("--")} - known:
        raise NotTypedError(f"dask {words[0]} has no {unknown}")


def require_paths(paths: list[str]) -> None:
    """Require files of the checkout."""
    for path in paths:
        if not (REPOSITORY / path).exists():
            raise NotTypedError(f"{path} is not there")


def accept(words: list[str]) -> None:
    """Accept a program that an earlier line installs."""


CHECKS: dict[str, Callable[[list[str]], None]] = {
    **{program: check_ours(program) for program in APPS},
    "make": check_make,
    "python": check_python,
    "python3": check_python,
    "pip": check_pip,
    "uv": check_uv,
    "dask": check_dask,
    "optuna-dashboard": accept,
}
