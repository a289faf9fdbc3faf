"""Train a network, showing and saving it as it learns."""

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from network.commands.following import follow, tell_end
from network.commands.options import (
    Activation,
    ConfigFile,
    DatasetName,
    Gain,
    Hidden,
    Initializer,
    Layers,
    Limit,
    LossName,
    NewName,
    PresetName,
    SchedulerAddress,
    Seed,
    WorkerCount,
    configure,
)
from network.commands.train_seeds import train_one_by_one, train_together
from pipeline.cache import Cache, find_cache
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose, stop_requests
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from network.configuration import Configuration
    from network.experiment import Experiment


def train(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="With --resume. [default: the latest]")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run that was stopped.")
    ] = False,
    preset: PresetName = None,
    config: ConfigFile = None,
    hidden: Hidden = None,
    activation: Activation = None,
    initializer: Initializer = None,
    gain: Gain = None,
    layers: Layers = None,
    loss: LossName = None,
    label_smoothing: Annotated[
        float | None,
        typer.Option("--label-smoothing", help="Share of a label for all classes. [default: 0.0]"),
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            "--optimizer",
            help="sgd, momentum, nesterov, rmsprop, adam, lion, muon. [default: sgd]",
        ),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option("--learning-rate", help="[default: what suits loss and optimizer]"),
    ] = None,
    weight_decay: Annotated[
        float | None,
        typer.Option("--weight-decay", help="[default: what suits loss and optimizer]"),
    ] = None,
    momentum: Annotated[
        float | None,
        typer.Option("--momentum", help="Of an optimizer that has one. [default: its own]"),
    ] = None,
    schedule: Annotated[
        str | None,
        typer.Option(
            "--schedule",
            help="constant, cosine, warm-cosine, one-cycle, step. [default: cosine]",
        ),
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option("--augment", help="Change images: shift=2,rotate=10, ... [default: none]"),
    ] = None,
    average: Annotated[
        float | None,
        typer.Option("--average", help="Decay of the average to answer with. [default: 0.0]"),
    ] = None,
    clip: Annotated[
        float | None, typer.Option("--clip", help="The longest that gradients may be.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", help="Images a step. [default: 32]")
    ] = None,
    shards: Annotated[
        int | None, typer.Option("--shards", help="Parts of a batch, a thread each. [default: 1]")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", help="Times through all images. [default: 40]")
    ] = None,
    patience: Annotated[
        int | None, typer.Option("--patience", help="Stop after so many epochs without progress.")
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option("--validation", help="Share held out to choose by. [default: 0.1]"),
    ] = None,
    seed: Seed = None,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=1000, help="Train so many runs, a seed each.")
    ] = 1,
    workers: WorkerCount = None,
    scheduler: SchedulerAddress = None,
    limit: Limit = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="RUN", help="Start with this run's weights.")
    ] = None,
    film: Annotated[
        bool, typer.Option("--film", help="Keep the parameters after every epoch.")
    ] = False,
    name: NewName = None,
    dataset: DatasetName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train a network; the default is 784-30-10 with sigmoids."""
    from network.experiment import inherit_architecture
    from network.staffing import find_workers

    console, cache = Console(json, quiet), find_cache(cache_dir)
    choices: dict[str, Any] = {
        "preset": preset, "config": config, "hidden": hidden, "activation": activation,
        "initializer": initializer, "gain": gain, "layers": layers, "loss": loss,
        "label_smoothing": label_smoothing, "optimizer": optimizer,
        "learning_rate": learning_rate, "weight_decay": weight_decay, "schedule": schedule,
        "momentum": momentum, "augment": augment, "average": average, "clip": clip,
        "batch_size": batch_size, "shards": shards, "epochs": epochs, "patience": patience,
        "validation": validation, "seed": seed, "limit": limit, "start": start, "dataset": dataset,
    }  # fmt: skip
    if resume:
        refuse_choices({**choices, "name": name, "seeds": seeds if seeds > 1 else None,
                        "film": film or None, "workers": workers,
                        "scheduler": scheduler})  # fmt: skip
        console.result(go_on(console, cache, run))
        return
    if run is not None:
        raise UsageError(f"RUN goes with --resume, and {run!r} is given without it")
    if start is not None and (hidden or activation or initializer or gain or layers or preset):
        raise UsageError(f"--from {start} brings its own layers")
    configuration = inherit_architecture(cache, configure(**choices))
    if workers is not None or scheduler is not None:
        if start is not None:
            raise UsageError(f"--from {start} is here, and workers train from the beginning")
        if film:
            raise UsageError("--film is kept by a training here, and workers train elsewhere")
        with stop_requests() as requested, find_workers(workers, scheduler, math.inf) as staff:
            together = train_together(
                console, cache, staff, configuration, name, preset, seeds, requested
            )
        console.result(together)
    elif seeds > 1:
        train = partial(train_one, console, cache, preset=preset, film=film)
        console.result(train_one_by_one(console, configuration, name, seeds, train))
    else:
        console.result(train_one(console, cache, configuration, name, preset, film))


def refuse_choices(choices: dict[str, Any]) -> None:
    """Say that a run goes on as it was configured.

    Raises: UsageError.
    """
    given = [name for name, value in choices.items() if value is not None]
    if given:
        option = {"start": "from"}.get(given[0], given[0]).replace("_", "-")
        raise UsageError(
            f"--resume goes on as the run was configured, --{option} cannot change that",
            "Start a new run with --from RUN to change something",
        )


def train_one(
    console: Console,
    cache: Cache,
    configuration: "Configuration",
    name: str | None,
    preset: str | None,
    film: bool,
) -> dict[str, Any]:
    """Train a new run to its end."""
    from network import experiment

    with stop_requests() as requested:
        begun = experiment.begin(cache, configuration, name, preset, film)
        console.note(
            f"run {begun.run.name}: {len(begun.training):,} images to train on, "
            f"{len(begun.validation):,} held out, seed {configuration.seed}"
        )
        return finish(console, begun, requested)


def go_on(console: Console, cache: Cache, name: str | None) -> dict[str, Any]:
    """Train a run that was stopped to its end."""
    from network import experiment
    from network.environment import describe_environment, differences
    from network.run_names import find_run

    with stop_requests() as requested:
        resumed, environment = experiment.resume(cache, find_run(cache, name))
        console.note(
            f"run {resumed.run.name} goes on after step {resumed.state.step:,}, "
            f"{len(resumed.state.history)} of {resumed.recipe.epochs} epochs are done"
        )
        for difference in differences(environment, describe_environment()):
            console.note(f"not as before: {difference}; the last bits may differ")
        return finish(console, resumed, requested)


def finish(
    console: Console, experiment: "Experiment", requested: Callable[[], int]
) -> dict[str, Any]:
    """Train to the end, and tell of it."""
    result = follow(console, experiment, requested)
    tell_end(console, result)
    console.note(f"Saved in {result['folder']}. Next: network test")
    return result
