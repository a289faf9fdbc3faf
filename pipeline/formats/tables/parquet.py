"""Parquet files of pictures, like Hugging Face's, or with a column per pixel.

    image: struct<bytes: binary, path: string>, label: int64     train-00000-of-00001.parquet

The class names are in the schema, where the library `datasets` puts them.

Source: the documentation of Hugging Face's datasets: Image, ClassLabel; Apache Arrow's columnar
format.
"""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.formats.arrays.files import files_called
from pipeline.formats.arrays.named import (
    NUMBER,
    NamedArray,
)
from pipeline.formats.arrays.names import understand
from pipeline.formats.arrays.read import source_of_arrays
from pipeline.formats.source import CHUNK, Format, ReadOptions, Source
from pipeline.formats.streams import flat_files, starts_with
from pipeline.formats.tables.column_names import find_label, plain_name
from pipeline.formats.tables.columns import choose_columns, pixel_columns
from pipeline.formats.tables.parquet_tables import (
    Table,
    count_rows,
    is_number_type,
    is_picture_type,
    opened,
    read_column,
    read_pictures,
    read_pixels,
    read_split,
    reading_of,
)
from pipeline.formats.tables.split_column import may_give_split, set_apart
from pipeline.storage.pictures import (
    PictureOptions,
)

SUFFIX = ".parquet"
MAGIC = b"PAR1"
SHARD = re.compile(r"[-_.]?[0-9]{4,6}(-of-[0-9]{4,6})?$")  # of a split in several files


def recognises(path: Path) -> bool:
    """Return whether a path is a parquet file or a folder of such files."""
    if path.is_dir():
        return any(file.name.lower().endswith(SUFFIX) for file in flat_files(path))
    return starts_with(path, MAGIC)


def read_parquet(path: Path, options: ReadOptions) -> Source:
    """Read the images and labels of every split.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    tables = group_files(path)
    prefixes = [f"{it.name}/" if len(tables) > 1 else "" for it in tables]
    reading = reading_of(tables, options)
    arrays = [
        array
        for table, prefix in zip(tables, prefixes, strict=True)
        for array in table_arrays(table, prefix, options, reading)
    ]
    return source_of_arrays(path, arrays, options)


def group_files(path: Path) -> list[Table]:
    """Group files by their names without the number of the shard.

    A file stands for its shards, too, and for the other splits next to it.
    """
    found: dict[str, Table] = {}
    for file in files_called(path if path.is_dir() else path.parent, (SUFFIX,)):
        name = SHARD.sub("", file.name[: -len(SUFFIX)])
        found.setdefault(name, Table(name)).files.append(file)
    if path.is_dir():
        return list(found.values())
    own = SHARD.sub("", path.name.removesuffix(SUFFIX))
    if own not in found:
        return [Table(own, [path])]
    meaning = understand(own)
    if meaning.split is None:
        return [found[own]]
    return [
        it
        for name, it in found.items()
        if understand(name).split and understand(name).rest == meaning.rest
    ]


def unlabelled_columns(files: Sequence[Path], options: ReadOptions) -> list[NamedArray]:
    """List the arrays of files that need no labels.

    Raises: MissingError where pyarrow is not installed; StorageError, CorruptError.
    """
    tables = [Table(file.name, [file]) for file in files]
    reading = reading_of(tables, options)
    return [it for table in tables for it in table_arrays(table, "", options, reading, False)]


class Chosen(NamedTuple):
    """The columns to read from a table."""

    images: list[NamedArray]  # if they are pictures, or a column per pixel
    others: list[str]
    splits: list[str]  # those that may give the split


def table_arrays(
    table: Table,
    prefix: str,
    options: ReadOptions,
    reading: PictureOptions,
    has_labels: bool = True,
) -> list[NamedArray]:
    """Name the arrays of a table: pictures or pixels, and the other columns.

    Raises: CorruptError.
    """
    with opened(table.path) as file:
        schema = file.schema_arrow
        pictures = [it.name for it in schema if is_picture_type(it.type)]
        names = [it.name for it in schema]
        flat = [is_number_type(it.type) for it in schema]
    if pictures:
        chosen = choose_beside_pictures(
            table, prefix, names, pictures, options, reading, has_labels
        )
    elif len(names) > CHUNK // 10:
        chosen = choose_beside_pixels(table, prefix, names, flat, options, has_labels)
    else:
        splits = [it for it in names if has_labels and may_give_split(it, options)]
        chosen = Chosen([], [it for it in names if it not in splits], splits)
    return [
        *chosen.images,
        *(it for name in chosen.others for it in read_column(table, name, prefix, has_labels)),
        *(read_split(table, name, prefix) for name in chosen.splits),
    ]


def choose_beside_pictures(
    table: Table,
    prefix: str,
    names: list[str],
    pictures: list[str],
    options: ReadOptions,
    reading: PictureOptions,
    has_labels: bool,
) -> Chosen:
    """Choose the column of pictures, the first if none is called image, and those beside it.

    Raises: CorruptError.
    """
    chosen = "image" if "image" in pictures else pictures[0]
    more = ", ".join(name for name in pictures if name != chosen)
    unused = (f"{table.path}: not used: {more}",) if more else ()
    images = NamedArray(
        *(table.path, prefix + chosen, (count_rows(table), *IMAGE_SHAPE), NUMBER),
        *(partial(read_pictures, table, chosen, reading, options.resize), False),
        are_pictures=True,
        are_rows=True,
        late_notes=lambda: (*unused, *reading.notes(table.path.parent)),
    )
    others, splits = [name for name in names if name not in pictures], list[str]()
    if has_labels:
        others, splits = set_apart(table.path, others, str, options)
    if has_labels and (len(others + splits) > 1 or options.label_column is not None):
        plain, among = list(map(plain_name, names)), list(map(names.index, others))
        label = find_label(table.path, plain, among, options.label_column)
        others = others if label is None or not options.label_column else [names[label]]
    return Chosen([images], others, splits)


def choose_beside_pixels(
    table: Table,
    prefix: str,
    names: list[str],
    flat: list[bool],
    options: ReadOptions,
    has_labels: bool,
) -> Chosen:
    """Choose the columns of pixels, and the columns beside them.

    Raises: CorruptError.
    """
    splits = list[str]()
    if has_labels:
        columns = choose_columns(table.path, names, flat, options)
        places = columns.pixels
        others = [] if columns.label is None else [names[columns.label]]
        splits = [names[it] for it in columns.splits]
    else:
        places = tuple(pixel_columns(names, flat))
        others = [name for place, name in enumerate(names) if place not in set(places)]
    pixels = [names[place] for place in places]
    images = NamedArray(
        *(table.path, f"{prefix}images", (count_rows(table), len(pixels)), NUMBER),
        *(partial(read_pixels, table, pixels), False),
        are_rows=True,
    )
    return Chosen([images], others, splits)


PARQUET = Format(
    name="parquet",
    title="parquet files of pictures and labels, as Hugging Face stores them",
    recognises=recognises,
    read=read_parquet,
    can_resize=True,
    can_grey=True,
    has_columns=True,
    has_split_column=True,
)
