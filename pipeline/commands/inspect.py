"""Say what a file holds and what loading it would do."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import CorruptError
from pipeline.terminal.console import Console, Json, Verbose


def inspect(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Pickle, .npz, .npy, IDX, gzip or ZIP file.")
    ],
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Inspect a file without loading it."""
    from pipeline.inspection.files import inspect_file

    console, report = Console(json), inspect_file(file)
    for line in report.lines(str(file)):
        console.say(line)
    console.result(report.as_json(str(file)))
    if not report.is_plain:
        raise typer.Exit(CorruptError.exit_code)
