"""The `verify` command: raw files and pickles compared with their hashes."""

from typing import Annotated

import typer

from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.registry import all_datasets, dataset_names, find_dataset
from pipeline.storage.cache import find_cache
from pipeline.terminal.completion import complete_names
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose


def verify(
    dataset: Annotated[
        str | None,
        typer.Argument(
            metavar="DATASET",
            help="Dataset. [default: all in the cache folder; mnist if none]",
            autocompletion=complete_names(dataset_names),
        ),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair missing and damaged files.")
    ] = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Find missing and damaged files, by their hashes."""
    from pipeline.verify import exists, repair_dataset, verify_dataset, worst_error

    console, cache = Console(json, quiet), find_cache(cache_dir)
    if dataset is not None:
        chosen = [find_dataset(cache, dataset)]
    else:
        chosen = [it for it in all_datasets(cache) if exists(cache, it)] or [MNIST]
    if repair:
        for one in chosen:
            if worst_error(verify_dataset(cache, one)) is not None:
                repair_dataset(cache, one, reporter=console)
    findings = [(one, finding) for one in chosen for finding in verify_dataset(cache, one)]
    error = worst_error([finding for _, finding in findings])
    for _, finding in findings:
        console.say(f"  {finding.status:12}  {finding.path}")
    if error is not None:
        named = f" {dataset}" if dataset else ""
        error.hint = error.hint if repair else f"Run `pipeline verify{named} --repair`"
        raise error
    console.result(
        {
            "artefacts": [
                {"dataset": one.name, "path": str(finding.path), "status": finding.status}
                for one, finding in findings
            ],
        }
    )
