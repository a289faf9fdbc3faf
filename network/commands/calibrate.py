"""The command `network calibrate`: calibrate a run on its validation images."""

from network.commands.options import RunName, describe_unsaved, exit_if_unsaved
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose


def calibrate(
    run: RunName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Measure how reliable the predictions of a run are.

    This is measured on the validation images, on which the run was not trained. The result is
    saved, so that `network predict` need not measure it each time.
    """
    from dataclasses import asdict

    from network.commands.text.calibration_text import (
        format_coverage,
        format_detectors,
        format_temperatures,
    )
    from network.runs.calibrate import calibrate_and_save
    from network.runs.evaluate import load_runs

    console, cache = Console(json, quiet), find_cache(cache_dir)
    (loaded,) = load_runs(cache, [run])
    result, unsaved = calibrate_and_save(cache, loaded)
    console.say(f"run {loaded.name}, {result.examples:,} validation images", "")
    console.say(*format_temperatures(result), "")
    console.say(*format_coverage(result), "")
    console.say(*format_detectors(result))
    path = loaded.run.calibration
    option = f" --run {loaded.name}" if run else ""
    if unsaved is None:
        console.note(f"Saved in {path}. Next: network predict IMAGE{option} --coverage 0.99")
    saved = {"run": loaded.name, "path": None if unsaved else str(path)}
    console.result({**saved, **asdict(result), **describe_unsaved(unsaved)})
    exit_if_unsaved(console, unsaved)
