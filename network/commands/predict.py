"""Read the digits in image files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose

if TYPE_CHECKING:
    from network.images.pages.read import Digit, Page
    from network.runs.predict import Prediction, Predictor


def predict(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Image files to read.")],
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="RUN", help="Name of the run. [default: the latest]"),
    ] = None,
    deskew: Annotated[bool, typer.Option("--deskew", help="Deskewing of slanted digits.")] = False,
    steps: Annotated[
        Path | None,
        typer.Option("--steps", metavar="FILE", help="PNG file of each processing step."),
    ] = None,
    coverage: Annotated[
        float | None,
        typer.Option(
            "--coverage",
            min=0,
            max=1,
            metavar="RATE",
            help="Coverage of the prediction set, such as 0.99.",
        ),
    ] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read the digits in image files, in reading order."""
    import numpy as np

    from network.core.data import scale_pixels
    from network.images.pages.draw_steps import draw_steps
    from network.images.pages.read import can_be_separated, page_text, read_page
    from network.metrics.accuracy import compute_outputs
    from network.runs.evaluate import load_runs
    from network.runs.predict import load_predictor
    from pipeline.datasets.registry import find_dataset
    from pipeline.terminal.preview import save_picture

    console, cache = Console(json, quiet), find_cache(cache_dir)
    (loaded,) = load_runs(cache, [run])
    model, params = loaded.checkpoint.model, loaded.checkpoint.params
    classes = find_dataset(cache, loaded.configuration.dataset).classes
    pages = [read_page(path, can_be_separated(classes), deskew) for path in images]
    predictor = load_predictor(cache, loaded)
    scores, predicted = [], []
    for page in pages:
        pixels = np.stack([digit.pixels for digit in page.digits])
        scores.append(compute_outputs(model, params, scale_pixels(pixels)).tolist())
        predicted.append(predictor.predict(pixels, coverage))
    answers = [[classes[best(each)] for each in some] for some in scores]
    if steps is not None:
        save_picture(draw_steps(pages, list(map(str, images)), answers), steps)
        console.note(f"The steps are in {steps}")
    texts = [page_text(*each) for each in zip(pages, answers, strict=True)]
    entries, predictions = [], []
    for path, page, text, some, of_page in zip(
        images, pages, texts, scores, predicted, strict=True
    ):
        console.say(*format_page(path, text))
        for digit, each, prediction in zip(page.digits, some, of_page, strict=True):
            console.say(format_digit(each, classes))
            console.say(*format_calibrated_prediction(predictor, prediction, classes, coverage))
            predictions.append(prediction_json(path, digit, each, prediction))
        entries.append(page_entry(path, page, text))
    print_predictor_notes(console, predictor)
    console.result({"pages": entries, "predictions": predictions})


def format_page(path: Path, text: str) -> list[str]:
    """Write what a page says beside its name, the lines under each other."""
    first, *others = text.split("\n")
    return [f"{path}: {first}", *(" " * (len(str(path)) + 2) + line for line in others)]


def format_digit(scores: list[float], classes: tuple[str, ...]) -> str:
    """Write one line for one digit."""
    from network.commands.text.run_text import format_scores

    return f"  {format_scores(scores, classes)}"


def format_calibrated_prediction(
    predictor: "Predictor",
    prediction: "Prediction",
    classes: tuple[str, ...],
    coverage: float | None,
) -> list[str]:
    """Write what to think of the answer, where held-out examples can tell."""
    from network.commands.text.calibration_text import format_prediction

    if predictor.calibration is None:
        return []
    promised = None if coverage is None else predictor.calibration.threshold_for(coverage)[0]
    lines = format_prediction(prediction, classes, promised, predictor.calibration.examples)
    return [f"  {line}" for line in lines]


def print_predictor_notes(console: Console, predictor: "Predictor") -> None:
    """Say why answers could not be judged, or how to judge them faster."""
    if predictor.unavailable_reason is not None:
        console.note(f"what the answers are worth is not known: {predictor.unavailable_reason}")
    elif not predictor.is_saved:
        name = predictor.loaded.name
        console.note(f"Judged by held-out examples; `network calibrate {name}` keeps what they say")


def prediction_json(
    path: Path, digit: "Digit", scores: list[float], prediction: "Prediction"
) -> dict[str, Any]:
    """Return what `--json` says of one digit."""
    box = digit.box._asdict()
    return {
        "image": str(path),
        "box": box,
        "digit": best(scores),
        "scores": scores,
        "probability": prediction.probability,
        "unlike": prediction.is_out_of_distribution,
        "candidates": prediction.prediction_set,
    }


def best(scores: list[float]) -> int:
    """Return the number of the class with the highest score."""
    return scores.index(max(scores))


def page_entry(path: Path, page: "Page", text: str) -> dict[str, Any]:
    """Return what `--json` says of one page; boxes are on a page of this size."""
    height, width = page.grey.shape
    return {"image": str(path), "width": width, "height": height, "text": text}
