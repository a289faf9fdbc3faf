"""Arrays with names: the common form in which images and labels are found."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorruptError, excerpt
from pipeline.formats.arrays.layouts import MAX_CLASSES, Layout, is_one_image
from pipeline.formats.arrays.names import has_no_name
from pipeline.formats.numbers import SAVEZ
from pipeline.formats.source import CHUNK
from pipeline.pickles.foreign_formats import kinds_of_leaves

PAD = "Bring all images to one size, such as 28x28"
MAX_PLACES = 16  # items of a list that are arrays each
MAX_LEVELS = 6  # in which arrays may be nested
MAX_TEXT = 1000  # letters of a label
NUMBER, TEXT, OBJECT = "number", "text", "object"
KINDS = {**dict.fromkeys("biuf", NUMBER), **dict.fromkeys("SU", TEXT), "O": OBJECT}


@dataclass(frozen=True)
class NamedArray:
    """An array with its name, its metadata, and a function that reads its rows."""

    path: Path  # of its file
    name: str  # with "/" between the levels that it is nested in
    shape: tuple[int, ...]
    kind: str
    read: Callable[[], Iterator[NDArray[Any]]]  # along the first axis, some rows at a time
    is_in_memory: bool = True
    are_pictures: bool = False  # decoded from files, on the scale from 0 to 255
    are_rows: bool = False  # of a table, or a list of arrays: the first axis counts them
    class_names: tuple[str, ...] | None = None  # of its file; labels are places among them
    late_notes: Callable[[], tuple[str, ...]] = tuple  # known when all rows have been read

    @property
    def where(self) -> str:
        return str(self.path) if has_no_name(self.name) else f"{self.path}: {excerpt(self.name)}"

    @property
    def levels(self) -> list[str]:
        """The names of the levels around it."""
        return self.name.split("/")[:-1]

    def load(self) -> NDArray[Any]:
        """Read the whole array."""
        chunks = list(self.read())
        if len(chunks) == 1:
            return chunks[0]
        return np.concatenate(chunks) if chunks else np.empty(self.shape, np.uint8)

    def __str__(self) -> str:
        shape = "x".join(map(str, self.shape))
        name = excerpt(self.name)
        return f"{shape} without a name" if has_no_name(self.name) else f"{name} {shape}"


def iterate_rows(array: NamedArray, layout: Layout) -> Iterator[NDArray[Any]]:
    """Yield images a few at a time, along the axis that counts them."""
    if layout.axis == 0:
        yield from array.read()
        return
    whole = np.moveaxis(array.load(), layout.axis, 0)
    for start in range(0, len(whole), CHUNK):
        yield whole[start : start + CHUNK]


def in_memory(path: Path, name: str, array: NDArray[Any]) -> NamedArray:
    """Name an array that is in memory."""

    def read() -> Iterator[NDArray[Any]]:
        for start in range(0, len(array), CHUNK):
            yield array[start : start + CHUNK]

    return NamedArray(path, name, array.shape, KINDS.get(array.dtype.kind, OBJECT), read)


def collect_arrays(path: Path, value: Any, name: str = "") -> list[NamedArray]:
    """Find the arrays in nested dictionaries, lists and tuples.

    Lists of numbers are arrays, too. A list of (image, label), or of dictionaries with the same
    keys, is read as columns.
    """
    if name.count("/") >= MAX_LEVELS:
        return []
    if isinstance(value, np.ndarray):
        return [in_memory(path, name, value)] if value.ndim else []
    if isinstance(value, dict):
        rows = find_columns(list(value.values())) if len(value) > MAX_PLACES else None
        children = rows or {as_text(key): child for key, child in value.items()}
        if rows is None and len(children) < len(value):
            what = f"{path}: {excerpt(name) or 'a dictionary'} has the same key twice as text"
            raise CorruptError(what, SAVEZ)
    elif isinstance(value, list | tuple) and value:
        if (columns := find_columns(value)) is not None:
            children = columns
        elif (shape := list_shape(value)) is not None:
            return [from_list(path, name, value, shape)]
        elif len(value) <= MAX_PLACES:
            children = {str(place): child for place, child in enumerate(value)}
        else:
            raise shapes_error(f"{path}: {excerpt(name) or 'a list'}", value)
    else:
        return []
    below = [(f"{name}/{key}" if name else key, child) for key, child in children.items()]
    return list(itertools.chain(*(collect_arrays(path, child, key) for key, child in below)))


def shapes_error(where: str, items: Sequence[Any]) -> CorruptError:
    """Build the error for a list whose items are no array together."""
    if (missing := [place for place, it in enumerate(items, 1) if it is None]) and len(
        missing
    ) < len(items):
        what = f"{where}: {len(missing):,} of {len(items):,} items are None"
        return CorruptError(f"{what}; item {missing[0]:,} is the first", "Remove or replace them")
    what = f"{where}: its items have different shapes"
    return CorruptError(what, f"{PAD}. {SAVEZ}")


def as_text(key: str | bytes | int) -> str:
    """Return the key of a dictionary as text; it may be bytes or a number."""
    return key.decode("utf-8", "replace") if isinstance(key, bytes) else str(key)


def find_columns(items: Sequence[Any]) -> dict[str, list[Any]] | None:
    """Split a list of pairs or of dictionaries into columns; else return None."""
    first = items[0]
    if isinstance(first, dict):
        keys = list(first)
        if not all(isinstance(it, dict) and list(it) == keys for it in items):
            return None
        return {as_text(key): [it[key] for it in items] for key in keys}
    if not isinstance(first, list | tuple) or not 2 <= len(first) <= 4:
        return None
    shapes = [shape_of(part) for part in first]
    sizes = [-1 if shape is None else int(np.prod(shape)) for shape in shapes]
    images = [place for place, shape in enumerate(shapes) if shape and is_one_image(shape)]
    if len(images) != 1 or sum(0 <= size <= MAX_CLASSES for size in sizes) != len(first) - 1:
        return None
    if not all(isinstance(it, list | tuple) and len(it) == len(first) for it in items):
        return None
    return {str(place): [it[place] for it in items] for place in range(len(first))}


def list_shape(items: Sequence[Any]) -> tuple[int, ...] | None:
    """Return the shape of a list whose items have one shape; None for any other."""
    shapes = set(map(shape_of, items))
    shape = shapes.pop()
    return None if shapes or shape is None else (len(items), *shape)


def shape_of(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array, a number, or nested lists by their ends."""
    sides: list[int] = []
    while isinstance(value, list | tuple) and value and len(sides) < MAX_LEVELS:
        if len(value) > 1 and own_shape(value[0]) != own_shape(value[-1]):
            return None
        sides.append(len(value))
        value = value[0]
    shape = own_shape(value)
    return None if shape is None or isinstance(value, list | tuple) else (*sides, *shape)


