"""Options that several commands share."""

from typing import Annotated

import typer

DatasetName = Annotated[
    str, typer.Argument(metavar="DATASET", help="Dataset, one of `pipeline list`.")
]
SplitName = Annotated[str, typer.Option("--split", metavar="NAME", help="Split: train or test.")]
Force = Annotated[bool, typer.Option("--force", help="Again, even if all files are intact.")]
