"""Train a network, showing and saving it as it learns."""

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from network.commands.train_and_print import print_beginning, print_end, train_and_print
from network.commands.train_many import (
    choose_workers_for,
    train_many,
    train_seeds_one_by_one,
    train_seeds_together,
)
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache, find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose, stop_requests

if TYPE_CHECKING:
    from network.training.configuration import Configuration


def train(
    runs: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="With --resume. [default: the latest]"),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with runs that were stopped.")
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
    from network.runs.training_run import inherit_architecture
    from network.sweep.workers.choose import choose_workers

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
        require_no_settings({**choices, "name": name, "film": film or None,
                        "seeds": seeds if seeds > 1 else None})  # fmt: skip
        console.result(resume_runs(console, cache, runs or [None], workers, scheduler))
        return
    if runs:
        raise UsageError(f"RUN goes with --resume, and {runs[0]!r} is given without it")
    if start is not None and (hidden or activation or initializer or gain or layers or preset):
        raise UsageError(f"--from {start} brings its own layers")
    configuration = inherit_architecture(cache, configure(**choices))
    if workers is not None or scheduler is not None:
        if film:
            raise UsageError("--film is kept by a training here, and workers train elsewhere")
        with stop_requests() as requested, choose_workers(workers, scheduler, math.inf) as staff:
            console.result(
                train_seeds_together(
                    console, cache, staff, configuration, name, preset, seeds, requested
                )
            )
    elif seeds > 1:
        train = partial(train_one, console, cache, preset=preset, film=film)
        console.result(train_seeds_one_by_one(console, configuration, name, seeds, train))
    else:
        console.result(train_one(console, cache, configuration, name, preset, film))


def require_no_settings(choices: dict[str, Any]) -> None:
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
    from network.runs.training_run import create_training_run

    with stop_requests() as requested:
        begun = create_training_run(cache, configuration, name, preset, film)
        print_beginning(console, begun)
        result = train_and_print(console, begun, requested)
    print_end(console, result)
    console.note(f"Saved in {result['folder']}. Next: network test")
    return result


def resume_runs(
    console: Console,
    cache: Cache,
    names: Sequence[str | None],
    workers: int | None,
    scheduler: str | None,
) -> dict[str, Any]:
    """Train runs that were stopped to their ends."""
    from network.runs.names import find_runs
    from network.sweep.workers.train_many import resume_remote_run

    with stop_requests() as requested, choose_workers_for(workers, scheduler) as staff:
        remote_runs = [resume_remote_run(cache, run) for run in find_runs(cache, names)]
        results = train_many(console, cache, remote_runs, staff, requested)
    if len(results) == 1:
        console.note(f"Saved in {results[0]['folder']}. Next: network test {results[0]['run']}")
        return results[0]
    console.note(f"Next: network test {' '.join(result['run'] for result in results)}")
    return {"runs": results}
