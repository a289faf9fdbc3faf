"""The command `network replay`: train a run again and compare the weights."""

from network.commands.options import NewName, RunName
from network.commands.train_and_print import train_and_print
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose, stop_requests


def replay(
    run: RunName = None,
    name: NewName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Train a run again, and compare the weights.

    The same settings lead to the same weights, bit for bit. If they differ, the exit code is 1.
    """
    from network.runs.checkpoints import require_trained
    from network.runs.folder import load_run
    from network.runs.live_changes import change_training, extract_changes, first_configuration
    from network.runs.names import find_run
    from network.runs.replay import compare_runs
    from network.runs.training_run import create_training_run

    console, cache = Console(json, quiet), find_cache(cache_dir)
    found = find_run(cache, run)
    checkpoint, _ = load_run(found)
    where = str(found.checkpoint)
    configuration, changes = (
        first_configuration(checkpoint, where),
        extract_changes(checkpoint, where),
    )
    require_trained(found.name, checkpoint)
    with stop_requests() as requested:
        again = create_training_run(
            cache, configuration, name, f"{found.name}-again", replay_of=found.name
        )
        console.note(f"training {found.name} again, as {again.run.name}")
        for change in changes:
            console.note(f"training to step {change.step:,}, then changing settings as before")
            train_and_print(console, again, requested, change.place)
            again = change_training(again, change.values)
        stands = checkpoint.meta.get("epoch", 0), checkpoint.meta.get("step", 0)
        train_and_print(console, again, requested, stands)
    comparison = compare_runs(found, again.run)
    console.say(*comparison.lines())
    console.result(
        {
            "run": found.name,
            "again": again.run.name,
            "sha256": list(comparison.hashes),
            "same": comparison.is_same,
            "differences": comparison.differences,
        }
    )
    if not comparison.is_same:
        raise SystemExit(1)
