"""Declaration of commands: hidden aliases, examples and plain help."""

import functools
import inspect
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Annotated, Any, TypeAlias, get_args, get_origin

import typer
from typer.core import TyperCommand, TyperGroup

from pipeline.errors import UsageError
from pipeline.terminal.help_pages import FittingHelp, write_definitions
from pipeline.terminal.wrong_words import explain, explain_before_command, require_values

Command: TypeAlias = Callable[..., None]


class PlainGroup(FittingHelp, TyperGroup):
    """A program whose help does not import Pydantic."""

    elsewhere: Collection[str] = ()  # commands of the other program, such as `pipeline fetch`

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words = [*args]  # the parser empties its list
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            raise explain_before_command(error, self, ctx, words) from error

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        try:
            return super().resolve_command(ctx, args)
        except typer.TyperException as error:
            for command in self.elsewhere:
                if command.endswith(f" {args[0]}"):
                    hint = f"Did you mean `{command}`?"
                    raise UsageError(f"No such command '{args[0]}'", hint) from error
            raise

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False  # with None, typer would import Pydantic
        return option

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        commands = [it for it in self.commands.values() if not it.hidden]
        with formatter.section("Commands"):
            rows = [(str(it.name), first_sentence(it.help or "")) for it in commands]
            write_definitions(formatter, rows)


def first_sentence(text: str) -> str:
    """Return the first line of a help, which is a sentence."""
    return text.strip().partition("\n")[0]


class PlainCommand(FittingHelp, TyperCommand):
    """A command whose help names values by words such as FILE, not Python types."""

    default_values: Mapping[str, str] = {}  # of options that may be given without a value

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        followers = [*args[1:], "--"]
        for place in reversed(range(len(args))):
            if args[place] in self.default_values and followers[place].startswith("-"):
                args.insert(place + 1, self.default_values[args[place]])
        words = [*args]  # the parser empties its list
        if not ctx.resilient_parsing:  # as shell completion does
            require_values(self, ctx, words)
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            raise explain(error, self, ctx, words) from error

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
                    write_definitions(
                        formatter, [(re.sub(" <.*", "", names), it) for names, it in records]
                    )


BEFORE_A_COMMAND = """--log-level debug, before a command, logs each file that is read or written.
--install-completion lets your shell complete commands when you press Tab."""


@dataclass(frozen=True)
class Declared:
    """A command whose module is not imported yet.

    `default_values` are those of options that may be given without a value: `--steps` then means
    `--steps steps.png`.
    """

    function: str  # its name in the package of commands
    examples: tuple[str, ...]  # the last lines of its help
    hidden: bool = False
    default_values: Mapping[str, str] = field(default_factory=dict)


class Program:
    """A program that imports a command only when it is called or listed.

    So the help of one command does not import the modules of all commands.
    """

    def __init__(
        self,
        name: str,
        commands: ModuleType,
        text: str,
        epilog: str,
        elsewhere: Collection[str] = (),
    ) -> None:
        self.name, self.text, self.epilog, self.elsewhere = name, text, epilog, elsewhere
        self.functions = commands
        self.commands: dict[str, Declared] = {}

    def add(self, name: str, *examples: str, function: str = "", **more: Any) -> None:
        """Declare a command: its name, its examples, and its function."""
        self.commands[name] = Declared(function or name.replace("-", "_"), examples, **more)

    def app(self, *arguments: str) -> typer.Typer:
        """Return the app of the command in the first argument, or of all commands."""
        called = [it for it in arguments[:1] if it in self.commands]
        return build_app(self, *(called or self.commands))

    def add_to(self, app: typer.Typer, name: str) -> None:
        """Import a command and add it to an app."""
        declared = self.commands[name]
        title = "Example:" if len(declared.examples) == 1 else "Examples:"
        lines = [title, *(f"  {it}" for it in declared.examples)]
        epilog = "\b\n" + "\n".join(lines)  # \b keeps the line breaks
        described = type("Described", (PlainCommand,), {"default_values": declared.default_values})
        command = getattr(self.functions, declared.function)
        app.command(name, cls=described, epilog=epilog, hidden=declared.hidden)(command)


@functools.cache  # a process that runs several commands builds them once
def build_app(program: Program, *names: str) -> typer.Typer:
    """Build the app with the named commands of a program."""
    app = typer.Typer(
        cls=type("Group", (PlainGroup,), {"elsewhere": program.elsewhere}),
        add_completion=False,  # see `needs_completion`
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        epilog=f"\b\n{program.epilog}\n{BEFORE_A_COMMAND}",
    )

    @app.callback(help=program.text)
    def options(version: Annotated[bool, version_option(program.name)] = False) -> None: ...

    for name in names:
        program.add_to(app, name)
    return app


def version_option(name: str) -> Any:
    """Return the --version option of a program."""

    def show(wanted: bool) -> None:
        if wanted:
            import importlib.metadata  # takes a tenth of the time of `--help`

            print(f"{name} {importlib.metadata.version('mnist-neural-net')}")
            raise typer.Exit

    return typer.Option("--version", callback=show, is_eager=True, help="Print the version.")


def accept_aliases(aliases: Mapping[str, str]) -> Callable[[Command], Command]:
    """Return a decorator that adds hidden aliases of options, {alias: parameter}."""

    def decorate(command: Command) -> Command:
        parameters = inspect.signature(command).parameters
        hidden = [hide_parameter(parameters[name], alias) for alias, name in aliases.items()]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            for alias, name in aliases.items():
                value = given.pop(alias, None)
                if value is None or value is False:  # 0 is a value
                    continue
                default = parameters[name].default
                if given.get(name, default) != default:
                    raise UsageError(f"{spell(alias)} and {spell(name)} are the same; give one")
                given[name] = value
            command(**given)

        return with_parameters(run, [*parameters.values(), *hidden])

    return decorate


def hide_parameter(parameter: inspect.Parameter, alias: str) -> inspect.Parameter:
    """Return a copy of an option under an alias, off by default and hidden."""
    kind, reader = parameter.annotation, None
    if get_origin(kind) is Annotated:
        kind, declared = get_args(kind)
        reader = declared.parser
    annotation: Any = Annotated[kind, typer.Option(spell(alias), hidden=True, parser=reader)]
    off = False if kind is bool else None
    return inspect.Parameter(alias, parameter.KEYWORD_ONLY, default=off, annotation=annotation)


def with_parameters(command: Command, parameters: list[inspect.Parameter]) -> Command:
    """Set the parameters that the command line reads from a command."""
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def spell(name: str) -> str:
    """Return the option of a parameter, as it is typed."""
    return f"--{name.replace('_', '-')}"
