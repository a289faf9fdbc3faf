"""Plot how runs learnt and how they answer."""

from pathlib import Path
from typing import Annotated

import typer

from network.training.option_values import Registry
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose

KINDS = ", ".join(Registry("network.plots.registry:PLOTS").names())
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="NAME", help=f"Kinds of plots: {KINDS}. [default: all]"),
]


def plot(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN", help="Names of runs. [default: the latest]"),
    ] = None,
    kind: Kinds = None,
    split: Annotated[
        str,
        typer.Option("--split", metavar="NAME", help="Split; others than validation are logged."),
    ] = "validation",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Folder to write to. [default: in the cache]"),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="Format: png or svg.")
    ] = "png",
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Plot learning curves, errors and weights of runs."""
    from network.plots.drawing import check_kinds, write_plots
    from network.plots.subject import load_subjects

    console, cache = Console(json, quiet), find_cache(cache_dir)
    kinds = check_kinds(kind or [], form)
    subjects = load_subjects(cache, names or [None], split)
    paths = []
    for path in write_plots(subjects, kinds, out or cache.pictures(), form):
        console.say(str(path))
        paths.append(str(path))
    console.note("Next: network report, for all of it in one page")
    console.result({"runs": [subject.name for subject in subjects], "paths": paths})
