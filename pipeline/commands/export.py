"""The `export` command: a dataset in the formats of other programs."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import DatasetName
from pipeline.datasets.registry import find_dataset
from pipeline.storage.cache import Cache, find_cache
from pipeline.terminal.completion import complete_names
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose
from pipeline.terminal.counted import counted


def list_formats(cache: Cache) -> list[str]:
    """Return the names of the export formats."""
    from pipeline.formats.registry import WRITERS

    return list(WRITERS)


def export(
    dataset: DatasetName,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="NAME",
            help="Format: npz, torchvision, png, csv, idx or idx-gz.",
            autocompletion=complete_names(list_formats),
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="File or folder to write.")],
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace an earlier export, unless its files were changed."),
    ] = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Export a dataset for other programs."""
    from pipeline.formats.export_dataset import export_dataset

    console, cache = Console(json, quiet), find_cache(cache_dir)
    exported = export_dataset(cache, find_dataset(cache, dataset), to, out, force, console)
    counts = ", ".join(f"{count:,} {split}" for split, count in exported.counts.items())
    files = counted(exported.files, "file")
    console.say(f"{dataset}: {counts} images in {exported.path}, {files}, {exported.size:,} bytes")
    console.result(
        {
            "dataset": dataset,
            "format": exported.format_name,
            "path": str(exported.path),
            "splits": exported.counts,
            "files": exported.files,
            "bytes": exported.size,
        }
    )
