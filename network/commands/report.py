"""The command `network report`: all plots of a run in one HTML file."""

from pathlib import Path
from typing import Annotated

import typer

from network.commands.options import PlotSplit, RunName
from pipeline.storage.cache import find_cache
from pipeline.storage.outputs import HTML, Output, chosen_by, require_outputs
from pipeline.terminal.console import CacheDir, Console, Json, Overwrite, Quiet, Verbose


def report(
    run: RunName = None,
    split: PlotSplit = "validation",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="HTML file to write. [default: in the cache]"),
    ] = None,
    force: Overwrite = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write all charts of a run to one HTML file."""
    from network.plots.page import make_page
    from network.plots.subject import load_subjects
    from pipeline.storage.cache import publish

    console, cache = Console(json, quiet), find_cache(cache_dir)
    if out is not None:
        require_outputs([Output("--out", out, HTML)], force=force)
    (subject,) = load_subjects(cache, [run], split)
    path = out or cache.pictures() / f"{subject.name}_report.html"
    with chosen_by("--out"):
        publish(path, [make_page(subject)])
    console.say(f"report in {path}")
    console.note("Open this page in a browser")
    console.result({"run": subject.name, "path": str(path)})
