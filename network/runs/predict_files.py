"""Predictions for pictures and files of images, some of them damaged, and their CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from network.core.data import scale_pixels
from network.images.pages.read import Page, options_for, page_text, read_page
from network.metrics.accuracy import compute_outputs
from network.runs.folder import LoadedRun
from network.runs.predict import Prediction, Predictor, load_predictor
from pipeline.errors import CorruptError, ProjectError, UsageError
from pipeline.formats.pixels import find_change
from pipeline.formats.source import Ids
from pipeline.formats.unlabelled import Input, open_images
from pipeline.formats.unlabelled_csv import ID
from pipeline.storage.cache import Cache, publish

OutputFormat = Literal["csv", "kaggle"]


@dataclass(frozen=True)
class Answer:
    """Predicted class of an image, or the error of reading it."""

    image: str
    label: str = ""
    score: float | None = None
    error: ProjectError | None = None


@dataclass(frozen=True)
class FilePredictions:
    """Predictions for one file: a page with digits, or many images."""

    name: str
    answers: list[Answer]
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
    highest: int | None = None  # the pixel value of full ink; None: the highest if all are low


def predict_inputs(
    cache: Cache,
    loaded: LoadedRun,
    classes: Sequence[str],
    inputs: Sequence[Input],
    options: PredictOptions,
) -> tuple[Predictor, list[FilePredictions]]:
    """Predict files in order; a file that cannot be read does not stop the others.

    Raises: ProjectError for a single file that cannot be read, and for a coverage that is not
    supported.
    """
    pages = [read_input(it, classes, options.deskew) for it in inputs]
    if len(inputs) == 1 and isinstance(pages[0], ProjectError):
        raise pages[0]
    predictor = load_predictor(cache, loaded)
    found = []
    for file, page in zip(inputs, pages, strict=True):
        if page is None:
            found.append(predict_file(loaded, classes, file, options))
        elif isinstance(page, ProjectError):
            found.append(failed(file.name, page))
        else:
            found.append(predict_page(predictor, classes, file.name, page, options.coverage))
    if len(found) == 1 and found[0].error:
        raise found[0].error
    return predictor, found


def read_input(file: Input, classes: Sequence[str], deskew: bool) -> Page | ProjectError | None:
    """Read the page in a picture; return the error of that, or None for a file of images."""
    if not file.is_picture:
        return None
    try:
        return read_page(file.path, options_for(classes, deskew))
    except ProjectError as error:
        error.message = error.message.replace(str(file.path), file.name)
        return error


def predict_page(
    predictor: Predictor, classes: Sequence[str], name: str, page: Page, coverage: float | None
) -> FilePredictions:
    """Predict the digits of a page.

    Raises: UsageError, MissingError, CorruptError if the coverage is not supported.
    """
    checkpoint = predictor.loaded.checkpoint
    pixels = np.stack([digit.pixels for digit in page.digits])
    scores = compute_outputs(checkpoint.model, checkpoint.params, scale_pixels(pixels)).tolist()
    text = page_text(page, [classes[each.index(max(each))] for each in scores])
    answer = Answer(name, text.replace("\n", " "), max(scores[0]) if len(scores) == 1 else None)
    predictions = predictor.predict(pixels, coverage)
    return FilePredictions(name, [answer], page, text, scores, predictions)


def predict_file(
    loaded: LoadedRun, classes: Sequence[str], file: Input, options: PredictOptions
) -> FilePredictions:
    """Predict every image of a file, chunk by chunk; or return why it cannot be read.

    The whole file is converted to light ink on dark, from 0 to 255; notes describe each change.
    """
    model, params = loaded.model, loaded.params
    answers: list[Answer] = []
    try:
        with open_images(file.path, options.workspace) as found:
            change, notes = find_change(found, options.invert, options.highest)
            for chunk in found:
                images = change.apply(file.name, chunk)
                scores = compute_outputs(model, params, scale_pixels(np.ascontiguousarray(images)))
                for row in scores.tolist():
                    name = f"{file.name}:{len(answers) + 1}"
                    answers.append(Answer(name, classes[row.index(max(row))], max(row)))
        if not answers:
            raise CorruptError(f"{file.name}: no images found")
    except ProjectError as error:
        error.message = error.message.replace(str(file.path), file.name)
        return failed(file.name, error)
    noted = [it.replace(str(file.path), file.name) for it in found.notes]
    noted += [f"{file.name}: {it}" for it in notes]
    return FilePredictions(file.name, answers, ids=found.ids, notes=tuple(noted))


def failed(name: str, error: ProjectError) -> FilePredictions:
    """Return the result for a file that could not be read."""
    return FilePredictions(name, [Answer(name, error=error)], error=error)


def write_answers(path: Path, found: Sequence[FilePredictions], output_format: OutputFormat) -> int:
    """Write predictions as CSV: image, label, score, error; or as a submission to Kaggle.

    A submission has the column of ids of the files, or else ImageId, counted from 1.

    Returns: the number of predictions.

    Raises: UsageError for files with different columns of ids, StorageError.
    """
    answers = [answer for file in found for answer in file.answers]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if output_format == "kaggle":
        ids = ids_of_all(found, len(answers))
        writer.writerow((ids.name, "Label"))
        writer.writerows((name, it.label) for name, it in zip(ids.values, answers, strict=True))
    else:
        writer.writerow(("image", "label", "score", "error"))
        for it in answers:
            score = "" if it.score is None else f"{it.score:.6g}"
            writer.writerow((it.image, it.label, score, it.error.message if it.error else ""))
    publish(path, [text.getvalue().encode()])
    return len(answers)


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
