"""Train a network, showing and saving it as it learns."""

from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from network.commands.options import (
    Activation,
    DatasetName,
    Hidden,
    Initializer,
    Limit,
    LossName,
    NewName,
    Seed,
    configure,
)
from pipeline.cache import find_cache
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose, stop_requests
from pipeline.errors import UsageError

if TYPE_CHECKING:
    from network.configuration import Configuration
    from network.runs import Run
    from network.training import EpochDone


def train(
    hidden: Hidden = None,
    activation: Activation = None,
    initializer: Initializer = None,
    loss: LossName = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            "--optimizer", help="sgd, momentum, nesterov, rmsprop, adam, lion. [default: sgd]"
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
    schedule: Annotated[
        str | None,
        typer.Option(
            "--schedule",
            help="constant, cosine, warm-cosine, one-cycle, step. [default: cosine]",
        ),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", help="Images a step. [default: 32]")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", help="Times through all images. [default: 40]")
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option("--validation", help="Share held out to choose by. [default: 0.1]"),
    ] = None,
    seed: Seed = None,
    limit: Limit = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="RUN", help="Start with this run's weights.")
    ] = None,
    name: NewName = None,
    dataset: DatasetName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train a network; the default is 784-30-10 with sigmoids."""
    from network import experiment, runs
    from network.report import epoch_line
    from network.training import EpochDone

    console, cache = Console(json, quiet), find_cache(cache_dir)
    configuration = configure(
        hidden, activation=activation, initializer=initializer, loss=loss, optimizer=optimizer,
        learning_rate=learning_rate, weight_decay=weight_decay, schedule=schedule,
        batch_size=batch_size, epochs=epochs, validation=validation, seed=seed, limit=limit,
        start=start, dataset=dataset,
    )  # fmt: skip
    if start is not None and (hidden or activation or initializer):
        raise UsageError(f"--from {start} brings its own sizes, activation and initializer")
    configuration = experiment.inherit_architecture(cache, configuration)
    runs.check_new_name(cache, name)
    model, params = experiment.start_model(cache, configuration)
    training, validation_examples = experiment.load_training_examples(cache, configuration)
    with stop_requests() as requested:
        run = runs.create_run(cache, name, model, params, configuration)
        console.note(
            f"run {run.name}: {len(training):,} images to train on, {len(validation_examples):,} "
            f"held out, seed {configuration.seed}"
        )
        last, started = None, perf_counter()
        events = experiment.train_run(
            run, model, params, configuration, training, validation_examples
        )
        with console.progress(
            "training", configuration.epochs * len(training), "images"
        ) as advance:
            for event in events:
                if isinstance(event, EpochDone):
                    last = event
                    console.note(epoch_line(event, configuration.epochs, len(training)))
                else:
                    advance(event.examples)
                if signal_number := requested():
                    events.close()
                    console.note(f"stopped at step {event.step}; saved in {run.folder}")
                    raise SystemExit(128 + signal_number)
    tell_end(console, run, configuration, last, perf_counter() - started)


def tell_end(
    console: Console,
    run: "Run",
    configuration: "Configuration",
    last: "EpochDone | None",
    seconds: float,
) -> None:
    """Say what came of a training that went to its end."""
    accuracy = last and last.validation_accuracy
    summary = f"run {run.name}: {configuration.epochs} epochs in {seconds:.1f} s"
    if accuracy is not None:
        summary += f", validation accuracy {100 * accuracy:.2f} %"
    console.say(summary)
    console.note(f"Saved in {run.folder}. Next: network test")
    console.result(
        {
            "run": run.name,
            "folder": str(run.folder),
            "seconds": seconds,
            "epochs": configuration.epochs,
            "loss": last and last.loss,
            "validation": {"accuracy": accuracy, "loss": last and last.validation_loss},
        }
    )