def own_shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array or number, or the length of a list; else None."""
    if isinstance(value, np.ndarray):
        return tuple(value.shape)
    if isinstance(value, list | tuple):
        return (len(value),)
    return () if isinstance(value, int | float | str | bytes | np.generic) else None


def from_list(path: Path, name: str, items: Sequence[Any], shape: tuple[int, ...]) -> NamedArray:
    """Name nested lists of numbers or texts, or a list of arrays, as an array."""
    where = f"{path}: {excerpt(name)}" if name else str(path)

    def read() -> Iterator[NDArray[Any]]:
        for start in range(0, len(items), CHUNK):
            yield convert_list(where, items[start : start + CHUNK], shape)

    are_rows = isinstance(items[0], np.ndarray)  # nested lists may be an array of any layout
    return NamedArray(path, name, shape, kind_of_list(items), read, are_rows=are_rows)


def kind_of_list(items: Sequence[Any]) -> str:
    """Return the kind of values in nested lists, judged by the first one."""
    leaf: Any = items
    while isinstance(leaf, list | tuple):
        leaf = leaf[0]
    return TEXT if isinstance(leaf, str | bytes) else NUMBER


def convert_list(where: str, items: Sequence[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Convert some items of a list to an array.

    Raises: CorruptError if they have several kinds, or other shapes than the first.
    """
    kinds = kinds_of_leaves(items)
    are_texts = all(issubclass(kind, str | bytes) for kind in kinds)
    are_numbers = all(
        issubclass(kind, int | float | np.ndarray | np.number | np.bool) for kind in kinds
    )
    if not are_texts and not are_numbers:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        what = f"{where}: it holds {names}; expected only numbers or only texts"
        raise CorruptError(what, SAVEZ)
    if are_texts and any(len(item) > MAX_TEXT for item in items):
        raise CorruptError(f"{where}: a text has more than {MAX_TEXT:,} letters", SAVEZ)
    try:
        array = np.array(items)
    except (ValueError, OverflowError) as error:
        raise CorruptError(f"{where}: its lists have different lengths", PAD) from error
    if array.shape[1:] != shape[1:]:
        raise CorruptError(
            f"{where}: items of shape {array.shape[1:]}; expected {shape[1:]} like the first",
            PAD,
        )
    return array
