"""The command `network runs`: a list of the runs."""

from typing import Any

from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Verbose


def show_runs(cache_dir: CacheDir = None, json: Json = False, verbose: Verbose = False) -> None:
    """List the runs with their accuracies."""
    from network.runs.folder import summarise_runs
    from network.runs.names import list_runs

    console, cache = Console(json), find_cache(cache_dir)
    rows = summarise_runs(list_runs(cache))
    for row in rows:
        console.say(f"{row['run']:24} {describe_row(row)}")
    if damaged := [row for row in rows if row["history"]]:
        names = ", ".join(row["run"] for row in damaged)
        console.note(f"The history of {names} is damaged: {damaged[0]['history']}")
    if not rows:
        console.note(f"No runs found in {cache.runs()}. Next: network train")
    console.result({"runs": rows})


def describe_row(row: dict[str, Any]) -> str:
    """Return the epochs and the test accuracy of a run as text, or its problem."""
    if row["problem"]:
        return f"{'damaged':>11}  {row['problem']}"
    scored = "tested before it was trained further" if row["outdated"] else "not tested"
    if row["accuracy"] is not None:
        scored = f"{100 * row['accuracy']:.2f} % of {row['count']:,}"
    made = f"{row['epochs']:>4} {'epoch ' if row['epochs'] == 1 else 'epochs'} "
    if members := row["members"]:
        made = f"{len(members):>4} members"
    if row["edited"]:
        made = f"{'edited':>11} "
    return f"{made} {scored}"
