"""How both programs declare a command: hidden aliases of options, examples, and plain help."""

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

from pipeline.errors import UsageError

Command: TypeAlias = Callable[..., None]


class PlainGroup(TyperGroup):
    """A program whose help answers before Pydantic is imported."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False  # typer would have Pydantic turn its None into a boolean
        return option


class PlainCommand(TyperCommand):
    """A command whose help names values by words such as FILE, and no types of Python."""

    default_values: Mapping[str, str] = {}  # of options that may stand without a value

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        followers = [*args[1:], "--"]
        for place in reversed(range(len(args))):
            if args[place] in self.default_values and followers[place].startswith("-"):
                args.insert(place + 1, self.default_values[args[place]])
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        for title in ("Arguments", "Options"):
            records = [
                record
                for parameter in self.get_params(ctx)
                if f"{parameter.param_type_name}s" == title.lower()
                and (record := parameter.get_help_record(ctx)) is not None
            ]
            if records:
                with formatter.section(title):
                    formatter.write_dl([(re.sub(" <.*", "", names), it) for names, it in records])


BEFORE_A_COMMAND = """Before a command: --log-level debug logs the files that are read and written.
--install-completion completes commands in your shell."""


def make_app(epilog: str) -> typer.Typer:
    """Make a program that has no commands yet."""
    return typer.Typer(
        cls=PlainGroup,
        add_completion=False,  # see `needs_completion`
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        epilog=f"\b\n{epilog}\n{BEFORE_A_COMMAND}",
    )


def add_command(
    app: typer.Typer,
    name: str,
    command: Command,
    *examples: str,
    hidden: bool = False,
    default_values: Mapping[str, str] | None = None,
) -> None:
    """Add a command with examples, which are the last lines of its help.

    `default_values` are those of options that may stand without a value: `--steps` is then
    `--steps steps.png`.
    """
    lines = ["Example:" if len(examples) == 1 else "Examples:", *(f"  {it}" for it in examples)]
    epilog = "\b\n" + "\n".join(lines)  # the sign keeps the lines as they are
    described = type("Described", (PlainCommand,), {"default_values": default_values or {}})
    app.command(name, cls=described, epilog=epilog, hidden=hidden)(command)


def accept_aliases(aliases: Mapping[str, str]) -> Callable[[Command], Command]:
    """Let a command take `--alias` for `--option`, hidden in help; both spelled as parameters."""

    def decorate(command: Command) -> Command:
        parameters = inspect.signature(command).parameters
        hidden = [hide_parameter(parameters[name], alias) for alias, name in aliases.items()]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            for alias, name in aliases.items():
                if not (value := given.pop(alias, None)):
                    continue
                default = parameters[name].default
                if given.get(name, default) != default:
                    raise UsageError(f"{spell(alias)} and {spell(name)} are the same; give one")
                given[name] = value
            command(**given)

        return with_parameters(run, [*parameters.values(), *hidden])

    return decorate


def hide_parameter(parameter: inspect.Parameter, alias: str) -> inspect.Parameter:
    """Return the same option under another name, off by default and hidden in help."""
    kind = parameter.annotation
    kind = get_args(kind)[0] if get_origin(kind) is Annotated else kind
    annotation: Any = Annotated[kind, typer.Option(spell(alias), hidden=True)]
    off = False if kind is bool else None
    return inspect.Parameter(alias, parameter.KEYWORD_ONLY, default=off, annotation=annotation)


def with_parameters(command: Command, parameters: list[inspect.Parameter]) -> Command:
    """Give a command other parameters in the eyes of the command line."""
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def spell(name: str) -> str:
    """Return the option of a parameter, as it is typed."""
    return f"--{name.replace('_', '-')}"
