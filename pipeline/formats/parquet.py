"""Parquet files of pictures, like Hugging Face's, or with a column per pixel.

    image: struct<bytes: binary, path: string>, label: int64     train-00000-of-00001.parquet

The class names are in the schema, where the library `datasets` puts them.

Source: the documentation of Hugging Face's datasets: Image, ClassLabel; Apache Arrow's columnar
format.
"""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import COPY_AGAIN, CorruptError
from pipeline.extras import needs_extra
from pipeline.formats.array_files import files_called
from pipeline.formats.array_names import understand
from pipeline.formats.arrays import source_of_arrays
from pipeline.formats.classes import check_classes
from pipeline.formats.column_names import find_label, is_label, plain_name
from pipeline.formats.folder import PICTURES, fit
from pipeline.formats.named_arrays import (
    MAX_TEXT,
    NUMBER,
    TEXT,
    NamedArray,
    convert_list,
    kind_of_list,
    list_shape,
)
from pipeline.formats.source import CHUNK, Format, ReadOptions, Source
from pipeline.formats.split_column import may_give_split, set_apart
from pipeline.formats.streams import flat_files, starts_with
from pipeline.formats.table_columns import choose_columns, pixel_columns
from pipeline.storage.cache import reading
from pipeline.storage.pictures import (
    DeepPictures,
    PictureOptions,
    decode_picture,
    sound_levels,
)

SUFFIX = ".parquet"
MAGIC = b"PAR1"
SHARD = re.compile(r"[-_.]?[0-9]{4,6}(-of-[0-9]{4,6})?$")  # of a split in several files
MAX_METADATA = 1 << 20  # bytes of the schema's notes


@dataclass
class Table:
    """The files of one split."""

    name: str
    files: list[Path] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.files[0]


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
    return source_of_arrays(path, arrays, options, read_class_names(tables[0].path))


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


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a parquet file; errors of damaged ones become project errors.

    Raises: MissingError where pyarrow is not installed; StorageError, CorruptError.
    """
    with needs_extra("parquet", "reading a parquet file"):
        import pyarrow as pa
        import pyarrow.parquet as pq
    with reading(path), path.open("rb") as file:
        try:
            yield pq.ParquetFile(file)
        except (pa.ArrowException, ValueError, KeyError, OSError, MemoryError) as error:
            raise CorruptError(f"{path}: damaged parquet file", COPY_AGAIN) from error


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
    """Choose the first column of pictures, and the columns beside it.

    Raises: CorruptError.
    """
    images = NamedArray(
        *(table.path, prefix + pictures[0], (count_rows(table), *IMAGE_SHAPE), NUMBER),
        *(partial(read_pictures, table, pictures[0], reading, options.resize), False),
        are_pictures=True,
        late_notes=lambda: reading.deep.notes(table.path.parent) if reading.deep else (),
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
        places, others = columns.pixels, [names[columns.label]]
        splits = [names[it] for it in columns.splits]
    else:
        places = tuple(pixel_columns(names, flat))
        others = [name for place, name in enumerate(names) if place not in set(places)]
    pixels = [names[place] for place in places]
    images = NamedArray(
        *(table.path, f"{prefix}images", (count_rows(table), len(pixels)), NUMBER),
        *(partial(read_pixels, table, pixels), False),
    )
    return Chosen([images], others, splits)


def reading_of(tables: Sequence[Table], options: ReadOptions) -> PictureOptions:
    """Return how pictures are read; the deep ones of all tables are on one scale."""
    deep = DeepPictures(lambda: sound_levels(picture_files(tables), PICTURES))
    return replace(PICTURES, highest=options.highest, deep=deep)


def picture_files(tables: Sequence[Table]) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes of every picture that is read, and the name of its file."""
    for table in tables:
        with opened(table.path) as file:
            columns = [it.name for it in file.schema_arrow if is_picture_type(it.type)]
        for path, batch in iterate_batches(table, columns[:1]):
            for entry in batch.column(0).to_pylist() if columns else ():
                yield picture_bytes(entry) or b"", str(path)


def is_picture_type(kind: Any) -> bool:
    """Return whether a column holds image files: bytes, or a structure with bytes."""
    text = str(kind)
    return text in ("binary", "large_binary") or text.startswith("struct<bytes: binary")


def is_number_type(kind: Any) -> bool:
    """Return whether a column holds a number in each row."""
    return re.fullmatch(r"u?int\d+|float|double|halffloat|bool", str(kind)) is not None


def count_rows(table: Table) -> int:
    """Count the rows of all files of a table."""
    count = 0
    for path in table.files:
        with opened(path) as file:
            count += file.metadata.num_rows
    return count


def iterate_batches(table: Table, columns: Sequence[str]) -> Iterator[tuple[Path, Any]]:
    """Yield a few rows of some columns at a time, file by file."""
    for path in table.files:
        with opened(path) as file:
            for batch in file.iter_batches(CHUNK, columns=list(columns)):
                yield path, batch


