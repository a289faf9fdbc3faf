"""The command `network plot`: charts of runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from network.commands.options import PlotSplit, complete_runs
from network.training.option_values import Registry
from pipeline.errors import CorruptError
from pipeline.storage.cache import Cache, find_cache
from pipeline.storage.outputs import PNG, SVG, Output, chosen_by, require_outputs
from pipeline.terminal.completion import complete_among
from pipeline.terminal.console import CacheDir, Console, Json, Overwrite, Quiet, Verbose

KINDS = Registry("network.plots.registry:PLOTS").names()
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        metavar="NAME",
        help=f"Kinds of plots: {', '.join(KINDS)}. [default: all]",
        autocompletion=complete_among(*KINDS),
    ),
]


def plot(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            autocompletion=complete_runs,
            help="Names of runs. [default: last trained]",
        ),
    ] = None,
    kind: Kinds = None,
    split: PlotSplit = "validation",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Folder to write to. [default: in the cache]"),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="NAME",
            help="Format: png or svg.",
            autocompletion=complete_among("png", "svg"),
        ),
    ] = "png",
    force: Overwrite = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw charts of runs: learning, errors and weights."""
    from network.plots.drawing import check_kinds, plan_plots, write_plots
    from network.plots.subject import load_subjects

    console, cache = Console(json, quiet), find_cache(cache_dir)
    kinds = check_kinds(kind or [], form)
    sound, problems = separate_damaged(cache, names or [None])
    if not sound:
        raise problems[0]
    subjects = load_subjects(cache, sound, split)
    planned = plan_plots(subjects, kinds, out or cache.pictures(), form)
    if out is not None:
        image = PNG if form == "png" else SVG
        require_outputs([Output("--out", it.path, image) for it in planned], force=force)
    paths = []
    with chosen_by("--out"):
        for path in write_plots(planned):
            console.say(str(path))
            paths.append(str(path))
    if problems:  # of damaged runs, after the others are drawn
        raise problems[0]
    named = f" {sound[0]}" if names and sound[0] else ""
    console.note(f"Next: network report{named}")
    console.result({"runs": [subject.name for subject in subjects], "paths": paths})


def separate_damaged(
    cache: Cache, names: Sequence[str | None]
) -> tuple[list[str | None], list[CorruptError]]:
    """Return the names of the readable runs, and the errors of the damaged ones.

    Raises: UsageError, MissingError.
    """
    from network.runs.folder import load_run, read_saved_history
    from network.runs.names import find_runs

    sound, problems = list[str | None](), list[CorruptError]()
    for run in find_runs(cache, names):
        try:
            read_saved_history(run, load_run(run)[0])
            sound.append(run.name)
        except CorruptError as error:
            problems.append(error)
    return sound, problems
