"""How many digits of real people are read right: single digits and pages, by kind.

    python benchmarks/handwriting.py FOLDER RUN...                  # of the reported sources
    python benchmarks/handwriting.py FOLDER RUN... --sources choosing
    python benchmarks/handwriting.py FOLDER RUN... --sources all --failures

FOLDER has pictures and labels.csv with the columns file, digits ("/" begins a line), kind, type
(single or page) and source, which is whose hand it is. A picture is exact if the prediction is
its digits and no others. Beside ours stand the recipe of most tutorials, with OpenCV if it is
installed (Otsu's threshold, contours, 20 in 28, centre of mass), and a plain resize to 28x28.

CHOOSING names the sources that preparation and presets were chosen with. All others are reported.
"""

import argparse
import csv
import importlib.util
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from network.core.data import scale_pixels
from network.images.pages.fit_digit import centre_by_mass, fit_into_box
from network.images.pages.ink import light_on_dark
from network.images.pages.read import PICTURES, page_text, read_page
from network.metrics.accuracy import predict_classes
from network.metrics.confidence_intervals import accuracy_interval
from network.runs.evaluate import load_runs
from network.runs.folder import LoadedRun
from network.runs.page_doubts import find_doubts
from network.runs.predict import Predictor, load_predictor
from pipeline.errors import CorruptError
from pipeline.storage.cache import find_cache
from pipeline.storage.pictures import read_picture

Grey = NDArray[np.uint8]
# Of the 26 sources of the pictures that this was developed with, so that each kind of single digit
# is in both parts: 57 single digits and 18 pages here, 98 and 18 in the reported part.
CHOOSING = (
    "s01", "s03", "s04", "s07", "s10", "s12", "s13", "s17", "s18", "s20", "s21", "s23", "s24",
)  # fmt: skip
CLAIMED = 0.95  # a wrong single digit with a higher probability is overconfident


@dataclass(frozen=True)
class Picture:
    """A line of labels.csv."""

    path: Path
    digits: str  # without line ends
    kind: str
    is_page: bool
    source: str


@dataclass(frozen=True)
class Reading:
    """What was read on a picture."""

    digits: str
    probability: float = 0.0  # the lowest of its digits
    is_doubted: bool = True


def read_labels(folder: Path, sources: str) -> list[Picture]:
    """Return the pictures of a folder whose sources are asked for."""
    with (folder / "labels.csv").open(encoding="utf-8") as lines:
        pictures = [
            Picture(folder / row["file"], row["digits"].replace("/", ""), row["kind"],
                    row["type"] == "page", row["source"])
            for row in csv.DictReader(lines)
        ]  # fmt: skip
    wanted = {"all": {True, False}, "choosing": {True}, "reported": {False}}[sources]
    return [it for it in pictures if (it.source in CHOOSING) in wanted]


def read_ours(predictor: Predictor, path: Path) -> Reading:
    """Read a picture as `network predict` does."""
    try:
        page = read_page(path)
    except CorruptError:
        return Reading("")
    found = predictor.predict(np.stack([digit.pixels for digit in page.digits]))
    text = page_text(page, [str(it.answer) for it in found]).replace("\n", "")
    lowest = min(it.probability for it in found)
    doubts = find_doubts(predictor, page, found, [str(it.answer) for it in found])
    return Reading(text, lowest, bool(doubts))


def classes_of(run: LoadedRun, images: Sequence[Grey]) -> str:
    """Return the classes of prepared images, one after another."""
    if not images:
        return ""
    model, params = run.checkpoint.model, run.checkpoint.params
    return "".join(map(str, predict_classes(model, params, scale_pixels(np.stack(images)))))


def resized(path: Path) -> list[Grey]:
    """Resize a picture to 28x28, light on dark by its border."""
    picture = Image.fromarray(read_picture(path, PICTURES)).resize((28, 28))
    grey = np.asarray(picture)
    return [light_on_dark(grey)]


