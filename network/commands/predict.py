"""Read the digit in image files."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cache import find_cache
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose


def predict(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Image files.")],
    run: Annotated[
        str | None, typer.Option("--run", help="A run's name. [default: latest]")
    ] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read the digit in each image file."""
    import numpy as np

    from network import report, run_names, runs
    from network.data import scale_pixels
    from network.digits import read_digit
    from network.evaluation import compute_outputs
    from pipeline.datasets import find_dataset

    console, cache = Console(json, quiet), find_cache(cache_dir)
    digits = np.stack([read_digit(path) for path in images])
    checkpoint, configuration = runs.load_run(run_names.find_run(cache, run))
    classes = find_dataset(cache, configuration.dataset).classes
    outputs = compute_outputs(checkpoint.model, checkpoint.params, scale_pixels(digits))
    predictions = []
    for path, scores in zip(images, outputs.tolist(), strict=True):
        digit = int(np.argmax(scores))
        console.say(f"{path}: {classes[digit]}", f"  {report.scores_line(scores, classes)}")
        predictions.append({"image": str(path), "digit": digit, "scores": scores})
    console.result({"predictions": predictions})
