"""The user's datasets: records in the cache, next to their raw files."""

import re
from dataclasses import asdict
from typing import Any

from pipeline.datasets.records import Dataset, RawFile, Split, images_size, labels_size
from pipeline.errors import CorruptError, UsageError, describe_cause
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import Cache
from pipeline.storage.checksummed_json import publish_json, read_json
from pipeline.storage.file_names import is_device_name

RECORD_FORMAT = 1
MAX_CLASSES = 256  # a label is one byte
NAME = r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
SPLIT = r"[a-z][a-z0-9]{0,19}"  # the name of a split
FILE_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"  # no path


def check_dataset_name(name: str) -> str:
    """Require a name that is valid as a folder name on every system.

    Raises: UsageError.
    """
    if not re.fullmatch(NAME, name):
        raise UsageError(
            f"{show_value(name)} is not a valid dataset name; "
            "expected lower-case letters, digits and - (64 at most)"
        )
    if is_device_name(name):
        raise UsageError(
            f"{show_value(name)} is not a valid dataset name: Windows has a device of this name",
            "Choose another name",
        )
    return name


def user_dataset_names(cache: Cache) -> list[str]:
    """Return the names of the datasets that the user imported, sorted."""
    return sorted(
        path.parent.name
        for path in cache.root.glob("raw/*/dataset.json")
        if re.fullmatch(NAME, path.parent.name)
    )


def publish_record(cache: Cache, dataset: Dataset) -> None:
    """Write the record of a user's dataset, which completes the import."""
    publish_json(cache.record(dataset.name), {"format": RECORD_FORMAT, **asdict(dataset)})


def read_record(cache: Cache, name: str) -> Dataset:
    """Read the record of a user's dataset.

    Raises: MissingError, CorruptError.
    """
    path = cache.record(name)
    again = "Run `pipeline import` again"
    record = read_json(path, again, RECORD_FORMAT)
    try:
        if record.pop("format") not in range(1, RECORD_FORMAT + 1):
            raise ValueError("its format is not valid")
        dataset = dataset_from_dict(record)
        check_record(dataset, name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"{path}: not the record of a dataset ({describe_cause(error)})"
        raise CorruptError(what, again) from error
    return dataset


def dataset_from_dict(record: dict[str, Any]) -> Dataset:
    """Build a dataset record from plain data.

    Raises: ValueError, KeyError, TypeError, AttributeError.
    """
    splits = {
        name: Split(
            **{**split, "images": RawFile(**split["images"]), "labels": RawFile(**split["labels"])}
        )
        for name, split in record["splits"].items()
    }
    lists = ("mirrors", "classes", "label_columns")
    return Dataset(**{**record, "splits": splits, **{key: tuple(record[key]) for key in lists}})


def check_record(dataset: Dataset, name: str) -> None:
    """Require a record whose parts are consistent.

    Raises: ValueError, TypeError.
    """
    if dataset.name != name:
        raise ValueError(f"it is the record of {show_value(dataset.name)}")
    plain = Dataset(
        *(name, dataset.title, (), dataset.splits, dataset.classes),
        *(dataset.source, dataset.licence, dataset.citation),
    )
    texts = (dataset.title, *dataset.classes, dataset.source, dataset.licence, dataset.citation)
    if dataset != plain or not all(isinstance(text, str) for text in texts):
        raise ValueError("fields that only published datasets have, or that are not text")
    if not 1 <= len(set(dataset.classes)) == len(dataset.classes) <= MAX_CLASSES:
        raise ValueError("its classes are not valid")
    if not dataset.splits or not all(re.fullmatch(SPLIT, name) for name in dataset.splits):
        raise ValueError("its splits are not valid")
    for split in dataset.splits.values():
        if type(split.count) is not int or split != Split(split.images, split.labels, split.count):
            raise ValueError("a split that is only part of its files")
        sizes = split.images.content_size, split.labels.content_size
        if sizes != (images_size(split.count), labels_size(split.count)):
            raise ValueError("sizes that do not match the counts")
    for file in dataset.files:
        is_hashed = re.fullmatch(r"[0-9a-f]{64}", file.content_sha256 or "")
        if not is_hashed or not re.fullmatch(FILE_NAME, file.name):
            raise ValueError(f"the file {show_value(file.name)} is not valid")
