"""Pixels of a source of any format: requested changes, and statistics."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.formats.source import Images
from pipeline.storage.levels import FAINT, FAINT_INK, FULL, Scale, check_levels, format_level

NEARLY_ALL, SOME = 0.95, 0.005  # of the images
UNLIKE = 2  # times the levels of another split: another scale
VERY_FAINT = 31  # no pixel of an image is above it, but others reach more than 127


@dataclass(frozen=True)
class PixelChange:
    """The change for every image."""

    invert: bool = False  # dark ink on light paper becomes light on dark
    highest: float | None = None  # which pixel is full ink; None: 255
    is_scaled: bool = False  # to that: the source was read with it

    def apply(self, where: str, images: Images) -> Images:
        """Return the images with the change, or the images themselves.

        Raises: CorruptError.
        """
        if self.highest is not None and not self.is_scaled:
            check_levels(where, images, self.highest)
            images = Scale(self.highest).to_bytes(images)
        return FULL - images if self.invert else images


class Look(NamedTuple):
    """Statistics of some images."""

    paper: NDArray[np.uint8]  # (n,), three quarters of the border are as light
    darkest: NDArray[np.uint8]  # (n,)
    lightest: NDArray[np.uint8]  # (n,)
    digest: NDArray[np.uint64]  # (n,)


def look_at(images: Images) -> Look:
    """Compute the statistics of images.

    Shapes: (n, 28, 28).
    """
    sides = images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]
    border = np.concatenate(sides, axis=1)
    quarter = border.shape[1] // 4
    digests = b"".join(hashlib.blake2b(it.tobytes(), digest_size=8).digest() for it in images)
    return Look(
        np.partition(border, quarter, axis=1)[:, quarter],
        images.min((1, 2)),
        images.max((1, 2)),
        np.frombuffer(digests, np.uint64),
    )


@dataclass
class Levels:
    """The grey levels of a split."""

    source_highest: int = 0  # before any change
    lowest: int = FULL
    highest: int = 0

    def add(self, source: Images, images: Images) -> None:
        """Add some images, before and after any change."""
        self.source_highest = max(self.source_highest, int(source.max(initial=0)))
        self.lowest = min(self.lowest, int(images.min(initial=FULL)))
        self.highest = max(self.highest, int(images.max(initial=0)))

    @property
    def span(self) -> int:
        """Return the difference between the highest and the lowest level."""
        return self.highest - self.lowest

    @property
    def middle(self) -> float:
        """Return the level above which pixels are light."""
        return (self.lowest + self.highest) / 2


@dataclass
class PixelSurvey:
    """Statistics of every image on its way into the cache, with notes for the user."""

    where: str = ""  # the source of the images
    change: PixelChange = PixelChange()
    levels: dict[str, Levels] = field(default_factory=dict)
    looks: dict[str, list[Look]] = field(default_factory=dict)

    def changed(self, split: str, chunks: Iterable[Images]) -> Iterator[Images]:
        """Yield images with the requested changes, and add them to the statistics.

        Raises: CorruptError.
        """
        looks = self.looks.setdefault(split, [])
        levels = self.levels.setdefault(split, Levels())
        for chunk in chunks:
            images = self.change.apply(self.where, chunk)
            levels.add(chunk, images)
            looks.append(look_at(images))
            yield images

    def notes(self) -> list[str]:
        """Return notes on unusual pixels, the most serious last."""
        return [
            *self.scale_notes(),
            *self.faint_notes(),
            *self.repetition_notes(),
            *self.paper_notes(),
            *self.mismatch_notes(),
        ]

    def scale_notes(self) -> list[str]:
        """Return notes on pixels that use a small part of the range, in all splits."""
        levels = self.levels.values()
        blank = {split: it.highest for split, it in self.levels.items() if it.span <= 0}
        if len(blank) == len(self.levels) and len(set(blank.values())) == 1:
            return [f"every pixel is {min(blank.values())}; the images are blank"]
        notes = [
            f"every pixel of {split} is {level}; its images are blank"
            for split, level in blank.items()
        ]
        if (span := max(it.span for it in levels)) > FAINT:
            return notes
        narrow = f"pixels differ by {span} of {FULL} at most, {FAINT_INK}"
        if self.change.highest is not None:
            given = format_level(self.change.highest)
            return [*notes, f"with --highest {given} {narrow}: is {given} full ink?"]
        if (top := max(it.source_highest for it in levels)) > FAINT:
            return [*notes, narrow]
        what = f"no pixel is above {top} of {FULL}, {FAINT_INK}"
        return [*notes, f"{what}: if {top} is full ink, import with --highest {top}"]

    def faint_notes(self) -> list[str]:
        """Return a note if some images of a split are on a scale of their own."""
        for split, looks in self.looks.items():
            if not looks or self.levels[split].highest <= FAINT:
                continue
            lightest, darkest = (
                np.concatenate([getattr(it, name) for it in looks])
                for name in ("lightest", "darkest")
            )
            is_faint = (lightest <= VERY_FAINT) & (lightest > darkest)
            count, total = int(np.count_nonzero(is_faint)), len(is_faint)
            if count >= max(SOME * total, 1):
                top, first = int(lightest[is_faint].max()), int(is_faint.argmax()) + 1
                name = f"{split} images".strip()
                what = f"{count:,} of {total:,} {name} have no pixel above {top} of 255"
                what += (
                    f", others reach {self.levels[split].highest} (image {first:,} is the first)"
                )
                return [f"{what}: if their scale is another one, save all on the same scale"]
        return []

    def mismatch_notes(self) -> list[str]:
        """Return a note if the pixels of the splits are on different scales."""
        spans = {split: it.span for split, it in self.levels.items() if it.span > 0}
        if max(spans.values(), default=0) <= UNLIKE * min(spans.values(), default=0):
            return []
        named = ", ".join(
            f"{it.lowest} to {it.highest} in {split}" for split, it in self.levels.items()
        )
        what = f"the splits have different scales: pixels are {named}"
        return [f"{what}. Save all splits on the same scale"]

    def repetition_notes(self) -> list[str]:
        """Return notes on images of other splits that are also training images."""
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
                notes.append(f"{what}, pixel by pixel: they measure memorisation")
        return notes

    def dark_on_light(self) -> dict[str, NDArray[np.bool_]]:
        """Return for each image of a split whether it is dark ink on light paper."""
        return {
            split: np.concatenate([is_dark_on_light(it, self.levels[split].middle) for it in looks])
            for split, looks in self.looks.items()
            if looks
        }

    def paper_notes(self) -> list[str]:
        """Return a note on dark ink on light paper, in all images or in some."""
        light = self.dark_on_light()
        shares = {split: float(it.mean()) for split, it in light.items()}
        if max(shares.values(), default=0.0) < SOME:
            return []
        expected = "networks expect light ink on dark, and `network predict` inverts the others"
        if min(shares.values()) >= NEARLY_ALL:
            if self.change.invert:
                what = "with --invert the images are dark ink on light paper"
                return [f"{what}: {expected}. Import them without --invert"]
            return [f"the images are dark ink on light paper: {expected}. Import with --invert"]
        dark = [split for split, share in shares.items() if share >= NEARLY_ALL]
        others = [split for split, share in shares.items() if share < SOME]
        if dark and len(dark) + len(others) == len(shares):
            what = f"the images of {' and '.join(dark)} are dark ink on light paper, those of "
            what += f"{' and '.join(others)} are not"
            return [f"{what}: {expected}. Make them alike; --invert inverts all of them"]
        count, total = (sum(f(it) for it in light.values()) for f in (np.count_nonzero, len))
        first = next(split for split, it in light.items() if it.any())
        place = f"image {int(light[first].argmax()) + 1:,} of {first} is the first"
        what = f"{count:,} of {total:,} images are dark ink on light paper, the others are not"
        return [f"{what} ({place}): {expected}. Make them alike; --invert inverts all of them"]


def is_dark_on_light(look: Look, middle: float) -> NDArray[np.bool_]:
    """Return for each image whether its border is light and some of it is dark.

    Shapes: (n,).
    """
    return (look.paper > middle) & (look.darkest < middle)


def find_change(
    chunks: Iterable[Images],
    invert: bool | None,
    highest: float | None,
    is_scaled: bool = False,
) -> tuple[PixelChange, list[str]]:
    """Find the change that makes images light ink on dark; options override it.

    `is_scaled`: the images have been read with the number of full ink.

    Returns: the change, and notes on the findings.
    """
    survey = PixelSurvey(change=PixelChange(False, highest, is_scaled))
    for _ in survey.changed("", chunks):
        pass
    levels = survey.levels[""]
    if levels.span <= 0:
        notes = survey.scale_notes() if survey.looks[""] else []
        return PixelChange(bool(invert), highest, is_scaled), notes
    notes = survey.faint_notes()
    if highest is None and levels.highest <= FAINT:
        highest, full = levels.highest, f"--highest {FULL} keeps them as they are"
        notes.append(
            f"no pixel is above {highest} of {FULL}: {highest} is used as full ink; {full}"
        )
    elif levels.span <= FAINT and highest != FULL:
        notes += survey.scale_notes()
    if invert is None:
        light = survey.dark_on_light()[""]
        count, total = int(light.sum()), len(light)
        invert = count >= NEARLY_ALL * total
        if invert:
            what = "the images are dark ink on light paper: all are inverted"
            notes.append(f"{what}; --no-invert keeps them as they are")
        elif count >= SOME * total:
            what = f"{count:,} of {total:,} images are dark ink on light paper, the others are not"
            notes.append(f"{what}: none is inverted; --invert inverts all")
    return PixelChange(invert, highest, is_scaled), notes
