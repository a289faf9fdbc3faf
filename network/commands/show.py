"""Draw digits with the network's answers."""

from pathlib import Path
from typing import Annotated

import typer

from network.commands.options import RunName
from pipeline.cache import find_cache
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose


def show(
    run: RunName = None,
    split: Annotated[str, typer.Option("--split", help="train or test.")] = "test",
    count: Annotated[int, typer.Option("--count", min=1, max=1000, help="How many images.")] = 50,
    wrong: Annotated[bool, typer.Option("--wrong", help="Mistakes only, surest first.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="PNG file to write.")] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Draw digits with the network's answers."""
    from network import run_names, runs
    from network.data import load_examples
    from network.evaluation import compute_outputs
    from network.gallery import draw_answers
    from pipeline.datasets import find_dataset
    from pipeline.preview import show_picture

    console, cache = Console(json, quiet), find_cache(cache_dir)
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
