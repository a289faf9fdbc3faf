"""Options shared by several commands."""

from typing import Annotated

import typer

from pipeline.datasets.registry import dataset_names
from pipeline.terminal.completion import complete_among, complete_names

DatasetName = Annotated[
    str,
    typer.Argument(
        metavar="DATASET",
        help="Dataset, one of `pipeline list`.",
        autocompletion=complete_names(dataset_names),
    ),
]
SplitName = Annotated[
    str,
    typer.Option(
        "--split",
        metavar="NAME",
        help="Part of the dataset: train or test.",
        autocompletion=complete_among("train", "test"),
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files even if they are intact.")]
