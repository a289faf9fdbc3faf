"""Draw digits with the network's answers, or as training sees them."""

from pathlib import Path
from typing import Annotated

import typer

from network.commands.options import PresetName, RunName, configure
from pipeline.cache import Cache, find_cache
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose
from pipeline.errors import UsageError


def show(
    run: RunName = None,
    split: Annotated[str, typer.Option("--split", help="train or test.")] = "test",
    count: Annotated[
        int | None,
        typer.Option("--count", min=1, max=1000, help="How many images. [default: 50]"),
    ] = None,
    wrong: Annotated[bool, typer.Option("--wrong", help="Mistakes only, surest first.")] = False,
    augmented: Annotated[
        bool, typer.Option("--augmented", help="As training sees them, without answers.")
    ] = False,
    augment: Annotated[
        str | None, typer.Option("--augment", help="With --augmented: shift=2,rotate=10, ...")
    ] = None,
    preset: PresetName = None,
    out: Annotated[Path | None, typer.Option("--out", help="PNG file to write.")] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw digits with answers, or as training sees them."""
    console, cache = Console(json, quiet), find_cache(cache_dir)
    if augmented:
        show_augmented(console, cache, run, augment, preset, count or 10, out)
    elif augment is not None or preset is not None:
        raise UsageError("--augment and --preset go with --augmented")
    else:
        show_answers(console, cache, run, split, count or 50, wrong, out)


def show_answers(
    console: Console,
    cache: Cache,
    run: str | None,
    split: str,
    count: int,
    wrong: bool,
    out: Path | None,
) -> None:
    """Draw what a run answers."""
    from network import run_names, runs
    from network.data import load_examples
    from network.evaluation import compute_outputs
    from network.gallery import draw_answers
    from pipeline.datasets import find_dataset
    from pipeline.preview import show_picture

    found = run_names.find_run(cache, run)
    checkpoint, configuration = runs.load_run(found)
    dataset = find_dataset(cache, configuration.dataset)
    examples = load_examples(cache, dataset, split)
    outputs = compute_outputs(checkpoint.model, checkpoint.params, examples.images)
    title = f"{found.name}: {'mistakes' if wrong else 'answers'} on {dataset.name}, {split}"
    picture = draw_answers(examples, outputs, dataset.classes, title, count, wrong)
    path = show_picture(picture, out, cache.pictures() / f"{found.name}_{split}.png")
    console.say(f"answers in {path}" if path else "answers shown")
    console.result({"run": found.name, "path": path and str(path)})


def show_augmented(
    console: Console,
    cache: Cache,
    run: str | None,
    augment: str | None,
    preset: str | None,
    count: int,
    out: Path | None,
) -> None:
    """Draw images to train on as a run, a preset or the option changes them.

    Raises: UsageError when nothing says how.
    """
    import numpy as np

    from network import run_names, runs
    from network.augmentation import build_augmentation
    from network.data import load_examples
    from network.gallery import draw_augmented
    from pipeline.datasets import find_dataset
    from pipeline.preview import show_picture

    if augment is not None or preset is not None:
        configuration = configure(augment=augment, preset=preset)
    else:
        _, configuration = runs.load_run(run_names.find_run(cache, run))
    strengths = configuration.augment
    if not strengths:
        raise UsageError("its images are trained on as they are", "Choose an --augment")
    examples = load_examples(cache, find_dataset(cache, configuration.dataset), "train", count)
    title = ", ".join(f"{name} {strength:g}" for name, strength in strengths.items())
    rng = np.random.default_rng(configuration.seed)
    picture = draw_augmented(examples, build_augmentation(strengths), rng, title, count)
    path = show_picture(picture, out, cache.pictures() / "augmented.png")
    console.say(f"augmented images in {path}" if path else "augmented images shown")
    console.result({"augment": strengths, "path": path and str(path)})
