"""Pixels of a source of any format: changes that you ask for, and a look at all of them."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorruptError
from pipeline.formats.source import Images

FULL = 255
FAINT = 127  # no pixel is above it: another scale than 0 to 255
NEARLY_ALL, SOME = 0.95, 0.005  # of the images


@dataclass(frozen=True)
class PixelChange:
    """What is to be done to every image."""

    invert: bool = False  # dark ink on light paper becomes light on dark
    highest: int | None = None  # which pixel is full ink; None: 255

    def apply(self, where: str, images: Images) -> Images:
        """Return the images with other pixels, or themselves.

        Raises: CorruptError.
        """
        if self.highest is not None:
            if (largest := int(images.max(initial=0))) > self.highest:
                what = f"{where}: a pixel is {largest}, expected {self.highest} at most"
                raise CorruptError(what, "--highest is the largest pixel of all")
            scaled = np.rint(np.arange(self.highest + 1) * (FULL / self.highest))
            images = scaled.astype(np.uint8)[images]
        return FULL - images if self.invert else images


class Look(NamedTuple):
    """What is kept of some images."""

    paper: NDArray[np.uint8]  # (n,), three quarters of the border are as light
    darkest: NDArray[np.uint8]  # (n,)
    digest: NDArray[np.uint64]  # (n,)


def look_at(images: Images) -> Look:
    """Measure images.

    Shapes: (n, 28, 28).
    """
    sides = images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]
    border = np.concatenate(sides, axis=1)
    quarter = border.shape[1] // 4
    digests = b"".join(hashlib.blake2b(it.tobytes(), digest_size=8).digest() for it in images)
    return Look(
        np.partition(border, quarter, axis=1)[:, quarter],
        images.min((1, 2)),
        np.frombuffer(digests, np.uint64),
    )


@dataclass
class PixelSurvey:
    """A look at every image on its way into the cache, and what a user should know of them."""

    where: str = ""  # what they are read from
    change: PixelChange = PixelChange()
    source_highest: int = 0  # before any change
    lowest: int = FULL
    highest: int = 0
    looks: dict[str, list[Look]] = field(default_factory=dict)

    def changed(self, split: str, chunks: Iterable[Images]) -> Iterator[Images]:
        """Yield images with the changes asked for, and look at them.

        Raises: CorruptError.
        """
        looks = self.looks.setdefault(split, [])
        for chunk in chunks:
            images = self.change.apply(self.where, chunk)
            self.source_highest = max(self.source_highest, int(chunk.max(initial=0)))
            self.highest = max(self.highest, int(images.max(initial=0)))
            self.lowest = min(self.lowest, int(images.min(initial=FULL)))
            looks.append(look_at(images))
            yield images

    def notes(self) -> list[str]:
        """Say what is unusual, the worst last."""
        return [*self.scale_notes(), *self.repetition_notes(), *self.paper_notes()]

    def scale_notes(self) -> list[str]:
        """Say that pixels use a small part of the range."""
        if self.lowest == self.highest:
            return [f"every pixel is {self.highest}: there is nothing in the images"]
        if self.highest - self.lowest > FAINT or self.change.highest is not None:
            return []
        top = self.source_highest
        what = f"no pixel is above {top} of 255, so the ink is faint"
        return [f"{what}: if {top} is full ink, import with --highest {top}"]

    def repetition_notes(self) -> list[str]:
        """Say how many images of other splits are training images, too."""
        digests = {
            split: np.concatenate([it.digest for it in looks])
            for split, looks in self.looks.items()
            if looks
        }
        train, notes = digests.pop("train", np.empty(0, np.uint64)), []
        for split, others in digests.items():
            count = int(np.isin(others, train).sum())
            if count:
                what = f"{count:,} of {len(others):,} {split} images are also in training"
                notes.append(f"{what}, pixel by pixel: they measure what was learnt by heart")
        return notes

    def dark_on_light(self) -> dict[str, NDArray[np.bool_]]:
        """Tell for each image of a split whether it is dark ink on light paper."""
        middle = (self.lowest + self.highest) / 2
        return {
            split: np.concatenate([is_dark_on_light(it, middle) for it in looks])
            for split, looks in self.looks.items()
            if looks
        }

    def paper_notes(self) -> list[str]:
        """Say that images are dark ink on light paper, all or some."""
        light = self.dark_on_light()
        count, total = (sum(f(it) for it in light.values()) for f in (np.count_nonzero, len))
        if not total or count < SOME * total:
            return []
        expected = "networks expect light ink on dark, and `network predict` inverts the others"
        if count < NEARLY_ALL * total:
            first = next(split for split, it in light.items() if it.any())
            place = f"image {int(light[first].argmax()) + 1:,} of {first} is the first"
            what = f"{count:,} of {total:,} images are dark ink on light paper, the others are not"
            return [f"{what} ({place}): {expected}. Make them alike: --invert turns all of them"]
        if self.change.invert:
            what = "with --invert the images are dark ink on light paper"
            return [f"{what}: {expected}. Import them without --invert"]
        return [f"the images are dark ink on light paper: {expected}. Import with --invert"]


def is_dark_on_light(look: Look, middle: float) -> NDArray[np.bool_]:
    """Return for each image whether its border is light and there is something dark.

    Shapes: (n,).
    """
    return (look.paper > middle) & (look.darkest < middle)


def find_change(
    chunks: Iterable[Images], invert: bool | None, highest: int | None
) -> tuple[PixelChange, list[str]]:
    """Find out what makes images light ink on dark, 255 at most; a choice of yours counts first.

    Returns: the change, and notes on what was found.
    """
    survey = PixelSurvey()
    for _ in survey.changed("", chunks):
        pass
    if survey.lowest >= survey.highest:
        return PixelChange(bool(invert), highest), survey.scale_notes() if survey.looks[""] else []
    notes = []
    if highest is None and survey.highest <= FAINT:
        highest, full = survey.highest, f"--highest {FULL} takes them as they are"
        notes.append(
            f"no pixel is above {highest} of {FULL}: {highest} is taken as full ink; {full}"
        )
    if invert is None:
        light = survey.dark_on_light()[""]
        count, total = int(light.sum()), len(light)
        invert = count >= NEARLY_ALL * total
        if invert:
            what = "the images are dark ink on light paper: all are inverted"
            notes.append(f"{what}; --no-invert takes them as they are")
        elif count >= SOME * total:
            what = f"{count:,} of {total:,} images are dark ink on light paper, the others are not"
            notes.append(f"{what}: none is inverted; --invert inverts all")
    return PixelChange(invert, highest), notes
