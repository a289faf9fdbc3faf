"""The `inspect` command: contents of a file, risks, and import result."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import CorruptError, ProjectError
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import Console, Json, Verbose

if TYPE_CHECKING:
    from pipeline.inspection.report import Report

READ_ALL_THE_SAME = ("npz", "npy", "csv", "unknown")  # by an import, but not by all readers


def inspect(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File or folder of any kind.")],
    json: Json = False,
    verbose: Verbose = False,
) -> None:
    """Describe a file or folder without running code in it.

    Loading a pickle or a similar file can run code. Inspect such a file first if it is from a
    stranger. The verdict reports the code that loading it would run.
    """
    console, report = Console(json), inspect_path(file)
    for line in report.lines(str(file)):
        console.say(line)
    console.result(report.as_json(str(file)))
    if not report.is_plain:
        raise typer.Exit(CorruptError.exit_code)


def inspect_path(path: Path) -> "Report":
    """Inspect a file or a folder, and add how an import would read it.

    A successful import determines the format, but never clears a threat.

    Raises: MissingError, StorageError.
    """
    from dataclasses import replace

    from pipeline.formats.folders.litter import count_kinds
    from pipeline.formats.import_dataset import describe_source
    from pipeline.formats.open_source import lend_workspace
    from pipeline.inspection.files import inspect_file
    from pipeline.inspection.report import Report

    if path.is_dir():
        report = Report(
            "folder", 0, "unknown", "only an import reads its files", (count_kinds(path),)
        )
    else:
        report = inspect_file(path)
    if report.status in ("damaged", "hostile"):
        return report
    try:
        with lend_workspace(find_cache()) as workspace:
            found = describe_source(path, workspace)
    except ProjectError as error:
        return replace(report, reads=refusal_of(path, error))
    reads = f"read as {found.format_name}: {found.content}"
    verdict = "`pipeline import` reads it without running code"
    if found.refusal is not None:
        reads = refusal_of(path, found.refusal)
        verdict = "`pipeline import` runs no code in it, but refuses what it holds"
    report = replace(report, reads=reads)
    if report.format in ("text", "unknown"):
        report = replace(report, format=found.format_name)
    is_settled = report.status == "unknown" or report.format.startswith(READ_ALL_THE_SAME)
    if report.is_plain or not is_settled:
        return report
    return replace(report, status="plain", verdict=verdict)


def refusal_of(path: Path, error: ProjectError) -> str:
    """Return why an import refuses a path."""
    return f"no: {str(error).removeprefix(f'{path}: ')}"
