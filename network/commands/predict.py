"""The command `network predict`: read the digits in image files."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from network.commands.options import complete_runs, note_latest, run_names
from pipeline.errors import MissingError, UsageError
from pipeline.storage.cache import find_cache
from pipeline.storage.outputs import (
    PNG,
    PREDICTIONS,
    SUBMISSION,
    Output,
    chosen_by,
    require_outputs,
)
from pipeline.terminal.console import CacheDir, Console, Json, Overwrite, Quiet, Verbose
from pipeline.terminal.counted import counted
from pipeline.terminal.numbers import number_option

if TYPE_CHECKING:
    from network.images.pages.read import Digit, Page
    from network.runs.predict import Prediction, Predictor
    from network.runs.predict_files import Answer, FilePredictions
    from pipeline.formats.unlabelled import Input
    from pipeline.storage.cache import Cache

KINDS = {"csv": PREDICTIONS, "kaggle": SUBMISSION}  # of files with predictions
SHOWN = 10  # predictions of a file of images


def predict(
    images: Annotated[
        list[Path],
        typer.Argument(
            metavar="IMAGE...",
            help="Pictures, folders of pictures, or files of images such as CSV or .npz.",
        ),
    ],
    run: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="RUN",
            autocompletion=complete_runs,
            help="Name of the run. [default: last trained]",
        ),
    ] = None,
    deskew: Annotated[bool, typer.Option("--deskew", help="Straighten slanted digits.")] = False,
    steps: Annotated[
        Path | None,
        typer.Option(
            "--steps",
            metavar="FILE",
            help="Draw the processing steps to this PNG file. [without FILE: steps.png]",
        ),
    ] = None,
    coverage: Annotated[
        float | None,
        number_option(
            "--coverage",
            0,
            1,
            example=0.99,
            metavar="RATE",
            help="How often the prediction set contains the correct class, such as 0.99.",
        ),
    ] = None,
    invert: Annotated[
        bool | None,
        typer.Option(
            "--invert/--no-invert",
            help="Invert the images of CSV, .npz and similar files. [default: if the ink is dark]",
        ),
    ] = None,
    highest: Annotated[
        float | None,
        number_option(
            "--highest",
            example=255,
            metavar="N",
            help="Highest possible pixel value, such as 1, 16 or 4095. [default: detected]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="CSV file to write the predictions and their probabilities to.",
        ),
    ] = None,
    output_format: Annotated[
        Literal["csv", "kaggle"],
        typer.Option(
            "--format", metavar="FORMAT", help="Format of --out: csv, or kaggle for a submission."
        ),
    ] = "csv",
    force: Overwrite = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Read the digits in photos, scans and files of images."""
    from network.runs.evaluate import load_runs
    from network.runs.own_dataset import find_classes
    from network.runs.predict_files import PredictOptions, predict_inputs, write_answers
    from pipeline.formats.open_source import lend_workspace
    from pipeline.formats.unlabelled import list_inputs

    console, cache = Console(json, quiet), find_cache(cache_dir)
    if out is None and output_format != "csv":
        raise UsageError(f"--format {output_format} needs --out FILE")
    require_no_run(cache, images)
    require_trained_run(cache)
    (loaded,) = load_runs(cache, [run])
    note_latest(console, run, loaded.run)
    classes = find_classes(cache, loaded)
    with lend_workspace(cache) as workspace:
        inputs = [it for path in images for it in list_inputs(path, workspace)]
        for_files = {"--invert" if invert else "--no-invert": invert}
        for_pictures = {"--coverage": coverage, "--deskew": deskew or None, "--steps": steps}
        check_options(inputs, for_files, for_pictures)
        wanted = [("--steps", steps, PNG), ("--out", out, KINDS[output_format])]
        outputs = [Output(option, path, kind) for option, path, kind in wanted if path is not None]
        require_outputs(outputs, [*images, *(it.path for it in inputs)], force)
        options = PredictOptions(deskew, coverage, workspace, invert, highest)
        predictor, found, notes = predict_inputs(cache, loaded, classes, inputs, options)
    if steps is not None:
        with chosen_by("--steps FILE"):
            draw_page_steps(found, classes, steps)
        console.note(f"The steps are in {steps}")
    for it in found:
        for note in it.notes:
            console.note(f"Note: {note}")
        console.say(*format_found(predictor, it, classes, coverage, out is None))
    if not all(it.error for it in found):
        print_predictor_notes(console, predictor)
    if out is not None:
        count = write_answers(out, found, output_format)
        console.say(f"{counted(count, 'prediction')} in {out}")
    for note in notes:
        console.note(f"Note: {note}")
    console.result(found_json(found, notes))
    if errors := [it.error for it in found if it.error]:
        console.note(f"{len(errors):,} of {counted(len(found), 'file')} could not be read")
        raise typer.Exit(errors[0].exit_code)


def require_trained_run(cache: "Cache") -> None:
    """Require at least one run.

    Raises: MissingError, with the command that trains the network for handwriting.
    """
    if not run_names(cache):
        raise MissingError(
            f"there is no run in {cache.runs()}",
            "Train a network for handwriting: `network train --preset handwriting`",
        )


def require_no_run(cache: "Cache", images: list[Path]) -> None:
    """Require that no image is the name of a run, unless there is a file of this name.

    Raises: UsageError.
    """
    for path in images:
        if str(path) in run_names(cache) and not path.exists():
            raise UsageError(f"IMAGE is {path}, which is a run", f"Name the run with --run {path}")


