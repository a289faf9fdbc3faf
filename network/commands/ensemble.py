"""The command `network ensemble`: average the scores of several runs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from network.commands.options import (
    NewName,
    SchedulerAddress,
    Settings,
    WorkerCount,
    complete_presets,
    complete_runs,
    configure,
    training_options,
)
from network.commands.train_many import choose_workers_for, train_many
from network.training.configuration import Configuration
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache, find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose, stop_requests


@training_options("seed", "dataset")
def ensemble(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN", autocompletion=complete_runs, help="Names of the runs to combine."
        ),
    ] = None,
    presets: Annotated[
        str | None,
        typer.Option(
            "--presets",
            metavar="NAME,...",
            help="Presets to train and combine, such as conv,vgg.",
            autocompletion=complete_presets,
        ),
    ] = None,
    *,
    settings: Settings,
    workers: WorkerCount = None,
    scheduler: SchedulerAddress = None,
    name: NewName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Combine runs into one that averages their scores."""
    from network.runs.make_ensemble import make_ensemble

    console, cache = Console(json, quiet), find_cache(cache_dir)
    members, trained = list(runs or []), list[dict[str, Any]]()
    if presets is None:
        require_trained_members({**settings, "workers": workers, "scheduler": scheduler})
    else:
        recipes = configure_members(presets.split(","), settings)
        trained = train_members(console, cache, members, recipes, workers, scheduler, name)
        members += [result["run"] for result in trained]
    run, parameters = make_ensemble(cache, members, name)
    console.say(f"run {run.name}: {parameters:,} parameters, the mean of {', '.join(members)}")
    console.note(f"Saved in {run.folder}. Next: network test {run.name}")
    result = {"run": run.name, "folder": str(run.folder), "members": members}
    console.result({**result, "parameters": parameters, "trained": trained})


def require_trained_members(given: Mapping[str, Any]) -> None:
    """Require that no training options are given if all members are trained already.

    Raises: UsageError.
    """
    for option, value in given.items():
        if value is not None:
            raise UsageError(
                f"--{option} applies only to new members", "Name their presets with --presets"
            )


def train_members(
    console: Console,
    cache: Cache,
    named: Sequence[str],
    recipes: Sequence[tuple[str, Configuration]],
    workers: int | None,
    scheduler: str | None,
    wanted: str | None,
) -> list[dict[str, Any]]:
    """Train a run of each recipe, for an ensemble with the runs in `named`.

    Raises: SystemExit with 128 and the signal's number.
    """
    from network.runs.make_ensemble import load_members
    from network.runs.names import check_new_name
    from network.sweep.workers.train_many import create_remote_run

    check_new_name(cache, wanted)
    load_members(cache, named, [configuration for _, configuration in recipes])
    with stop_requests() as requested, choose_workers_for(workers, scheduler) as staff:
        remote_runs = [create_remote_run(cache, member, None, recipe) for recipe, member in recipes]
        try:
            return train_many(console, cache, remote_runs, staff, requested)
        except SystemExit:
            members = " ".join([*named, *(remote_run.run.name for remote_run in remote_runs)])
            console.warn(f"Then: network ensemble {members}{f' --name {wanted}' if wanted else ''}")
            raise


def configure_members(
    presets: Sequence[str], settings: Settings
) -> list[tuple[str, Configuration]]:
    """Return a configuration per preset; a preset named again has the next seed.

    Raises: UsageError.
    """
    members = [(preset, configure(settings, preset, preset_flag="--presets")) for preset in presets]
    return [
        (preset, replace(member, seed=member.seed + presets[:index].count(preset)))
        for index, (preset, member) in enumerate(members)
    ]
