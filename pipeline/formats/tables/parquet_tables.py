"""Tables of parquet files: their columns, and the values of those, some rows at a time."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import COPY_AGAIN, CorruptError, ProjectError
from pipeline.extras import needs_extra
from pipeline.formats.arrays.named import (
    MAX_TEXT,
    TEXT,
    NamedArray,
    convert_list,
    kind_of_list,
    list_shape,
)
from pipeline.formats.classes import check_classes
from pipeline.formats.folders.pictures import PICTURES, fit
from pipeline.formats.source import CHUNK, ReadOptions
from pipeline.formats.tables.column_names import is_label, plain_name
from pipeline.storage.cache import reading
from pipeline.storage.pictures import (
    PictureOptions,
    decode_picture,
    for_source,
)

MAX_METADATA = 1 << 20  # bytes of a schema's notes


@dataclass
class Table:
    """The files of one split."""

    name: str
    files: list[Path] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.files[0]


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
        except ProjectError:  # of the code that reads it; some are ValueErrors
            raise
        except (pa.ArrowException, ValueError, KeyError, OSError, MemoryError) as error:
            raise CorruptError(f"{path}: damaged parquet file", COPY_AGAIN) from error


def reading_of(tables: Sequence[Table], options: ReadOptions) -> PictureOptions:
    """Return how pictures are read; those of all tables share a scale and a paper."""
    scaled = replace(PICTURES, highest=options.highest)
    return for_source(scaled, lambda: picture_files(tables))


def picture_files(tables: Sequence[Table]) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes of every picture that is read, and its name for errors."""
    for table in tables:
        with opened(table.path) as file:
            columns = [it.name for it in file.schema_arrow if is_picture_type(it.type)]
        row = 0
        for path, batch in iterate_batches(table, columns[:1]):
            for entry in batch.column(0).to_pylist() if columns else ():
                row += 1
                yield picture_bytes(entry) or b"", f"{path}: row {row:,}"


def is_picture_type(kind: Any) -> bool:
    """Return whether a column holds image files: bytes, or a structure with bytes."""
    text = str(kind)
    return re.match("(struct<bytes: )?(large_)?binary(_view)?", text) is not None


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
    if is_label(plain_name(column)):
        if not has_labels:
            return [read_split(table, column, prefix)] if has_values(table, column) else []
        require_values(table, column)
    first = next((batch.column(0) for _, batch in iterate_batches(table, [column])), None)
    if first is None:
        return []
    if is_list_type(first.type):
        require_lists(table, column)
    values = first.to_pylist()
    shape = list_shape(values) if values else None
    if shape is None:
        if has_labels and is_label(plain_name(column)) and first.null_count < len(first):
            what = f"{table.path}: the column {column} holds {first.type}"
            what += "; expected a whole number or a text for each image"
            raise CorruptError(what, "Convert it, for example with astype(int) in pandas")
        return []
    shape = (count_rows(table), *shape[1:])

    def read() -> Iterator[NDArray[Any]]:
        for path, batch in iterate_batches(table, [column]):
            yield convert_list(f"{path}: {column}", batch.column(0).to_pylist(), shape)

    name = prefix + column
    array = NamedArray(table.path, name, shape, kind_of_list(values), read, False, are_rows=True)
    return [replace(array, class_names=read_class_names(table, column))]


def read_class_names(table: Table, column: str) -> tuple[str, ...] | None:
    """Read the class names that the library `datasets` stores in the schemas of a table's files.

    Raises: CorruptError if the files differ.
    """
    found = {file: names_in_schema(file, column) for file in table.files}
    first = found[table.path]
    for file, names in found.items():
        if names != first:
            what = f"{file}: the class names differ from those in {table.path}"
            raise CorruptError(what, "Save both again with one list of names")
    return None if first is None else check_classes(table.path, first)


def names_in_schema(path: Path, column: str) -> list[str] | None:
    """Return the class names of a column in the schema of a file, if it states any."""
    with opened(path) as file:
        note = (file.schema_arrow.metadata or {}).get(b"huggingface", b"")[:MAX_METADATA]
    try:
        feature = json.loads(note or b"{}").get("info", {}).get("features", {}).get(column)
    except (ValueError, AttributeError, RecursionError):
        return None
    names = feature.get("names") if isinstance(feature, dict) else None
    are_texts = isinstance(names, list) and all(isinstance(it, str) for it in names)
    return names if are_texts else None


def read_split(table: Table, column: str, prefix: str) -> NamedArray:
    """Name a column that may give the split, as texts; a null is an empty one."""

    def read() -> Iterator[NDArray[Any]]:
        for _, batch in iterate_batches(table, [column]):
            values = batch.column(0).to_pylist()
            yield np.array(["" if it is None else str(it)[:MAX_TEXT] for it in values])

    return NamedArray(table.path, prefix + column, (count_rows(table),), TEXT, read, False)


def is_list_type(kind: Any) -> bool:
    """Return whether a column holds a list of numbers in each row."""
    return re.match(r"(large_|fixed_size_)?list", str(kind)) is not None


def require_lists(table: Table, column: str) -> None:
    """Check that no row lacks its list.

    Raises: CorruptError with the first row that does.
    """
    row = 0
    for path, batch in iterate_batches(table, [column]):
        absent = batch.column(0).is_null().to_numpy(False).nonzero()[0]
        if len(absent):
            what = f"{path}: row {row + int(absent[0]) + 1:,}: {column} is null"
            raise CorruptError(f"{what}; expected a list of numbers", "Remove the row")
        row += len(batch)


def has_values(table: Table, column: str) -> bool:
    """Return whether a column of numbers or texts has a value in any row."""
    batches = [batch.column(0) for _, batch in iterate_batches(table, [column])]
    is_flat = not any(is_list_type(it.type) for it in batches)
    return is_flat and any(it.null_count < len(it) for it in batches)


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
