"""Predictions for pictures and files of images, some of them damaged, and their CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from network.core.data import scale_pixels
from network.core.params import Array
from network.images.pages.grey import read_pictures
from network.images.pages.read import (
    PICTURES,
    Box,
    Page,
    options_for,
    page_text,
    require_digits,
)
from network.metrics.accuracy import compute_outputs
from network.metrics.calibration import outputs_and_scores
from network.runs.folder import LoadedRun
from network.runs.predict import Prediction, Predictor, load_predictor
from pipeline.errors import CorruptError, ProjectError, UsageError, printable
from pipeline.formats.pixels import find_change
from pipeline.formats.source import Ids, Images
from pipeline.formats.tables.unlabelled import ID
from pipeline.formats.unlabelled import Input, open_images
from pipeline.storage.cache import Cache, publish
from pipeline.storage.levels import is_on_faint_ink, require_highest

OutputFormat = Literal["csv", "kaggle"]


SHOWN = 8  # blank images in a note
COLUMNS = ("image", "label", "probability", "score", "error", *Box._fields)  # of a CSV


@dataclass(frozen=True)
class Answer:
    """Predicted class of an image or of a digit on a page, or the error of reading it."""

    image: str
    label: str = ""
    probability: float | None = None  # of that class
    score: float | None = None  # the output of the network for it
    error: ProjectError | None = None
    box: Box | None = None  # of a digit on its page
    doubt: str = ""  # why the class means nothing


@dataclass(frozen=True)
class FilePredictions:
    """Predictions for one file: a page with digits, or many images."""

    name: str
    answers: list[Answer]  # one for each digit of a page
    page: Page | None = None
    text: str = ""  # of a page, line by line
    scores: list[list[float]] = field(default_factory=list)  # (digits of a page, classes)
    predictions: list[Prediction] = field(default_factory=list)
    error: ProjectError | None = None
    ids: Ids | None = None  # ids of the images in the file
    notes: tuple[str, ...] = ()  # how a file of images was read


@dataclass(frozen=True)
class PredictOptions:
    """Options for predicting files."""

    deskew: bool
    coverage: float | None  # of the prediction sets, if requested
    workspace: Path  # for unpacked files
    invert: bool | None = None  # of files of images; None: if they are dark ink on light paper
    highest: float | None = None  # the pixel value of full ink; None: the highest if all are low


def predict_inputs(
    cache: Cache,
    loaded: LoadedRun,
    classes: Sequence[str],
    inputs: Sequence[Input],
    options: PredictOptions,
) -> tuple[Predictor, list[FilePredictions], tuple[str, ...]]:
    """Predict files in order; a file that cannot be read does not stop the others.

    Returns: the predictor, the predictions, and notes on the scale of all pictures.

    Raises: ProjectError for a single file that cannot be read, and for a coverage that is not
    supported.
    """
    require_highest(options.highest)
    pages, notes = read_inputs(inputs, classes, options)
    if len(inputs) == 1 and isinstance(pages[0], ProjectError):
        raise pages[0]
    predictor = load_predictor(cache, loaded)
    found = []
    for file, page in zip(inputs, pages, strict=True):
        if page is None:
            found.append(predict_file(predictor, classes, file, options))
        elif isinstance(page, ProjectError):
            found.append(failed(file.name, page))
        else:
            found.append(predict_page(predictor, classes, file.name, page, options.coverage))
    if len(found) == 1 and found[0].error:
        raise found[0].error
    return predictor, found, notes


def renamed(message: str, file: Input) -> str:
    """Name a file in a message as the user did."""
    return message.replace(printable(str(file.path)), printable(file.name))


def read_inputs(
    inputs: Sequence[Input], classes: Sequence[str], options: PredictOptions
) -> tuple[list[Page | ProjectError | None], tuple[str, ...]]:
    """Read the pages in pictures, all on one scale.

    Returns: a page or the error of reading it for each picture, None for each file of images;
    and notes on the scale.
    """
    reading = options_for(classes, options.deskew)
    pictures = read_pictures(
        [(it.name, it.path) for it in inputs if it.is_picture], PICTURES, options.highest
    )
    grey, pages = iter(pictures.found), list[Page | ProjectError | None]()
    for file in inputs:
        levels = next(grey) if file.is_picture else None
        if not isinstance(levels, np.ndarray):
            pages.append(levels)
            continue
        try:
            page = require_digits(file.name, levels, reading, pictures.levels.get(file.name))
            pages.append(page)
        except ProjectError as error:
            pages.append(error)
    return pages, pictures.notes


def predict_page(
    predictor: Predictor, classes: Sequence[str], name: str, page: Page, coverage: float | None
) -> FilePredictions:
    """Predict the digits of a page.

    Raises: UsageError, MissingError, CorruptError if the coverage is not supported.
    """
    checkpoint = predictor.loaded.checkpoint
    pixels = np.stack([digit.pixels for digit in page.digits])
    scores = compute_outputs(checkpoint.model, checkpoint.params, scale_pixels(pixels)).tolist()
    predictions = predictor.predict(pixels, coverage)
    answers = [
        build_answer(name, classes, row, one.probabilities, digit.box)
        for row, one, digit in zip(scores, predictions, page.digits, strict=True)
    ]
    text = page_text(page, [it.label for it in answers])
    return FilePredictions(name, answers, page, text, scores, predictions)


def build_answer(
    image: str,
    classes: Sequence[str],
    scores: list[float],
    probabilities: Array,
    box: Box | None = None,
) -> Answer:
    """Return the class with the highest score, with its probability.

    Shapes: scores and probabilities (K,).
    """
    best = scores.index(max(scores))
    return Answer(image, classes[best], float(probabilities[best]), scores[best], box=box)


def predict_file(
    predictor: Predictor, classes: Sequence[str], file: Input, options: PredictOptions
) -> FilePredictions:
    """Predict every image of a file, chunk by chunk; or return why it cannot be read.

    The whole file is converted to light ink on dark, from 0 to 255; notes describe each change.
    """
    model, params = predictor.loaded.model, predictor.loaded.params
    answers: list[Answer] = []
    try:
        with open_images(file.path, options.workspace, options.highest) as found:
            change, notes = find_change(found, options.invert, options.highest, found.is_scaled)
            notes += [it for it in found.late_notes() if not is_on_faint_ink(it)]
            for chunk in found:
                images = scale_pixels(np.ascontiguousarray(change.apply(file.name, chunk)))
                scores, logarithms = outputs_and_scores(model, params, images)
                probabilities = predictor.to_probabilities(logarithms)
                for row, each, pixels in zip(scores.tolist(), probabilities, chunk, strict=True):
                    number = found.numbers[len(answers)] if found.numbers else len(answers) + 1
                    name = f"{file.name}:{number}"
                    answer = build_answer(name, classes, row, each)
                    answers.append(replace(answer, doubt=find_doubt(pixels)))
        if not answers:
            raise CorruptError(f"{file.name}: no images found", "Name a file with images")
    except ProjectError as error:
        error.message = renamed(error.message, file)
        return failed(file.name, error)
    notes += blank_notes(answers, file.name)
    noted = [it.replace(str(file.path), file.name) for it in found.notes]
    noted += [f"{file.name}: {it}" for it in notes]
    return FilePredictions(file.name, answers, ids=found.ids, notes=tuple(noted))


def find_doubt(pixels: Images) -> str:
    """Return why the class of an image means nothing: it is blank.

    Shapes: (28, 28).
    """
    lowest = int(pixels.min())
    return f"blank: every pixel is {lowest}" if lowest == pixels.max() else ""


def blank_notes(answers: Sequence[Answer], name: str) -> list[str]:
    """Return a note that counts and names the blank images among others."""
    blank = [it.image.removeprefix(f"{name}:") for it in answers if it.doubt]
    if not 0 < len(blank) < len(answers):
        return []  # a file of blank images only has a note on its pixels
    named = ", ".join(blank[:SHOWN]) + ", ..." * (len(blank) > SHOWN)
    what = f"{len(blank):,} of {len(answers):,} images are blank, so their classes mean nothing"
    return [f"{what}: {named}"]


def failed(name: str, error: ProjectError) -> FilePredictions:
    """Return the result for a file that could not be read."""
    return FilePredictions(name, [Answer(name, error=error)], error=error)


def write_answers(path: Path, found: Sequence[FilePredictions], output_format: OutputFormat) -> int:
    """Write predictions as CSV, with a row for each digit; or as a submission to Kaggle.

    docs/reference/predictions.md describes the columns. A submission has a row for each image, and
    the column of ids of the files, or else ImageId, counted from 1.

    Returns: the number of predictions.

    Raises: UsageError for files with different columns of ids, StorageError.
    """
    rows = submission_rows(found) if output_format == "kaggle" else answer_rows(found)
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    publish(path, [text.getvalue().encode()])
    return len(rows) - 1


def answer_rows(found: Sequence[FilePredictions]) -> list[Sequence[Any]]:
    """Return the header and the rows of a CSV; None is an empty cell."""
    return [
        COLUMNS,
        *(
            (it.image, it.label, it.probability, it.score, problem_of(it))
            + (it.box or (None,) * len(Box._fields))
            for file in found
            for it in file.answers
        ),
    ]


def problem_of(answer: Answer) -> str | None:
    """Return the error of an image, or why its class means nothing."""
    return answer.error.message if answer.error else answer.doubt or None


def submission_rows(found: Sequence[FilePredictions]) -> list[Sequence[Any]]:
    """Return the header and the rows of a submission: a page is one image, with all its digits.

    Raises: as `ids_of_all`.
    """
    texts = [
        [it.text.replace("\n", " ")] if it.page else [a.label for a in it.answers] for it in found
    ]
    labels = [label for each in texts for label in each]
    ids = ids_of_all(found, len(labels))
    return [(ids.name, "Label"), *zip(ids.values, labels, strict=True)]


def ids_of_all(found: Sequence[FilePredictions], count: int) -> Ids:
    """Return the ids of the images of all files; numbers from 1 if the files have none.

    Raises: UsageError if some files have none, another name for them, or the same ones.
    """
    own = [it.ids for it in found if it.ids]
    if not own:
        return Ids(ID, [str(number) for number in range(1, count + 1)])
    values = [value for ids in own for value in ids.values]
    if len(own) < len(found) or len({it.name for it in own}) > 1 or len(set(values)) < count:
        names = ", ".join(f"{it.name}: {it.ids.name if it.ids else 'none'}" for it in found[:3])
        raise UsageError(
            f"--format kaggle needs ids of one name, each once; found {names}. "
            "Predict the files one by one"
        )
    return Ids(own[0].name, values)
