"""Options that several commands share."""

from typing import Annotated

import typer


def complete_datasets(incomplete: str) -> list[str]:
    """Return the names of datasets that begin with some letters, for the shell."""
    from pipeline.datasets.registry import DATASETS
    from pipeline.datasets.user_datasets import user_dataset_names
    from pipeline.storage.cache import find_cache

    names = [*DATASETS, *user_dataset_names(find_cache())]
    return [name for name in names if name.startswith(incomplete)]


DatasetName = Annotated[
    str,
    typer.Argument(
        metavar="DATASET",
        help="Dataset, one of `pipeline list`.",
        autocompletion=complete_datasets,
    ),
]
SplitName = Annotated[str, typer.Option("--split", metavar="NAME", help="Split: train or test.")]
Force = Annotated[bool, typer.Option("--force", help="Again, even if all files are intact.")]
