"""The `show` command: images with their labels."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.commands.options import DatasetName, SplitName
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.records import Dataset
from pipeline.datasets.registry import find_dataset
from pipeline.errors import UsageError
from pipeline.storage.cache import find_cache
from pipeline.storage.outputs import PNG, Output, chosen_by, require_outputs
from pipeline.terminal.console import CacheDir, Console, Json, Overwrite, Quiet, Verbose
from pipeline.terminal.counted import counted
from pipeline.terminal.numbers import whole_option


def show(
    dataset: DatasetName = MNIST.name,
    split: SplitName = "train",
    count: Annotated[
        int, whole_option("--count", 1, 1000, example=50, metavar="N", help="Number of images.")
    ] = 50,
    label: Annotated[
        str | None, typer.Option("--label", metavar="NAME", help="Class to draw. [default: all]")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="PNG file to write.")
    ] = None,
    force: Overwrite = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw images with their labels."""
    from pipeline.pickles.manifest import read_split
    from pipeline.terminal.fonts import name_for_drawing
    from pipeline.terminal.preview import Tile, draw_sheet, show_picture

    console, cache = Console(json, quiet), find_cache(cache_dir)
    if out is not None:
        require_outputs([Output("--out", out, PNG)], force=force)
    chosen = find_dataset(cache, dataset)
    pixels, labels = read_split(cache, chosen, split)
    which = (
        range(len(labels)) if label is None else (labels == find_class(chosen, label)).nonzero()[0]
    )
    captions = name_for_drawing(chosen.classes)
    tiles = [Tile(pixels[i], captions[labels[i]]) for i in which[:count]]
    sheet = draw_sheet(tiles, f"{chosen.title}, {split}")
    with chosen_by("--out"):
        path = show_picture(sheet, out, cache.pictures() / f"{chosen.name}_{split}.png")
    if captions != chosen.classes:
        console.note("No font has all letters of some class names; these are drawn as numbers")
    console.say(f"{counted(len(tiles), 'image')} {f'in {path}' if path else 'shown'}")
    if path and out is None:
        console.note("Open this picture in an image viewer")
    console.result(
        {
            "dataset": chosen.name,
            "split": split,
            "count": len(tiles),
            "path": path and str(path),
        }
    )


def find_class(dataset: Dataset, name: str) -> int:
    """Return the label of a class.

    Raises: UsageError with the names of the classes.
    """
    if name not in dataset.classes:
        raise UsageError(
            f'--label "{name}" not found; the classes are {", ".join(dataset.classes)}'
        )
    return dataset.classes.index(name)
