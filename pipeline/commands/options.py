"""Options that several commands share."""

from typing import Annotated

import typer

DatasetName = Annotated[str, typer.Argument(metavar="DATASET", help="One of `pipeline list`.")]
SplitName = Annotated[str, typer.Option("--split", help="train or test.")]
Force = Annotated[bool, typer.Option("--force", help="Do it again, even if all is intact.")]
