"""The command `network train`: train a network, print and save its progress."""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from network.commands.options import (
    ConfigFile,
    NewName,
    PresetName,
    SchedulerAddress,
    Settings,
    WorkerCount,
    complete_runs,
    configure,
    list_datasets,
    list_presets,
    training_options,
)
from network.commands.train_and_print import (
    note_stuck,
    print_beginning,
    print_end,
    train_and_print,
)
from network.commands.train_many import (
    choose_workers_for,
    train_many,
    train_seeds_one_by_one,
    train_seeds_together,
)
from network.training.configuration import OPTIONS, Configuration
from network.training.option import Group, options_spelled
from pipeline.errors import ProjectError, UsageError
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import Cache, find_cache
from pipeline.storage.user_config import read_user_config, user_config_path
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose, stop_requests
from pipeline.terminal.numbers import whole_option
from pipeline.terminal.wrong_words import join_values


@training_options()
def train(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            autocompletion=complete_runs,
            help="Runs to continue, with --resume. [default: last trained]",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue runs that were stopped.")
    ] = False,
    preset: PresetName = None,
    config: ConfigFile = None,
    *,
    settings: Settings,
    seeds: Annotated[
        int,
        whole_option(
            "--seeds",
            1,
            1000,
            example=5,
            metavar="N",
            help="Number of runs, each with another random seed.",
        ),
    ] = 1,
    workers: WorkerCount = None,
    scheduler: SchedulerAddress = None,
    film: Annotated[
        bool,
        typer.Option(
            "--film", help="Save the parameters after every epoch, for the view Film of the lab."
        ),
    ] = False,
    name: NewName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train a network.

    Without options, the network has 784 inputs (the pixels), 30 hidden neurons and 10 outputs.
    """
    from network.runs.own_dataset import describe_new_classes
    from network.runs.training_run import inherit_architecture
    from network.sweep.workers.choose import choose_workers

    console, cache = Console(json, quiet), find_cache(cache_dir)
    if resume:
        given = {"--preset": preset, "--config": config, "--name": name, "--film": film or None}
        given |= {OPTIONS[key].flag: text for key, text in settings.items()}
        require_no_settings(cache, runs, {**given, "--seeds": seeds if seeds > 1 else None})
        console.result(resume_runs(console, cache, runs or [None], workers, scheduler))
        return
    if runs:
        raise UsageError(
            f"{show_value(runs[0])} is not expected here; a run is named only with --resume",
            suggest_option(cache, runs[0], settings),
        )
    typed = type_again(settings, preset, config, film)
    if preset is None:
        preset = find_user_preset(console, settings, config)
    require_one_architecture(settings, preset)
    configuration = inherit_architecture(cache, configure(settings, preset, config))
    if note := describe_new_classes(cache, configuration):
        console.note(note)
    if configuration.epochs == 0:
        console.note("0 epochs: nothing is learned. `network init` does the same")
    if workers is not None or scheduler is not None:
        if film:
            raise UsageError("--film cannot be combined with --workers or --scheduler")
        with stop_requests() as requested, choose_workers(workers, scheduler, math.inf) as staff:
            console.result(
                train_seeds_together(
                    console, cache, staff, configuration, name, preset, seeds, requested
                )
            )
    elif seeds > 1:
        train = partial(train_one, console, cache, preset=preset, film=film)
        console.result(train_seeds_one_by_one(console, configuration, name, seeds, train, typed))
    else:
        console.result(train_one(console, cache, configuration, name, preset, film))


def type_again(
    settings: Settings, preset: str | None, config: Path | None, film: bool
) -> list[str]:
    """Return the options of a training as they are typed, except the seed and the name."""
    words = ["--preset", preset] if preset is not None else []
    words += ["--config", str(config)] if config is not None else []
    for key, text in settings.items():
        words += [] if key == "seed" else [OPTIONS[key].flag, text]
    return [*words, "--film"] if film else words


def suggest_option(cache: Cache, word: str, settings: Settings) -> str:
    """Return the option that a word without --resume was probably meant for."""
    for key, value in settings.items():
        if joined := join_values(OPTIONS[key].flag, OPTIONS[key].kind.metavar, value, word):
            return joined
    known = {"--preset": list_presets(cache), "--dataset": list_datasets(cache)}
    meant = [f"{option} {word}" for option, names in known.items() if word in names]
    return f"Did you mean {meant[0]}?" if meant else ""


def find_user_preset(console: Console, settings: Settings, config: Path | None) -> str | None:
    """Return the preset in the user's configuration, and print it.

    All options override it. A run that starts from another keeps its layers and has no preset.

    Raises: UsageError for an unknown preset; MissingError.
    """
    from network.training.find_preset import load_preset, read_settings

    preset = read_user_config().preset
    in_file = {} if config is None else read_settings(config)
    if preset is None or "start" in {**settings, **in_file}:
        return None
    with options_spelled(lambda key: f"{key} in {user_config_path()}"):
        load_preset(preset)
    console.note(f"preset {preset}, from {user_config_path()}")
    return preset


def require_no_settings(cache: Cache, runs: Sequence[str] | None, given: Mapping[str, Any]) -> None:
    """Require that no settings are given for a run that is resumed.

    Raises: UsageError.
    """
    for flag, value in given.items():
        if value is not None:
            raise UsageError(
                f"{flag} cannot be combined with --resume, which keeps the run's settings",
                f"Use `{find_start_command(cache, runs)}`",
            )


def find_start_command(cache: Cache, runs: Sequence[str] | None) -> str:
    """Return the command that trains from the weights of the run that was named, if it exists."""
    from network.runs.folder import load_run
    from network.runs.names import find_run_to_resume
    from network.runs.start_command import start_command

    with suppress(ProjectError):
        if runs is None or len(runs) == 1:
            run = find_run_to_resume(cache, runs[0] if runs else None)
            return start_command(run.name, load_run(run)[1].to_dict())
    return start_command("RUN", {})


def require_one_architecture(settings: Settings, preset: str | None) -> None:
    """Require a run to start from or a description of layers, not both.

    Raises: UsageError.
    """
    described = [OPTIONS[key].flag for key in settings if OPTIONS[key].group == Group.MODEL]
    if "start" in settings and (described or preset):
        raise UsageError(
            f"{[*described, '--preset'][0]} cannot be combined with --from {settings['start']}, "
            "which keeps the layers of that run"
        )


def train_one(
    console: Console,
    cache: Cache,
    configuration: Configuration,
    name: str | None,
    preset: str | None,
    film: bool,
) -> dict[str, Any]:
    """Train a new run to its end."""
    from network.runs.training_run import create_training_run

    with stop_requests() as requested:
        begun = create_training_run(cache, configuration, name, preset, film)
        print_beginning(console, begun)
        result = train_and_print(console, begun, requested)
    print_end(console, result)
    note_stuck(console, begun.configuration, begun.recipe, begun.state)
    console.note(f"Saved in {result['folder']}. Next: network test {result['run']}")
    return result


def resume_runs(
    console: Console,
    cache: Cache,
    names: Sequence[str | None],
    workers: int | None,
    scheduler: str | None,
) -> dict[str, Any]:
    """Train runs that were stopped, to their ends."""
    from network.runs.names import find_run_to_resume, find_runs
    from network.sweep.workers.train_many import resume_remote_run

    with stop_requests() as requested, choose_workers_for(workers, scheduler) as staff:
        found = find_runs(cache, names, find_run_to_resume)
        remote_runs = [resume_remote_run(cache, run) for run in found]
        results = train_many(console, cache, remote_runs, staff, requested)
    if len(results) == 1:
        console.note(f"Saved in {results[0]['folder']}. Next: network test {results[0]['run']}")
        return results[0]
    console.note(f"Next: network test {' '.join(result['run'] for result in results)}")
    return {"runs": results}
