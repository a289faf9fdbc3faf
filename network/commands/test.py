"""The command `network test`: evaluate runs on the test images."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from network.commands.options import (
    NAME_DATASET,
    Limit,
    OtherDataset,
    SplitName,
    complete_runs,
    describe_unsaved,
    exit_if_unsaved,
)
from pipeline.errors import StorageError
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose
from pipeline.terminal.counted import counted

if TYPE_CHECKING:
    from network.runs.evaluate import EvaluationResult
    from pipeline.datasets.records import Dataset


def measure(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            autocompletion=complete_runs,
            help="Names of runs. [default: last trained]",
        ),
    ] = None,
    split: SplitName = "test",
    dataset: OtherDataset = None,
    limit: Limit = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Evaluate runs on the test set."""
    from network.commands.text.run_text import format_repeat_warning
    from network.core.data import load_examples
    from network.runs.evaluate import common_dataset, evaluate_run, load_runs
    from network.runs.folder import find_history_problem

    console, cache = Console(json, quiet), find_cache(cache_dir)
    runs = load_runs(cache, names or [None])
    found = common_dataset(cache, runs, dataset, NAME_DATASET)
    examples = load_examples(cache, found, split, limit)
    measured = [evaluate_run(run, found, split, examples, must_save=False) for run in runs]
    images = f"{counted(len(examples), f'{split} image')} of {found.name}"
    whose = "this run has"
    if len(measured) == 1:
        print_one(console, measured[0], found, images)
        console.result({**as_data(measured[0]), **describe_unsaved(measured[0].unsaved)})
    else:
        whose = f"one of these {len(measured)} runs has"
        print_several(console, measured, images)
    evaluations = max(one.looks for one in measured)
    if evaluations > 1 and split != "train":
        console.note(format_repeat_warning(evaluations, whose))
    problems = [find_history_problem(run.run, run.checkpoint) for run in runs]
    if problem := next(filter(None, problems), None):
        console.note(f"The history is damaged, but the accuracies do not depend on it: {problem}")
    exit_if_unsaved(console, find_unsaved(measured))
    named, option = (f" {names[0]}", f" --run {names[0]}") if names else ("", "")
    console.note(f"Next: network show{named} --wrong, or network predict IMAGE{option}")


def find_unsaved(measured: "list[EvaluationResult]") -> StorageError | None:
    """Return why one of the results is not saved; None if all are."""
    return next((one.unsaved for one in measured if one.unsaved), None)


def print_one(console: Console, one: "EvaluationResult", dataset: "Dataset", images: str) -> None:
    """Print the accuracy, the class table and the confusion matrix of one run."""
    from network.commands.text.run_text import (
        format_class_table,
        format_confusion_table,
    )

    console.say(f"run {one.name} on {images}")
    console.say(f"accuracy {one.result}", "")
    console.say(*format_class_table(one.result, dataset.classes), "")
    console.say(*format_confusion_table(one.result, dataset.classes))


def print_several(console: Console, measured: "list[EvaluationResult]", images: str) -> None:
    """Print the accuracies of several runs, with their mean and spread."""
    from statistics import fmean, stdev

    from network.commands.text.run_text import format_spread

    accuracies = [one.result.accuracy for one in measured]
    width = max(len(one.name) for one in measured)
    console.say(f"{len(measured)} runs on {images}")
    console.say(*(f"{one.name:<{width}}  {one.result}" for one in measured))
    console.say(format_spread(accuracies))
    console.result(
        {
            "runs": [as_data(one) for one in measured],
            "mean": fmean(accuracies),
            "sd": stdev(accuracies),
            **describe_unsaved(find_unsaved(measured)),
        }
    )


def as_data(one: "EvaluationResult") -> dict[str, Any]:
    """Return an evaluation as plain data for `--json`."""
    return {
        "run": one.name,
        "count": one.result.count,
        "correct": one.result.correct,
        "accuracy": one.result.accuracy,
        "interval": list(one.result.interval),
        "confusion": one.result.confusion.tolist(),
        "looks": one.looks,
    }
