"""The `network` command."""

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from pipeline.cache import find_cache
from pipeline.console import (
    CacheDir,
    Console,
    Json,
    Quiet,
    Verbose,
    run_app,
    stop_requests,
    version_option,
)

if TYPE_CHECKING:
    from network.configuration import Configuration

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    epilog="Start with `network train`, then `network test`.",
)  # fmt: skip

# The defaults are those of configuration.Configuration: reading them here would import NumPy,
# and `--help` could not answer at once. A test holds the texts to them.
Hidden = Annotated[
    str | None, typer.Option("--hidden", help="Hidden sizes: 30, 128,64 or none. [default: 30]")
]
Activation = Annotated[
    str | None,
    typer.Option("--activation", help="Hidden layers: sigmoid, tanh, relu. [default: sigmoid]"),
]
Initializer = Annotated[
    str | None,
    typer.Option("--initializer", help="First weights: uniform, glorot, he. [default: uniform]"),
]
LossName = Annotated[
    str | None,
    typer.Option(
        "--loss",
        help="squared-error, cross-entropy, binary-cross-entropy. [default: squared-error]",
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="All that is random. [default: 0]")]
DatasetName = Annotated[
    str | None, typer.Option("--dataset", help="One of `pipeline list`. [default: mnist]")
]
RunName = Annotated[
    str | None, typer.Argument(metavar="RUN", help="A run's name. [default: the latest]")
]
NewName = Annotated[str | None, typer.Option("--name", help="What to call the run.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="Use only the first so many images.")
]


def main() -> NoReturn:
    """Run the `network` command."""
    run_app(app, "network")


@app.callback()
def options(version: Annotated[bool, version_option("network")] = False) -> None:
    """Train a neural network in NumPy on handwritten digits, and test it."""


@app.command()
def train(
    hidden: Hidden = None,
    activation: Activation = None,
    initializer: Initializer = None,
    loss: LossName = None,
    optimizer: Annotated[
        str | None, typer.Option("--optimizer", help="sgd, momentum, adam. [default: sgd]")
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
        typer.Option("--schedule", help="Learning rate: cosine, constant. [default: cosine]"),
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
    from network import experiment
    from network.report import epoch_line
    from network.training import EpochDone

    console, cache = Console(json, quiet), find_cache(cache_dir)
    configuration = configure(
        hidden, activation=activation, initializer=initializer, loss=loss, optimizer=optimizer,
        learning_rate=learning_rate, weight_decay=weight_decay, schedule=schedule,
        batch_size=batch_size, epochs=epochs, validation=validation, seed=seed, limit=limit,
        start=start, dataset=dataset,
    )  # fmt: skip
    model, params = experiment.start_model(cache, configuration)
    run = experiment.name_run(cache, name, model)
    training, validation_examples = experiment.load_training_examples(cache, configuration)
    console.note(
        f"run {run.name}: {len(training):,} images to train on, {len(validation_examples):,} held "
        f"out, seed {configuration.seed}"
    )
    last, started = None, perf_counter()
    events = experiment.train_run(
        run, model, params, configuration, training, validation_examples
    )
    total = configuration.epochs * len(training)
    with console.progress("training", total, "images") as advance, stop_requests() as requested:
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
    seconds = perf_counter() - started
    summary = f"run {run.name}: {configuration.epochs} epochs in {seconds:.1f} s"
    if last is not None and last.validation_accuracy is not None:
        summary += f", validation accuracy {100 * last.validation_accuracy:.2f} %"
    console.say(summary)
    console.note(f"Saved in {run.folder}. Next: network test")
    console.result(
        {
            "run": run.name,
            "folder": str(run.folder),
            "seconds": seconds,
            "epochs": configuration.epochs,
            "loss": last and last.loss,
            "validation": {
                "accuracy": last and last.validation_accuracy,
                "loss": last and last.validation_loss,
            },
        }
    )


@app.command()
def init(
    hidden: Hidden = None,
    activation: Activation = None,
    initializer: Initializer = None,
    loss: LossName = None,
    seed: Seed = None,
    name: NewName = None,
    dataset: DatasetName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write an untrained network, to look at or to start from."""
    from network import experiment
    from network.params import count_params

    console, cache = Console(json, quiet), find_cache(cache_dir)
    configuration = configure(
        hidden, activation=activation, initializer=initializer, loss=loss, seed=seed,
        dataset=dataset, epochs=0,
    )  # fmt: skip
    model, params = experiment.start_model(cache, configuration)
    run = experiment.name_run(cache, name, model)
    experiment.save_run(run, model, params, {}, configuration, [])
    console.say(f"run {run.name}: {count_params(params):,} parameters, untrained")
    console.note(f"Saved in {run.folder}. Next: network train --from {run.name}")
    console.result({"run": run.name, "folder": str(run.folder), "parameters": count_params(params)})


@app.command()
def test(
    run: RunName = None,
    limit: Limit = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure a run on the test images, which it has never seen."""
    from network import experiment, report
    from network.data import load_examples
    from network.evaluation import evaluate
    from pipeline.datasets import DATASETS

    console, cache = Console(json, quiet), find_cache(cache_dir)
    found = experiment.find_run(cache, run)
    checkpoint, configuration = experiment.load_run(found)
    dataset = DATASETS[configuration.dataset]
    examples = load_examples(cache, dataset, "test", limit)
    result = evaluate(checkpoint.model, checkpoint.params, examples)
    experiment.save_test_result(found, result)
    console.say(f"run {found.name} on {result.count:,} test images of {dataset.name}")
    console.say(f"accuracy {report.accuracy_line(result)}\n")
    console.say(report.digit_table(result, dataset.classes) + "\n")
    console.say(report.confusion_table(result, dataset.classes))
    console.note("Next: network show --wrong, or network predict IMAGE")
    console.result(
        {
            "run": found.name,
            "count": result.count,
            "correct": result.correct,
            "accuracy": result.accuracy,
            "interval": list(result.interval),
            "confusion": result.confusion.tolist(),
        }
    )


@app.command()
def predict(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Image files.")],
    run: Annotated[str | None, typer.Option("--run", help="A run's name. [default: latest]")] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read the digit in each image file."""
    import numpy as np

    from network import experiment, report
    from network.data import scale_pixels
    from network.digits import read_digit
    from network.evaluation import compute_outputs
    from pipeline.datasets import DATASETS

    console, cache = Console(json, quiet), find_cache(cache_dir)
    digits = np.stack([read_digit(path) for path in images])
    checkpoint, configuration = experiment.load_run(experiment.find_run(cache, run))
    classes = DATASETS[configuration.dataset].classes
    outputs = compute_outputs(checkpoint.model, checkpoint.params, scale_pixels(digits))
    predictions = []
    for path, scores in zip(images, outputs.tolist(), strict=True):
        digit = int(np.argmax(scores))
        console.say(f"{path}: {classes[digit]}\n  {report.scores_line(scores, classes)}")
        predictions.append({"image": str(path), "digit": digit, "scores": scores})
    console.result({"predictions": predictions})


@app.command()
def show(
    run: RunName = None,
    split: Annotated[str, typer.Option("--split", help="train or test.")] = "test",
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many images.")] = 50,
    wrong: Annotated[bool, typer.Option("--wrong", help="Mistakes only, surest first.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="PNG file to write.")] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw digits with the network's answers, right and wrong marked."""
    from network import experiment
    from network.data import load_examples
    from network.evaluation import compute_outputs
    from network.gallery import draw_answers
    from pipeline.datasets import DATASETS
    from pipeline.preview import show_picture

    console, cache = Console(json, quiet), find_cache(cache_dir)
    found = experiment.find_run(cache, run)
    checkpoint, configuration = experiment.load_run(found)
    dataset = DATASETS[configuration.dataset]
    examples = load_examples(cache, dataset, split)
    outputs = compute_outputs(checkpoint.model, checkpoint.params, examples.images)
    title = f"{found.name}: {'mistakes' if wrong else 'answers'} on {dataset.name}, {split}"
    picture = draw_answers(examples, outputs, dataset.classes, title, count, wrong)
    path = show_picture(picture, out, cache.pictures() / f"{found.name}_{split}.png")
    console.say(f"answers in {path}" if path else "answers shown")
    console.result({"run": found.name, "path": path and str(path)})


@app.command()
def check(
    run: Annotated[
        str | None, typer.Argument(metavar="RUN", help="A run. [default: an untrained network]")
    ] = None,
    hidden: Hidden = None,
    activation: Activation = None,
    loss: LossName = None,
    examples: Annotated[int, typer.Option("--examples", min=1, help="Images to check on.")] = 8,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Only so many parameters of each array.")
    ] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check every gradient against finite differences; exit 1 when a layer is wrong."""
    from network import experiment, report
    from network.data import load_examples
    from network.gradient_check import check_gradients
    from network.losses import LOSSES
    from network.params import count_params
    from pipeline.datasets import DATASETS

    console, cache = Console(json, quiet), find_cache(cache_dir)
    if run is None:
        configuration = configure(hidden, activation=activation, loss=loss)
        model, params = experiment.start_model(cache, configuration)
    else:
        checkpoint, configuration = experiment.load_run(experiment.find_run(cache, run))
        model, params = checkpoint.model, checkpoint.params
    few = load_examples(cache, DATASETS[configuration.dataset], "train", examples)
    loss_function = LOSSES[configuration.loss]()
    console.note(f"{len(few)} images, loss {configuration.loss}, central differences in float64")
    with console.progress("checking", count_params(params), "parameters") as advance:
        checks = list(
            check_gradients(model, loss_function, params, few.images, few.labels, sample, advance)
        )
    for array_check in checks:
        console.say(report.check_line(array_check))
    is_right = all(array_check.is_right for array_check in checks)
    console.say("every gradient is right" if is_right else report.advice_line(checks))
    console.result(
        {
            "right": is_right,
            "arrays": [{**item._asdict(), "right": item.is_right} for item in checks],
        }
    )
    if not is_right:
        raise SystemExit(1)


@app.command("import-seed")
def import_seed(
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS.pickle")],
    biases: Annotated[Path, typer.Argument(metavar="BIASES.pickle")],
    name: NewName = "seed",
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Turn the seed project's parameter files into a run."""
    from network import experiment
    from network.params import count_params
    from network.seed_import import import_seed as read_seed

    console, cache = Console(json, quiet), find_cache(cache_dir)
    model, params = read_seed(weights, biases)
    run = experiment.name_run(cache, name, model)
    hidden = tuple(len(layer["bias"]) for layer in params if layer)[:-1]
    configuration = configure(",".join(map(str, hidden)) or "none", epochs=0)
    experiment.save_run(run, model, params, {}, configuration, [])
    console.say(f"run {run.name}: {count_params(params):,} parameters of the seed")
    console.note(f"Saved in {run.folder}. Next: network test {run.name} --limit 1000")
    console.result({"run": run.name, "folder": str(run.folder), "parameters": count_params(params)})


@app.command()
def runs(cache_dir: CacheDir = None, json: Json = False, verbose: Verbose = False) -> None:
    """List the runs with what they scored."""
    from network import experiment

    console, cache = Console(json), find_cache(cache_dir)
    rows = [experiment.summarise(run) for run in experiment.list_runs(cache)]
    for row in rows:
        scored = "not tested" if row["accuracy"] is None else f"{100 * row['accuracy']:.2f} %"
        console.say(f"{row['run']:24} {row['epochs']:>4} epochs  {scored}")
    if not rows:
        console.note(f"There is no run in {cache.runs()}. Next: network train")
    console.result({"runs": rows})


def configure(hidden: str | None, **options: Any) -> "Configuration":
    """Make the configuration of the options that were given; the rest are defaults.

    Raises: UsageError.
    """
    from network.configuration import Configuration, parse_hidden

    given = {name: value for name, value in options.items() if value is not None}
    if hidden is not None:
        given["hidden"] = parse_hidden(hidden)
    return Configuration(**given).with_suitable_rates()
