"""Read the digits in image files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.cache import find_cache
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose

if TYPE_CHECKING:
    from network.digits import Digit, Page


def predict(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Image files.")],
    run: Annotated[
        str | None, typer.Option("--run", help="A run's name. [default: latest]")
    ] = None,
    deskew: Annotated[bool, typer.Option("--deskew", help="Set slanted digits upright.")] = False,
    steps: Annotated[
        Path | None,
        typer.Option("--steps", help="PNG file to draw the way from page to digits in."),
    ] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read the digits in each image file, in reading order."""
    import numpy as np

    from network import run_names, runs
    from network.data import scale_pixels
    from network.digits import read_page, text_of
    from network.evaluation import compute_outputs
    from network.paper.steps import draw_steps
    from pipeline.datasets import find_dataset
    from pipeline.preview import save_picture

    console, cache = Console(json, quiet), find_cache(cache_dir)
    checkpoint, configuration = runs.load_run(run_names.find_run(cache, run))
    classes = find_dataset(cache, configuration.dataset).classes
    pages = [read_page(path, can_be_separated(classes), deskew) for path in images]
    scores = []
    for page in pages:
        pixels = np.stack([digit.pixels for digit in page.digits])
        outputs = compute_outputs(checkpoint.model, checkpoint.params, scale_pixels(pixels))
        scores.append(outputs.tolist())
    answers = [[classes[best(each)] for each in some] for some in scores]
    if steps is not None:
        save_picture(draw_steps(pages, list(map(str, images)), answers), steps)
        console.note(f"The steps are in {steps}")
    texts = [text_of(*each) for each in zip(pages, answers, strict=True)]
    entries, predictions = [], []
    for path, page, text, some in zip(images, pages, texts, scores, strict=True):
        console.say(*text_lines(path, text), *(digit_line(each, classes) for each in some))
        entries.append(page_entry(path, page, text))
        found = zip(page.digits, some, strict=True)
        predictions += [prediction(path, digit, each) for digit, each in found]
    console.result({"pages": entries, "predictions": predictions})


def can_be_separated(classes: tuple[str, ...]) -> bool:
    """Can several of these be on a page? Only letters and digits: other things have parts apart."""
    return all(len(name) == 1 and name.isascii() and name.isalnum() for name in classes)


def text_lines(path: Path, text: str) -> list[str]:
    """Write what a page says beside its name, the lines under each other."""
    first, *others = text.split("\n")
    return [f"{path}: {first}", *(" " * (len(str(path)) + 2) + line for line in others)]


def digit_line(scores: list[float], classes: tuple[str, ...]) -> str:
    """Write one line for one digit."""
    from network import report

    return f"  {report.scores_line(scores, classes)}"


def prediction(path: Path, digit: "Digit", scores: list[float]) -> dict[str, Any]:
    """Return what `--json` says of one digit."""
    box = digit.box._asdict()
    return {"image": str(path), "box": box, "digit": best(scores), "scores": scores}


def best(scores: list[float]) -> int:
    """Return the number of the class with the highest score."""
    return scores.index(max(scores))


def page_entry(path: Path, page: "Page", text: str) -> dict[str, Any]:
    """Return what `--json` says of one page; boxes are on a page of this size."""
    height, width = page.grey.shape
    return {"image": str(path), "width": width, "height": height, "text": text}
