"""The `fetch` command: the raw files of a dataset."""

from typing import Annotated

import typer

from pipeline.commands.options import DatasetName, Force
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.registry import find_dataset
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose
from pipeline.terminal.counted import counted
from pipeline.terminal.numbers import number_option


def fetch(
    dataset: DatasetName = MNIST.name,
    mirror: Annotated[
        list[str] | None,
        typer.Option(
            "--mirror",
            metavar="ADDRESS",
            help="Folder to download from: https, http or file address. Repeatable.",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Use only files on this machine.")
    ] = False,
    timeout: Annotated[
        float | None,
        number_option(
            "--timeout", 1, example=60, metavar="N", help="Time limit in seconds. [default: none]"
        ),
    ] = None,
    force: Force = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Download the files of a dataset, and verify them.

    Files that are already there and intact are not downloaded again.
    """
    from pipeline.download.fetch import fetch_dataset

    console, cache = Console(json, quiet), find_cache(cache_dir)
    chosen, seconds = find_dataset(cache, dataset), timeout or float("inf")
    fetched = fetch_dataset(cache, chosen, tuple(mirror or ()), force, offline, seconds, console)
    console.say(f"{chosen.title}: {counted(len(fetched), 'file')} in {cache.raw(chosen.folder)}")
    for item in fetched:
        origin = f"  from {item.mirror}" if item.mirror else ""
        size = f"{item.digest.size:>9,} bytes  sha256 {item.digest.sha256[:12]}..."
        console.say(f"  {item.status:10}  {item.file.name:27}  {size}{origin}")
    console.note(f"Next: pipeline build-pickles {chosen.name}")
    console.result(
        {
            "dataset": chosen.name,
            "folder": str(cache.raw(chosen.folder)),
            "files": [
                {
                    "name": item.file.name,
                    "status": item.status,
                    "sha256": item.digest.sha256,
                    "mirror": item.mirror,
                }
                for item in fetched
            ],
        }
    )
