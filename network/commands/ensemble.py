"""Make one run of several, which answer together."""

from typing import Annotated

import typer

from network.commands.options import NewName
from pipeline.cache import find_cache
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose


def ensemble(
    names: Annotated[list[str], typer.Argument(metavar="RUN...", help="Names of runs.")],
    name: NewName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make one run of several: its scores are the mean of theirs."""
    from network.combining import combine_runs

    console, cache = Console(json, quiet), find_cache(cache_dir)
    run, parameters = combine_runs(cache, names, name)
    console.say(f"run {run.name}: {parameters:,} parameters, the mean of {', '.join(names)}")
    console.note(f"Saved in {run.folder}. Next: network test {run.name}")
    console.result(
        {
            "run": run.name,
            "folder": str(run.folder),
            "members": names,
            "parameters": parameters,
        }
    )
