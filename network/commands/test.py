"""Measure runs on the test images."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from network.commands.options import Limit, OtherDataset, SplitName
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose

if TYPE_CHECKING:
    from network.runs.evaluate import Measured
    from pipeline.datasets.records import Dataset


def measure(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Names of runs. [default: the latest]"),
    ] = None,
    split: SplitName = "test",
    dataset: OtherDataset = None,
    limit: Limit = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure runs on the test images, which they have never seen."""
    from network.commands.text.run_text import looks_line
    from network.core.data import load_examples
    from network.runs.evaluate import common_dataset, load_runs, measure_run

    console, cache = Console(json, quiet), find_cache(cache_dir)
    runs = load_runs(cache, names or [None])
    found = common_dataset(cache, runs, dataset)
    examples = load_examples(cache, found, split, limit)
    measured = [measure_run(run, found, split, examples) for run in runs]
    images = f"{len(examples):,} {split} images of {found.name}"
    whose = "this run has"
    if len(measured) == 1:
        tell_one(console, measured[0], found, images)
        console.result(as_data(measured[0]))
    else:
        whose = f"of these {len(measured)} runs one has"
        tell_several(console, measured, images)
    looks = max(one.looks for one in measured)
    if looks > 1 and split != "train":
        console.note(looks_line(looks, whose))
    console.note("Next: network show --wrong, or network predict IMAGE")


def tell_one(console: Console, one: "Measured", dataset: "Dataset", images: str) -> None:
    """Say all that is known about the answers of one run."""
    from network.commands.text.run_text import accuracy_line, confusion_table, digit_table

    console.say(f"run {one.name} on {images}")
    console.say(f"accuracy {accuracy_line(one.result)}", "")
    console.say(*digit_table(one.result, dataset.classes), "")
    console.say(*confusion_table(one.result, dataset.classes))


def tell_several(console: Console, measured: "list[Measured]", images: str) -> None:
    """Say what each of several runs scored, and how far they lie apart."""
    from statistics import fmean, stdev

    from network.commands.text.run_text import accuracy_line, spread_line

    accuracies = [one.result.accuracy for one in measured]
    width = max(len(one.name) for one in measured)
    console.say(f"{len(measured)} runs on {images}")
    console.say(*(f"{one.name:<{width}}  {accuracy_line(one.result)}" for one in measured))
    console.say(spread_line(accuracies))
    console.result(
        {
            "runs": [as_data(one) for one in measured],
            "mean": fmean(accuracies),
            "sd": stdev(accuracies),
        }
    )


def as_data(one: "Measured") -> dict[str, Any]:
    """Say the same in plain data."""
    return {
        "run": one.name,
        "count": one.result.count,
        "correct": one.result.correct,
        "accuracy": one.result.accuracy,
        "interval": list(one.result.interval),
        "confusion": one.result.confusion.tolist(),
        "looks": one.looks,
    }
