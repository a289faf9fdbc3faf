"""The `import` command: a dataset from your images."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.storage.cache import find_cache
from pipeline.terminal.command import accept_aliases
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose
from pipeline.terminal.numbers import number_option, whole_option


@accept_aliases({"test_fraction": "test_share", "license": "licence"})
def import_dataset(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="Folder, archive or file with images; the format is detected.",
        ),
    ],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Name of the dataset.")],
    test_share: Annotated[
        float | None,
        number_option(
            "--test-share",
            example=0.2,
            metavar="RATE",
            help="Fraction of each class to use as test images, if PATH has none. [default: 0.2]",
        ),
    ] = None,
    seed: Annotated[
        int,
        whole_option(
            "--seed", 0, example=1, metavar="N", help="Random seed that chooses the test images."
        ),
    ] = 0,
    title: Annotated[
        str, typer.Option("--title", metavar="TEXT", help="Title to show. [default: the name]")
    ] = "",
    licence: Annotated[
        str, typer.Option("--licence", metavar="TEXT", help="Licence of the images.")
    ] = "",
    resize: Annotated[
        bool, typer.Option("--resize", help="Scale images of other sizes to 28x28.")
    ] = False,
    grey: Annotated[
        bool, typer.Option("--grey", help="Convert arrays in colour to grey levels.")
    ] = False,
    invert: Annotated[
        bool, typer.Option("--invert", help="Invert dark ink on light paper.")
    ] = False,
    highest: Annotated[
        float | None,
        number_option(
            "--highest",
            example=255,
            metavar="N",
            help="Highest possible pixel value, such as 1, 16 or 4095. [default: 255]",
        ),
    ] = None,
    transpose: Annotated[
        bool | None,
        typer.Option(
            "--transpose/--no-transpose",
            help="Exchange rows and columns. [default: only for EMNIST]",
        ),
    ] = None,
    label_column: Annotated[
        str | None,
        typer.Option(
            "--label-column",
            metavar="COLUMN",
            help="Column of the labels: first, last or its name. [default: detected]",
        ),
    ] = None,
    split_column: Annotated[
        str | None,
        typer.Option(
            "--split-column",
            metavar="COLUMN",
            help="Column of the splits: its name, or none. [default: detected]",
        ),
    ] = None,
    skip_damaged: Annotated[
        bool, typer.Option("--skip-damaged", help="Skip damaged image files.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace your dataset with this name.")
    ] = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Make a dataset from your images."""
    from pipeline.formats.import_dataset import ImportOptions
    from pipeline.formats.import_dataset import import_dataset as bring_in

    console, cache = Console(json, quiet), find_cache(cache_dir)
    wishes = ImportOptions(
        test_share=test_share,
        seed=seed,
        title=title,
        licence=licence,
        resize=resize,
        grey=grey,
        invert=invert,
        force=force,
        highest=highest,
        transpose=transpose,
        label_column=label_column,
        split_column=split_column,
        skip_damaged=skip_damaged,
    )
    imported = bring_in(cache, path, name, wishes, console)
    dataset = imported.dataset
    for note in imported.notes:
        console.note(f"Note: {note}")
    counts = ", ".join(f"{split.count:,} {it} images" for it, split in dataset.splits.items())
    console.say(
        f"{name}: {counts} of {len(dataset.classes)} classes, read as {imported.format_name}"
    )
    for item in imported.built:
        console.say(f"  built       {item.path}  {item.count:,} images")
    console.note(f"Next: network train --dataset {name}")
    console.result(
        {
            "dataset": name,
            "format": imported.format_name,
            "source": dataset.source,
            "splits": {it: split.count for it, split in dataset.splits.items()},
            "classes": dataset.classes,
            "notes": imported.notes,
            "pickles": [str(item.path) for item in imported.built],
        }
    )