def check_options(
    inputs: "list[Input]", for_files: dict[str, Any], for_pictures: dict[str, Any]
) -> None:
    """Require that options for files of images or for pictures come with such a file.

    Raises: UsageError.
    """
    kinds = {it.is_picture for it in inputs}
    for option, value in for_files.items():
        if value is not None and kinds == {True}:
            raise UsageError(f"{option} applies only to files of images; all inputs are pictures")
    for option, value in for_pictures.items():
        if value is not None and kinds == {False}:
            raise UsageError(f"{option} applies only to pictures; all inputs are files of images")


def draw_page_steps(found: "list[FilePredictions]", classes: tuple[str, ...], path: Path) -> None:
    """Save a picture of each processing step, from the pages to their digits.

    Raises: UsageError if there are no pages; StorageError.
    """
    from network.images.pages.draw_steps import draw_steps
    from pipeline.terminal.preview import save_picture

    pages = {it.name: it.page for it in found if it.page}
    answers = [[classes[best(each)] for each in it.scores] for it in found if it.page]
    if not pages:
        raise UsageError("--steps applies only to pictures, and none is given")
    save_picture(draw_steps(list(pages.values()), list(pages), answers), path)


def format_found(
    predictor: "Predictor",
    found: "FilePredictions",
    classes: tuple[str, ...],
    coverage: float | None,
    is_all: bool,
) -> list[str]:
    """Return the predictions of a file; of a file of images the first few, or none."""
    if found.error:
        return [f"{found.name}: not read: {found.error.message.removeprefix(f'{found.name}: ')}"]
    if found.page is None:
        answers = found.answers if is_all else []
        more = len(answers) - SHOWN
        return [
            f"{found.name}: {counted(len(found.answers), 'image')}",
            *(format_answer(predictor, found.name, it) for it in answers[:SHOWN]),
            *([f"  and {more:,} more; write all with --out FILE"] if more > 0 else []),
        ]
    from network.images.pages.left_out import format_left_out

    lines = format_page(found.name, found.text)
    if found.page.left_out:
        lines.append(f"  {format_left_out(found.page.left_out)}")
    lines += [f"  read with doubts: {doubt}" for doubt in found.doubts]
    for each, prediction in zip(found.scores, found.predictions, strict=True):
        lines.append(format_digit(each, classes))
        lines += format_calibrated_prediction(predictor, prediction, classes, coverage)
    return lines


def format_answer(predictor: "Predictor", file: str, answer: "Answer") -> str:
    """Return the line of an image in a file, with its probability if that is calibrated."""
    from network.metrics.probability_text import format_probability

    line = f"  {answer.image.removeprefix(file)[1:]}: {answer.label}"
    if predictor.calibration is None or answer.probability is None:
        return line
    return f"{line} ({format_probability(answer.probability)})"


def found_json(found: "list[FilePredictions]", notes: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the `--json` output; files, notes and errors only if there are any."""
    pages = [it for it in found if it.page]
    files = [
        {
            "path": it.name,
            "labels": [answer.label for answer in it.answers],
            "probabilities": [answer.probability for answer in it.answers],
        }
        for it in found
        if it.page is None and not it.error
    ]
    notes = (*(note for it in found for note in it.notes), *notes)
    errors = [
        {"image": it.name, "error": it.error.message, "code": it.error.exit_code}
        for it in found
        if it.error
    ]
    return {
        "pages": [page_entry(it, it.page) for it in pages if it.page],
        "predictions": [
            prediction_json(it.name, digit, each, prediction)
            for it in pages
            if it.page
            for digit, each, prediction in zip(
                it.page.digits, it.scores, it.predictions, strict=True
            )
        ],
        **({"files": files} if files else {}),
        **({"notes": list(notes)} if notes else {}),
        **({"errors": errors} if errors else {}),
    }


def format_page(name: str, text: str) -> list[str]:
    """Return the text of a page after its name, line by line."""
    first, *others = text.split("\n")
    return [f"{name}: {first}", *(" " * (len(name) + 2) + line for line in others)]


def format_digit(scores: list[float], classes: tuple[str, ...]) -> str:
    """Return the line of one digit."""
    from network.commands.text.run_text import format_scores

    return f"  {format_scores(scores, classes)}"


def format_calibrated_prediction(
    predictor: "Predictor",
    prediction: "Prediction",
    classes: tuple[str, ...],
    coverage: float | None,
) -> list[str]:
    """Return the confidence and the prediction set, if the run has a calibration."""
    from network.commands.text.calibration_text import format_prediction

    if predictor.calibration is None:
        return []
    promised = None if coverage is None else predictor.calibration.threshold_for(coverage)[0]
    lines = format_prediction(prediction, classes, promised, predictor.calibration.examples)
    return [f"  {line}" for line in lines]


def print_predictor_notes(console: Console, predictor: "Predictor") -> None:
    """Print why the probabilities are not calibrated, or how to calibrate them faster."""
    if predictor.calibration is None:
        console.note(f"Probabilities are not calibrated: {predictor.unavailable_reason}")
    elif predictor.unavailable_reason is not None:
        console.note(
            f"Images are not compared with the training images: {predictor.unavailable_reason}"
        )
    elif not predictor.is_saved:
        name = predictor.loaded.name
        console.note(f"Calibrated on validation images; save this with `network calibrate {name}`")


def prediction_json(
    name: str, digit: "Digit", scores: list[float], prediction: "Prediction"
) -> dict[str, Any]:
    """Return one digit for `--json`."""
    box = digit.box._asdict()
    return {
        "image": name,
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


def page_entry(found: "FilePredictions", page: "Page") -> dict[str, Any]:
    """Return one page for `--json`; the boxes are on a page of this size."""
    height, width = page.grey.shape
    left_out = [asdict(mark) for mark in page.left_out]
    return {
        "image": found.name,
        "width": width,
        "height": height,
        "text": found.text,
        **({"left_out": left_out} if left_out else {}),
        **({"doubts": list(found.doubts)} if found.doubts else {}),
    }
