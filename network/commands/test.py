"""Measure a run on the test images."""

from network.commands.options import Limit, RunName
from pipeline.cache import find_cache
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose


def measure(
    run: RunName = None,
    limit: Limit = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure a run on the test images, which it has never seen."""
    from network import report, runs
    from network.data import load_examples
    from network.evaluation import evaluate
    from pipeline.datasets import find_dataset

    console, cache = Console(json, quiet), find_cache(cache_dir)
    found = runs.find_run(cache, run)
    checkpoint, configuration = runs.load_run(found)
    dataset = find_dataset(cache, configuration.dataset)
    examples = load_examples(cache, dataset, "test", limit)
    result = evaluate(checkpoint.model, checkpoint.params, examples)
    runs.save_test_result(found, result)
    console.say(f"run {found.name} on {result.count:,} test images of {dataset.name}")
    console.say(f"accuracy {report.accuracy_line(result)}", "")
    console.say(*report.digit_table(result, dataset.classes), "")
    console.say(*report.confusion_table(result, dataset.classes))
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
