"""Images without a label among images with one, in any format."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.formats.class_rules import is_missing
from pipeline.formats.source import Ids, Unlabelled, select

ID = "ImageId"  # Kaggle's name of the column, if a file has no header


def keep_unlabelled(path: Path, found: Unlabelled, labels: Sequence[str]) -> Unlabelled:
    """Keep only the images whose label is missing, if there are others."""
    used = set(labels)
    missing = {name for name in used if stands_for_none(name, used)}
    if not missing or missing == used:
        return found
    chosen = np.array([name in missing for name in labels])
    numbers = tuple((np.flatnonzero(chosen) + 1).tolist())
    ids = found.ids or Ids(ID, list(map(str, range(1, len(labels) + 1))))
    count = f"{len(labels) - len(numbers):,} of {len(labels):,} images have a label"
    return replace(
        found,
        read=lambda: select(path, found.read(), chosen),
        notes=(*found.notes, f"{path}: {count}; only the others are predicted"),
        ids=Ids(ids.name, [ids.values[number - 1] for number in numbers]),
        numbers=numbers,
    )


def stands_for_none(name: str, names: Collection[str]) -> bool:
    """Return whether a label is empty, or stands for a missing one."""
    return not name or is_missing(name, list(names))
