"""The command `network compare`: a paired test of two runs."""

from typing import Annotated

import typer

from network.commands.options import (
    NAME_DATASET,
    OtherDataset,
    SplitName,
    complete_runs,
    describe_unsaved,
    exit_if_unsaved,
)
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose
from pipeline.terminal.counted import counted


def compare(
    first: Annotated[
        str, typer.Argument(metavar="RUN", autocompletion=complete_runs, help="Name of a run.")
    ],
    second: Annotated[
        str,
        typer.Argument(metavar="RUN", autocompletion=complete_runs, help="Name of another run."),
    ],
    split: SplitName = "test",
    dataset: OtherDataset = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare the accuracy of two runs on the same images.

    A significance test (McNemar's) reports how often chance alone leads to such a difference.
    """
    from network.commands.text.run_text import (
        format_comparison,
        format_repeat_warning,
        format_significance,
    )
    from network.core.data import load_examples
    from network.metrics.comparison import compare_predictions
    from network.runs.evaluate import common_dataset, evaluate_run, load_runs

    console, cache = Console(json, quiet), find_cache(cache_dir)
    runs = load_runs(cache, [first, second])
    found = common_dataset(cache, runs, dataset, NAME_DATASET)
    examples = load_examples(cache, found, split)
    measured = [evaluate_run(run, found, split, examples, must_save=False) for run in runs]
    unsaved = next((one.unsaved for one in measured if one.unsaved), None)
    comparison = compare_predictions(examples.labels, *(one.answers for one in measured))
    names = first, second
    console.say(
        f"{first} and {second} on {counted(len(examples), f'{split} image')} of {found.name}"
    )
    console.say(*format_comparison(comparison, names), "")
    console.say(format_significance(comparison, names))
    evaluations = max(one.looks for one in measured)
    if evaluations > 1 and split != "train":
        console.note(format_repeat_warning(evaluations, "one of these 2 runs has"))
    console.result(
        {
            "runs": [first, second],
            "count": comparison.count,
            "both": comparison.both,
            "only_first": comparison.only_first,
            "only_second": comparison.only_second,
            "neither": comparison.neither,
            "accuracies": [one.result.accuracy for one in measured],
            "difference": comparison.difference,
            "interval": list(comparison.interval),
            "p": comparison.p_value,
            "better": None if comparison.better is None else names[comparison.better],
            "looks": [one.looks for one in measured],
            **describe_unsaved(unsaved),
        }
    )
    exit_if_unsaved(console, unsaved)
