"""The `pipeline` command."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipeline.cache import find_cache
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose, run_app, version_option
from pipeline.datasets import DATASETS, MNIST, Dataset, find_dataset
from pipeline.errors import UsageError

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
    help="Download MNIST and turn it into pickles of parallel lists.",
    epilog="Start with `pipeline fetch`, then `pipeline build-pickles`.",
)  # fmt: skip

DatasetName = Annotated[str, typer.Argument(metavar="DATASET", help="One of `pipeline list`.")]
SplitName = Annotated[str, typer.Option("--split", help="train or test.")]
Force = Annotated[bool, typer.Option("--force", help="Do it again, even if all is intact.")]


def main() -> NoReturn:
    """Run the `pipeline` command."""
    run_app(app, "pipeline")


@app.callback()
def options(version: Annotated[bool, version_option("pipeline")] = False) -> None:
    """Download MNIST and turn it into pickles of parallel lists."""


@app.command()
def fetch(
    dataset: DatasetName = MNIST.name,
    mirror: Annotated[
        list[str] | None,
        typer.Option("--mirror", help="Folder to fetch from: https, http or file address. Repeatable."),
    ] = None,
    force: Force = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Download the raw files; what is there and intact stays."""
    from pipeline.download import fetch_dataset

    console, cache, chosen = Console(json, quiet), find_cache(cache_dir), find_dataset(dataset)
    fetched = fetch_dataset(cache, chosen, tuple(mirror or ()), force, console)
    console.say(f"{chosen.title}: {len(fetched)} files in {cache.raw(chosen.name)}")
    for item in fetched:
        origin = f"  from {item.mirror}" if item.mirror else ""
        size = f"{item.file.size:>9,} bytes  sha256 {item.file.sha256[:12]}..."
        console.say(f"  {item.status:10}  {item.file.name:27}  {size}{origin}")
    console.note(f"Next: pipeline build-pickles {chosen.name}")
    console.result(
        {
            "dataset": chosen.name,
            "folder": str(cache.raw(chosen.name)),
            "files": [
                {
                    "name": item.file.name,
                    "status": item.status,
                    "sha256": item.file.sha256,
                    "mirror": item.mirror,
                }
                for item in fetched
            ],
        }
    )


@app.command("build-pickles")
def build_pickles(
    dataset: DatasetName = MNIST.name,
    force: Force = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write a pickle of parallel lists for each split."""
    from pipeline.build import build_pickles as build

    console, cache, chosen = Console(json, quiet), find_cache(cache_dir), find_dataset(dataset)
    built = build(cache, chosen, force, console)
    for item in built:
        status = "intact" if item.was_intact else "built"
        size = f"{item.digest.size / 1e6:.1f} MB  sha256 {item.digest.sha256[:12]}..."
        console.say(f"  {status:10}  {item.path}  {item.count:,} images  {size}")
    console.note("Next: network train")
    console.result(
        {
            "dataset": chosen.name,
            "pickles": [
                {
                    "split": item.split,
                    "path": str(item.path),
                    "count": item.count,
                    "sha256": item.digest.sha256,
                    "status": "intact" if item.was_intact else "built",
                }
                for item in built
            ],
        }
    )


@app.command()
def where(cache_dir: CacheDir = None, json: Json = False) -> None:
    """Print the folder of all artefacts and the rule that chose it."""
    console, cache = Console(json), find_cache(cache_dir)
    console.say(f"{cache.root}  (chosen by {cache.rule})")
    console.result({"path": str(cache.root), "rule": cache.rule})


@app.command("list")
def list_datasets(json: Json = False) -> None:
    """Print the data sets that can be fetched."""
    console = Console(json)
    for dataset in DATASETS.values():
        counts = ", ".join(f"{split.count:,} {name}" for name, split in dataset.splits.items())
        size = sum(file.size for file in dataset.files) / 1e6
        console.say(f"{dataset.name}  {dataset.title}: {counts}; {size:.1f} MB; {dataset.licence}")
    console.result(
        {
            "datasets": [
                {
                    "name": dataset.name,
                    "title": dataset.title,
                    "splits": {name: split.count for name, split in dataset.splits.items()},
                    "classes": dataset.classes,
                    "licence": dataset.licence,
                    "citation": dataset.citation,
                    "source": dataset.source,
                }
                for dataset in DATASETS.values()
            ]
        }
    )


@app.command()
def verify(
    dataset: DatasetName = MNIST.name,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare raw files and pickles with their hashes."""
    from pipeline.verify import verify_dataset, worst_error

    console, cache, chosen = Console(json, quiet), find_cache(cache_dir), find_dataset(dataset)
    findings = verify_dataset(cache, chosen)
    if (error := worst_error(findings)) is not None and json:
        raise error
    for finding in findings:
        console.say(f"  {finding.status:10}  {finding.path}")
    if error is not None:
        raise error
    console.result(
        {
            "dataset": chosen.name,
            "artefacts": [{"path": str(item.path), "status": item.status} for item in findings],
        }
    )


@app.command()
def show(
    dataset: DatasetName = MNIST.name,
    split: SplitName = "train",
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many images.")] = 50,
    label: Annotated[str | None, typer.Option("--label", help="Only images of this class.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="PNG file to write.")] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw images with their labels."""
    from pipeline.preview import Tile, draw_sheet, show_picture
    from pipeline.verify import read_split

    console, cache, chosen = Console(json, quiet), find_cache(cache_dir), find_dataset(dataset)
    pixels, labels = read_split(cache, chosen, split)
    which = range(len(labels)) if label is None else (labels == find_class(chosen, label)).nonzero()[0]
    tiles = [Tile(pixels[i], chosen.classes[labels[i]]) for i in which[:count]]
    sheet = draw_sheet(tiles, f"{chosen.title}, {split}")
    path = show_picture(sheet, out, cache.pictures() / f"{chosen.name}_{split}.png")
    console.say(f"{len(tiles)} images in {path}" if path else f"{len(tiles)} images shown")
    console.result({"dataset": chosen.name, "split": split, "count": len(tiles), "path": path and str(path)})


def find_class(dataset: Dataset, name: str) -> int:
    """Return the label of a class.

    Raises: UsageError with the names there are.
    """
    if name not in dataset.classes:
        raise UsageError(f"no class is called {name!r}, we know {', '.join(dataset.classes)}")
    return dataset.classes.index(name)