def by_contours(path: Path) -> list[Grey]:
    """Cut digits out by OpenCV: Otsu's threshold, outer contours, boxes from left to right."""
    import cv2

    grey = read_picture(path, PICTURES)
    ink = light_on_dark(grey)
    _, mask = cv2.threshold(ink, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    boxes = sorted(map(cv2.boundingRect, contours))
    tallest = max((height for *_, height in boxes), default=0)
    kept = [box for box in boxes if box[3] >= tallest / 3]
    masked = np.where(mask > 0, ink, 0).astype(np.uint8)
    crops = [masked[top : top + h, left : left + w] for left, top, w, h in kept]
    return [centre_by_mass(fit_into_box(crop)) for crop in crops]


def edits(found: str, right: str) -> int:
    """Return how many digits must be changed, added or removed (Levenshtein's distance)."""
    row = list(range(len(right) + 1))
    for count, digit in enumerate(found, 1):
        diagonal, row[0] = row[0], count
        for place, other in enumerate(right, 1):
            diagonal, row[place] = row[place], min(
                row[place] + 1, row[place - 1] + 1, diagonal + (digit != other)
            )  # fmt: skip
    return row[-1]


def share(right: int, count: int) -> str:
    """Write a share with its 95 % interval."""
    low, high = accuracy_interval(right, count)
    return (
        f"{right:>4} / {count:<4} {100 * right / count:5.1f} % ({100 * low:.0f}-{100 * high:.0f})"
    )


def print_run(
    run: LoadedRun, predictor: Predictor, pictures: Sequence[Picture], all_failures: bool
) -> None:
    """Print the table of a run."""
    readings = {it: read_ours(predictor, it.path) for it in pictures}
    ways: dict[str, Callable[[Path], list[Grey]]] = {"resized": resized}
    if importlib.util.find_spec("cv2"):
        ways = {"OpenCV": by_contours, **ways}
    others = {
        name: {it: classes_of(run, way(it.path)) for it in pictures} for name, way in ways.items()
    }
    print(f"\n{run.name}")
    kinds = sorted({(it.is_page, it.kind) for it in pictures})
    groups: list[tuple[str, list[Picture]]] = [
        (f"{'page' if is_page else 'single'}: {kind}",
         [it for it in pictures if (it.is_page, it.kind) == (is_page, kind)])
        for is_page, kind in kinds
    ]  # fmt: skip
    for name, is_page in (("all single digits", False), ("all pages", True)):
        groups.append((name, [it for it in pictures if it.is_page == is_page]))
    print(f"{'exactly right':<34}{'predict':>26}" + "".join(f"{name:>10}" for name in others))
    for name, group in groups:
        if group:
            ours = share(sum(readings[it].digits == it.digits for it in group), len(group))
            beside = [sum(way[it] == it.digits for it in group) for way in others.values()]
            print(f"{name:<34}{ours:>26}" + "".join(f"{count:>10}" for count in beside))
    print_honesty(pictures, readings)
    if all_failures:
        for it in pictures:
            if readings[it].digits != it.digits:
                print(f"  {it.path.name:<16}{it.kind:<28}{it.digits} read {readings[it]}")


def print_honesty(pictures: Iterable[Picture], readings: dict[Picture, Reading]) -> None:
    """Print the digits on pages, and what is wrong without a sign of it."""
    pages = [it for it in pictures if it.is_page]
    wrong = [it for it in pictures if readings[it].digits != it.digits]
    digits = sum(len(it.digits) for it in pages)
    errors = sum(min(len(it.digits), edits(readings[it].digits, it.digits)) for it in pages)
    if digits:
        print(f"{'digits on pages':<34}{share(digits - errors, digits):>26}")
    silent = [it for it in wrong if it.is_page and not readings[it].is_doubted]
    claimed = [it for it in wrong if not it.is_page and readings[it].probability > CLAIMED]
    doubted = sum(readings[it].is_doubted for it in pages if it not in wrong)
    print(f"wrong pages without a doubt said: {len(silent)}; correct pages with one: {doubted}")
    print(f"wrong single digits with more than {CLAIMED:.0%} claimed: {len(claimed)}")


def main() -> None:
    """Print a table for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("runs", metavar="RUN", nargs="+")
    parser.add_argument("--sources", choices=["reported", "choosing", "all"], default="reported")
    parser.add_argument("--failures", action="store_true", help="list every wrong picture")
    options = parser.parse_args()
    pictures = read_labels(options.folder, options.sources)
    pages = sum(it.is_page for it in pictures)
    print(f"{len(pictures) - pages} single digits and {pages} pages, sources: {options.sources}")
    cache = find_cache()
    for run in load_runs(cache, options.runs):
        print_run(run, load_predictor(cache, run), pictures, options.failures)


if __name__ == "__main__":
    main()
