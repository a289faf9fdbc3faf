"""List the runs."""

from pipeline.cache import find_cache
from pipeline.console import CacheDir, Console, Json, Verbose


def show_runs(cache_dir: CacheDir = None, json: Json = False, verbose: Verbose = False) -> None:
    """List the runs with what they scored."""
    from network.runs import list_runs, summarise

    console, cache = Console(json), find_cache(cache_dir)
    rows = [summarise(run) for run in list_runs(cache)]
    for row in rows:
        scored = "not tested" if row["accuracy"] is None else f"{100 * row['accuracy']:.2f} %"
        console.say(f"{row['run']:24} {row['epochs']:>4} epochs  {scored}")
    if not rows:
        console.note(f"There is no run in {cache.runs()}. Next: network train")
    console.result({"runs": rows})
