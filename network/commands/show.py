"""The command `network show`: digits with predictions, or as they are augmented."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from network.commands.options import (
    PresetName,
    RunName,
    complete_choices,
    configure,
    note_latest,
)
from network.training.configuration import OPTIONS
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache, find_cache
from pipeline.storage.outputs import PNG, Output, chosen_by, require_outputs
from pipeline.terminal.command import accept_aliases
from pipeline.terminal.completion import complete_among
from pipeline.terminal.console import (
    CacheDir,
    Console,
    Json,
    Overwrite,
    Quiet,
    Verbose,
    detect_marks,
    terminal_width,
)
from pipeline.terminal.numbers import whole_option

if TYPE_CHECKING:
    from pipeline.terminal.preview import Tile


@accept_aliases({"mistakes": "wrong"})
def show(
    run: RunName = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            metavar="NAME",
            help="Split: train or test. [default: test]",
            autocompletion=complete_among("train", "test"),
        ),
    ] = None,
    count: Annotated[
        int | None,
        whole_option(
            "--count",
            1,
            1000,
            example=50,
            metavar="N",
            help="Number of images. [default: 50; 10 with --terminal]",
        ),
    ] = None,
    wrong: Annotated[
        bool, typer.Option("--wrong", help="Draw only mistakes, the most confident first.")
    ] = False,
    augmented: Annotated[
        bool,
        typer.Option(
            "--augmented", help="Draw randomly changed training images, without predictions."
        ),
    ] = False,
    augment: Annotated[
        str | None,
        typer.Option(
            "--augment",
            metavar="NAME=N,...",
            help="Random changes for --augmented, such as shift=2,rotate=10.",
            autocompletion=complete_choices(OPTIONS["augment"]),
        ),
    ] = None,
    preset: PresetName = None,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="Draw in the terminal, not to a file.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="PNG file to write.")
    ] = None,
    force: Overwrite = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw digits with their predictions, or augmented digits."""
    from network.commands.text.draw_tiles import draw_tiles
    from pipeline.terminal.preview import draw_sheet, show_picture

    console, cache = Console(json, quiet), find_cache(cache_dir)
    if terminal and (out or json):
        raise UsageError(f"--terminal cannot be combined with {'--out' if out else '--json'}")
    if out is not None:
        require_outputs([Output("--out", out, PNG)], force=force)
    if augmented:
        if wrong:
            raise UsageError("--wrong cannot be combined with --augmented, without predictions")
        if split is not None:
            raise UsageError("--split cannot be combined with --augmented, of training images")
        if run and (augment or preset):
            option = "--augment" if augment else "--preset"
            raise UsageError(f"{option} cannot be combined with RUN, which has its augmentation")
        sheet = augmented_images(cache, run, augment, preset, count or (1 if terminal else 10))
    elif augment is not None or preset is not None:
        raise UsageError("--augment and --preset need --augmented")
    else:
        run = run or find_latest(console, cache)
        sheet = predicted_images(
            cache, run, split or "test", count or (10 if terminal else 50), wrong
        )
    if terminal:
        console.draw(
            draw_tiles(sheet.tiles, sheet.title, detect_marks(sys.stdout), terminal_width())
        )
        return
    picture = draw_sheet(sheet.tiles, sheet.title, sheet.columns)
    with chosen_by("--out"):
        path = show_picture(picture, out, cache.pictures() / sheet.file)
    console.say(f"{sheet.what} in {path}" if path else f"{sheet.what} shown")
    if path and out is None:
        console.note("Open this picture, or draw it here with --terminal")
    console.result({**sheet.about, "path": path and str(path)})


def find_latest(console: Console, cache: Cache) -> str:
    """Return the name of the run that was trained last, and print it.

    Raises: MissingError.
    """
    from network.runs.names import find_run

    found = find_run(cache, None)
    note_latest(console, None, found)
    return found.name


class Sheet(NamedTuple):
    """A sheet of tiles to draw, with its title and its description."""

    what: str
    tiles: "list[Tile]"
    title: str
    file: str  # its name without --out
    about: dict[str, Any]
    columns: int = 10


def predicted_images(cache: Cache, run: str | None, split: str, count: int, wrong: bool) -> Sheet:
    """Return a sheet of the predictions of a run."""
    from network.commands.text.gallery import answer_tiles
    from network.core.data import load_examples
    from network.metrics.accuracy import compute_outputs
    from network.runs.evaluate import load_runs
    from network.runs.own_dataset import find_own_dataset

    (found,) = load_runs(cache, [run])
    dataset = find_own_dataset(cache, found)
    examples = load_examples(cache, dataset, split)
    outputs = compute_outputs(found.model, found.params, examples.images)
    tiles = answer_tiles(examples, outputs, dataset.classes, count, wrong)
    title = f"{found.name}: {'mistakes' if wrong else 'predictions'} on {dataset.name}, {split}"
    file = f"{found.name}_{split}{'_wrong' if wrong else ''}.png"
    return Sheet("predictions", tiles, title, file, {"run": found.name})


def augmented_images(
    cache: Cache, run: str | None, augment: str | None, preset: str | None, count: int
) -> Sheet:
    """Return a sheet of training images as a run, a preset or --augment changes them.

    Raises: UsageError if none of these has an augmentation.
    """
    import numpy as np

    from network.commands.text.gallery import VERSIONS, augmented_tiles
    from network.core.data import load_examples
    from network.images.augmentation import build_augmentation
    from network.runs.folder import load_run
    from network.runs.names import find_run
    from pipeline.datasets.registry import find_dataset

    if augment is not None or preset is not None:
        configuration = configure({} if augment is None else {"augment": augment}, preset)
    else:
        _, configuration = load_run(find_run(cache, run))
    strengths = configuration.augment
    if not strengths:
        raise UsageError("no augmentation to show", "Choose one with --augment")
    examples = load_examples(cache, find_dataset(cache, configuration.dataset), "train", count)
    title = ", ".join(f"{name} {strength:g}" for name, strength in strengths.items())
    rng = np.random.default_rng(configuration.seed)
    tiles = augmented_tiles(examples, build_augmentation(strengths), rng, count)
    about = {"augment": strengths}
    return Sheet("augmented images", tiles, title, "augmented.png", about, 1 + VERSIONS)
