"""Options that several commands share, and training options from their fields."""

import functools
import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from network.training.configuration import (
    OPTIONS,
    Configuration,
    build_configuration,
)
from network.training.option import Option, options_spelled
from network.training.option_values import Strengths
from pipeline.errors import StorageError
from pipeline.storage.cache import Cache
from pipeline.terminal.command import Command, accept_aliases, with_parameters
from pipeline.terminal.completion import Complete, complete_among, complete_names
from pipeline.terminal.console import Console
from pipeline.terminal.numbers import whole_option

if TYPE_CHECKING:
    from network.runs.folder import Run

# Training options as they were typed, by their keys; only those that were given.
Settings: TypeAlias = dict[str, str]
SETTINGS = "settings"  # the parameter for them


def run_names(cache: Cache) -> list[str]:
    """List the names of the runs, without reading any."""
    found = cache.runs().glob("[!.]*/checkpoint.npz")
    return sorted(path.parent.name for path in found)


def list_presets(cache: Cache) -> list[str]:
    """List the names of the presets."""
    from network.training.find_preset import preset_names

    return preset_names()


def list_datasets(cache: Cache) -> list[str]:
    """List the names of the datasets."""
    from pipeline.datasets.registry import dataset_names

    return dataset_names(cache)


complete_runs, complete_presets = complete_names(run_names), complete_names(list_presets)
# for training options with the name of a dataset or a run
COMPLETE_NAMES = {"dataset": complete_names(list_datasets), "start": complete_runs}


RunName = Annotated[
    str | None,
    typer.Argument(
        metavar="RUN", autocompletion=complete_runs, help="Name of a run. [default: last trained]"
    ),
]
SplitName = Annotated[
    str,
    typer.Option(
        "--split",
        metavar="NAME",
        help="Part of the dataset to evaluate on, such as train or test.",
        autocompletion=complete_among("train", "test"),
    ),
]
PlotSplit = Annotated[
    str,
    typer.Option(
        "--split",
        metavar="NAME",
        help="Images to evaluate on: validation, train or test. Only train and test are logged.",
        autocompletion=complete_among("train", "test", "validation"),
    ),
]
OtherDataset = Annotated[
    str | None,
    typer.Option(
        "--dataset",
        metavar="NAME",
        help="Another dataset with the same classes. [default: that of the run]",
        autocompletion=COMPLETE_NAMES["dataset"],
    ),
]
NAME_DATASET = "Choose a dataset that has the classes of all with --dataset"
WorkerCount = Annotated[
    int | None,
    whole_option(
        "--workers",
        1,
        example=4,
        metavar="N",
        help="Number of processes that train at the same time.",
    ),
]
SchedulerAddress = Annotated[
    str | None,
    typer.Option("--scheduler", metavar="ADDRESS", help="Address of a Dask cluster to train on."),
]
NewName = Annotated[str | None, typer.Option("--name", metavar="NAME", help="Name of the new run.")]
Limit = Annotated[
    int | None,
    whole_option(
        "--limit",
        1,
        example=1000,
        metavar="N",
        help="Number of images to use, from the first on. [default: all]",
    ),
]
PresetName = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="NAME",
        help="Named list of options; `network presets` lists them.",
        autocompletion=complete_presets,
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="TOML file with options. They override the preset."
    ),
]


def note_latest(console: Console, asked: str | None, found: "Run") -> None:
    """Print the name of the run in use, if none was named."""
    from network.runs.names import is_untrained, read_meta

    if asked is None:
        is_new = is_untrained(read_meta(found))
        console.note(f"run {found.name}, {'untrained' if is_new else 'trained last'}")


def exit_if_unsaved(console: Console, problem: StorageError | None) -> None:
    """End with the error of a result that is printed, but not saved; with `--json` it has that.

    Raises: StorageError; typer.Exit.
    """
    if problem is None:
        return
    if console.json:
        raise typer.Exit(problem.exit_code)
    what = f"this result could not be saved: {problem.message}"
    raise StorageError(what, "Make its folder writable, or free space on the disk")


def describe_unsaved(problem: StorageError | None) -> dict[str, Any]:
    """Return for `--json` why a result is not saved, or nothing."""
    if problem is None:
        return {}
    return {"errors": [{"error": problem.message, "code": problem.exit_code}]}


def training_options(*keys: str) -> Callable[[Command], Command]:
    """Add training options to a command: those of the keys, or all.

    They replace the parameter `settings` of the command, which receives the typed values.
    """
    chosen = [OPTIONS[key] for key in keys] or sorted(OPTIONS.values(), key=by_group)

    def decorate(command: Command) -> Command:
        parameters = list(inspect.signature(command).parameters.values())
        place = [one.name for one in parameters].index(SETTINGS)
        parameters[place : place + 1] = map(build_parameter, chosen)

        @functools.wraps(command)
        def run(**given: Any) -> None:
            typed = {one.key: given.pop(one.key, None) for one in chosen}
            settings = {key: text for key, text in typed.items() if text is not None}
            with options_spelled(spell_flag):
                command(**given, settings=settings)

        aliases = {alias: one.key for one in chosen for alias in one.aliases}
        return accept_aliases(aliases)(with_parameters(run, parameters))

    return decorate


def spell_flag(key: str) -> str:
    """Return an option as it is typed."""
    return OPTIONS[key].flag if key in OPTIONS else f"--{key}"


def by_group(option: Option) -> int:
    """Return the place of an option's group among the groups."""
    return list(type(option.group)).index(option.group)


def build_parameter(option: Option) -> inspect.Parameter:
    """Return an option as the parameter of a command; `configure` reads its text."""
    typed = typer.Option(
        option.flag,
        metavar=option.kind.metavar,
        help=option.help_text,
        autocompletion=COMPLETE_NAMES.get(option.key) or complete_choices(option),
    )
    annotation = Annotated[str | None, typed]
    kind = inspect.Parameter.KEYWORD_ONLY  # as after `*, settings: Settings`
    return inspect.Parameter(option.key, kind, default=None, annotation=annotation)


def complete_choices(option: Option) -> Complete | None:
    """Return a completion of the choices, with an equals sign if a number follows."""
    end = "=" if isinstance(option.kind, Strengths) else ""
    if not option.kind.choices():
        return None
    return complete_names(lambda cache: [f"{name}{end}" for name in option.kind.choices()])


def configure(
    settings: Mapping[str, str] | None = None,
    preset: str | None = None,
    config: Path | None = None,
    preset_flag: str = "--preset",
) -> Configuration:
    """Build the configuration: options override the file, the file the preset.

    An error about the preset names the option `preset_flag`.

    Raises: UsageError, MissingError.
    """
    from network.training.find_preset import change_values, load_preset, read_settings

    typed = settings or {}
    in_file = {} if config is None else read_settings(config)

    def spell(key: str) -> str:
        if key in in_file and key not in typed:
            return f"{key} in {config}"
        return preset_flag if key == "preset" else spell_flag(key)

    with options_spelled(spell):
        values = {} if preset is None else load_preset(preset).values
        given = {key: OPTIONS[key].read(text) for key, text in typed.items()}
        return build_configuration(change_values(change_values(values, in_file), given))
