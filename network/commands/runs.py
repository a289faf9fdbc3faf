"""List the runs."""

from pipeline.errors import CorruptError
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Verbose


def show_runs(cache_dir: CacheDir = None, json: Json = False, verbose: Verbose = False) -> None:
    """List the runs with their accuracies."""
    from network.runs.folder import summarise_run
    from network.runs.names import list_runs

    console, cache = Console(json), find_cache(cache_dir)
    rows = []
    for run in list_runs(cache):
        try:
            rows.append(summarise_run(run))
        except CorruptError as error:  # one damaged run must not hide the others
            console.note(str(error))
    for row in rows:
        scored = "not tested"
        if row["accuracy"] is not None:
            scored = f"{100 * row['accuracy']:.2f} % of {row['count']:,}"
        made = f"{row['epochs']:>4} epochs "
        if members := row["members"]:
            made = f"{len(members):>4} members"
        if row["edited"]:
            made = f"{'edited':>11} "
        console.say(f"{row['run']:24} {made} {scored}")
    if not rows:
        console.note(f"There is no run in {cache.runs()}. Next: network train")
    console.result({"runs": rows})