def read_pictures(
    table: Table, column: str, reading: PictureOptions, resize: bool
) -> Iterator[NDArray[Any]]:
    """Yield the pictures of a column as grey levels.

    Shapes: (n, 28, 28).

    Raises: CorruptError.
    """
    row = 0
    for path, batch in iterate_batches(table, [column]):
        values = batch.column(0).to_pylist()
        yield np.stack(
            [
                decode_entry(f"{path}: row {row + i:,}", it, reading, resize)
                for i, it in enumerate(values, 1)
            ]
        )
        row += len(values)


def picture_bytes(entry: Any) -> bytes | None:
    """Return the bytes of a picture; None if the entry has none."""
    data = entry.get("bytes") if isinstance(entry, dict) else entry
    return data if isinstance(data, bytes) else None


def decode_entry(
    where: str, entry: Any, reading: PictureOptions, resize: bool
) -> NDArray[np.uint8]:
    """Decode one picture.

    Raises: CorruptError.
    """
    data = picture_bytes(entry)
    if data is None:
        raise CorruptError(
            f"{where}: no picture found, perhaps only its path",
            "In Python: dataset.cast_column with datasets.Image(), and to_parquet again",
        )
    grey = decode_picture(data, where, reading)
    if grey.shape == IMAGE_SHAPE:
        return grey
    if not resize:
        height, width = grey.shape
        raise CorruptError(
            f"{where}: {width}x{height} pixels; expected {IMAGE_SHAPE[1]}x{IMAGE_SHAPE[0]}",
            "Resize all images with --resize",
        )
    return np.asarray(fit(Image.fromarray(grey)))


def read_pixels(table: Table, columns: Sequence[str]) -> Iterator[NDArray[Any]]:
    """Yield the pixels of images with a column per pixel.

    Shapes: (n, len(columns)).
    """
    for _, batch in iterate_batches(table, columns):
        by_name = {name: batch.column(name).to_numpy(False) for name in columns}
        yield np.stack([by_name[name] for name in columns], 1)


def read_column(
    table: Table, column: str, prefix: str, has_labels: bool = True
) -> list[NamedArray]:
    """Name a column of numbers, texts or lists of numbers; none for other columns.

    Raises: CorruptError for a label that is null.
    """
    if has_labels and is_label(plain_name(column)):
        require_values(table, column)
    first = next((batch for _, batch in iterate_batches(table, [column])), None)
    values = first.column(0).to_pylist() if first is not None else []
    shape = list_shape(values) if values else None
    if shape is None:
        return []
    shape = (count_rows(table), *shape[1:])

    def read() -> Iterator[NDArray[Any]]:
        for path, batch in iterate_batches(table, [column]):
            yield convert_list(f"{path}: {column}", batch.column(0).to_pylist(), shape)

    name = prefix + column
    return [NamedArray(table.path, name, shape, kind_of_list(values), read, False)]


def read_split(table: Table, column: str, prefix: str) -> NamedArray:
    """Name a column that may give the split, as texts; a null is an empty one."""

    def read() -> Iterator[NDArray[Any]]:
        for _, batch in iterate_batches(table, [column]):
            values = batch.column(0).to_pylist()
            yield np.array(["" if it is None else str(it)[:MAX_TEXT] for it in values])

    return NamedArray(table.path, prefix + column, (count_rows(table),), TEXT, read, False)


def require_values(table: Table, column: str) -> None:
    """Check that every row has a value, unless none has: a split may have no labels.

    Raises: CorruptError with the first row that has none.
    """
    start, absent = 0, list[int]()
    for _, batch in iterate_batches(table, [column]):
        is_null = batch.column(0).is_null().to_numpy(False)
        absent += (start + 1 + is_null.nonzero()[0]).tolist()
        start += len(is_null)
    if 0 < len(absent) < start:
        what = f"{table.path}: row {absent[0]:,}: {column} is null"
        what += f"; {len(absent):,} of {start:,} rows have no label"
        raise CorruptError(what, "Label them or remove them")


def read_class_names(path: Path) -> tuple[str, ...] | None:
    """Read the class names that the library `datasets` stores in a schema.

    Raises: CorruptError.
    """
    with opened(path) as file:
        note = (file.schema_arrow.metadata or {}).get(b"huggingface", b"")[:MAX_METADATA]
    try:
        features = json.loads(note or b"{}").get("info", {}).get("features", {})
        lists = [it["names"] for it in features.values() if isinstance(it, dict) and "names" in it]
    except (ValueError, AttributeError, RecursionError):
        return None
    if len(lists) != 1 or not all(isinstance(name, str) for name in lists[0]):
        return None
    return check_classes(path, lists[0])


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
