"""Images to predict among arrays: those without labels, if others have some."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError
from pipeline.formats.arrays.files import files_called
from pipeline.formats.arrays.layouts import COLOURS, require_clear
from pipeline.formats.arrays.mat import MAT, mat_arrays
from pipeline.formats.arrays.mat import SUFFIX as MAT_SUFFIX
from pipeline.formats.arrays.named import NUMBER, NamedArray, in_memory
from pipeline.formats.arrays.names import understand
from pipeline.formats.arrays.npy import NPY, open_array
from pipeline.formats.arrays.npy import SUFFIX as NPY_SUFFIX
from pipeline.formats.arrays.npz import NPZ, npz_arrays
from pipeline.formats.arrays.npz import SUFFIX as NPZ_SUFFIX
from pipeline.formats.arrays.pairs import (
    SHOWN,
    Candidate,
    Pair,
    can_be_labels,
    list_candidates,
    same_split,
)
from pipeline.formats.arrays.pickles import PICKLE, pickled_arrays
from pipeline.formats.arrays.pickles import SUFFIXES as PICKLE_SUFFIXES
from pipeline.formats.arrays.read import find_ink_of, iterate_images
from pipeline.formats.arrays.tables import split_tables
from pipeline.formats.numbers import label_text
from pipeline.formats.source import Ids, Images, ReadOptions, Unlabelled
from pipeline.formats.tables.arff import ARFF, unlabelled_tables
from pipeline.formats.tables.arff import SUFFIXES as ARFF_SUFFIXES
from pipeline.formats.tables.column_names import is_id as is_called_id
from pipeline.formats.tables.parquet import PARQUET, unlabelled_columns
from pipeline.formats.tables.parquet import SUFFIX as PARQUET_SUFFIX
from pipeline.formats.tables.unlabelled import keep_unlabelled

HEIGHT, WIDTH = IMAGE_SHAPE
Lister: TypeAlias = Callable[[Sequence[Path], ReadOptions], list[NamedArray]]
READERS: dict[str, tuple[tuple[str, ...], Lister]] = {
    NPZ.name: ((NPZ_SUFFIX,), lambda files, _: npz_arrays(files)),
    NPY.name: ((NPY_SUFFIX,), lambda files, _: [open_array(it).named() for it in files]),
    MAT.name: ((MAT_SUFFIX,), lambda files, _: [it for file in files for it in mat_arrays(file)]),
    PARQUET.name: ((PARQUET_SUFFIX,), unlabelled_columns),
    ARFF.name: (ARFF_SUFFIXES, unlabelled_tables),
    PICKLE.name: (PICKLE_SUFFIXES, lambda files, _: pickled_arrays(files)),
}  # by the name of the format: the suffixes of its files, and what lists their arrays


def read_array_images(path: Path, format_name: str, options: ReadOptions) -> Unlabelled:
    """Read the images in a file of arrays, or in a folder of them.

    Raises: MissingError, StorageError, CorruptError.
    """
    suffixes, list_arrays = READERS[format_name]
    files = sorted(files_called(path, suffixes)) if path.is_dir() else [path]
    return images_of_arrays(path, list_arrays(files, options), options)


def images_of_arrays(path: Path, arrays: Sequence[NamedArray], options: ReadOptions) -> Unlabelled:
    """Choose the images without labels; all if none, or every one, has labels.

    Raises: CorruptError if there are no grey images of 28x28.
    """
    arrays = split_tables(arrays)
    images = find_images(arrays) or find_images([it for one in arrays for it in as_one_image(one)])
    if not images:
        raise refusal(path, arrays)
    others = [
        Candidate(it, understand(it.name), None)
        for it in arrays
        if all(it is not image.array for image in images)
    ]
    chosen = [it for it in images if not has_labels(it, others)] or images
    pairs = [Pair(None, it.array, it.array, it.layout) for it in chosen if it.layout]
    for it in pairs:
        require_clear(it.images.where, it.images.shape, it.layout)
    inks = [find_ink_of(it.images, options) for it in pairs]
    notes = [
        note
        for it, ink in zip(pairs, inks, strict=True)
        for note in (*ink.note(it.images.where), *it.images.late_notes())
    ]

    def read() -> Iterator[Images]:
        for pair, ink in zip(pairs, inks, strict=True):
            yield from iterate_images(pair, ink, options)

    found = Unlabelled(
        read,
        (*choice_notes(path, images, chosen), *notes),
        find_ids(chosen, others),
        is_scaled=options.highest is not None,
    )
    labels = labels_of(chosen[0], others) if len(chosen) == 1 else []
    return keep_unlabelled(path, found, read_labels(labels[0])) if len(labels) == 1 else found


def find_images(arrays: Sequence[NamedArray]) -> list[Candidate]:
    """List the arrays of grey images of 28x28; those named labels only if alone."""
    found = list_candidates(arrays)
    usual = [
        it for it in found if it.layout and it.layout.is_usual and it.layout.item.colours != COLOURS
    ]
    return [it for it in usual if it.meaning.role != "labels"] or usual


def as_one_image(array: NamedArray) -> list[NamedArray]:
    """Convert a single image to an array of one image; nothing for other arrays."""
    if array.kind != NUMBER or array.shape not in (IMAGE_SHAPE, (HEIGHT * WIDTH,)):
        return []
    return [in_memory(array.path, array.name, array.load().reshape(1, *IMAGE_SHAPE))]


def has_labels(images: Candidate, others: Sequence[Candidate]) -> bool:
    """Return whether an array can label these images, by its name and shape."""
    return bool(labels_of(images, others))


def labels_of(images: Candidate, others: Sequence[Candidate]) -> list[Candidate]:
    """List the arrays that can label these images, by their names and shapes."""
    count = images.layout.image_count if images.layout else 0
    found = [
        it
        for it in others
        if same_split(it, images)
        and can_be_labels(it, count)
        and it.meaning.role != "images"
        and not is_id(it)
    ]
    return [it for it in found if it.meaning.role == "labels"] or found


def read_labels(labels: Candidate) -> list[str]:
    """Read labels as texts, empty for NaN; none of them for rows of several numbers."""
    values = labels.array.load()
    if max(values.shape, default=0) != values.size or values.dtype.kind not in "biufSU":
        return []
    if values.dtype.kind in "SU":
        return [label_text(labels.array.where, it) for it in values.reshape(-1).tolist()]
    return ["" if np.isnan(it) else f"{it:g}" for it in values.reshape(-1).tolist()]


def is_id(candidate: Candidate) -> bool:
    """Return whether an array is named like ids."""
    name = candidate.array.name.rpartition("/")[2].lower()
    return bool(name) and not name.isdigit() and is_called_id(name)


def find_ids(chosen: Sequence[Candidate], others: Sequence[Candidate]) -> Ids | None:
    """Find the ids of the images of one array: texts or whole numbers, each once."""
    if len(chosen) != 1 or chosen[0].layout is None:
        return None
    count = chosen[0].layout.image_count
    for it in filter(is_id, others):
        if int(np.prod(it.array.shape)) == count:
            values = [str(value).strip() for value in it.array.load().reshape(-1).tolist()]
            if len(set(values)) == count:
                return Ids(it.array.name, values)
    return None


def choice_notes(
    path: Path, images: Sequence[Candidate], chosen: Sequence[Candidate]
) -> tuple[str, ...]:
    """Return a note on the arrays to predict, if there are several."""
    if len(images) == 1:
        return ()
    named = ", then ".join(str(it.array) for it in chosen)
    unused = ", ".join(str(it.array) for it in images if it not in chosen)
    end = f"; not {unused}, because of its labels" if unused else ""
    return (f"{path}: several arrays of images; predicted: {named}{end}",)


def refusal(path: Path, arrays: Sequence[NamedArray]) -> CorruptError:
    """Build the error for arrays without images to predict."""
    listed = ", ".join(map(str, arrays[:SHOWN])) or "no arrays"
    more = f" and {len(arrays) - SHOWN} more" if len(arrays) > SHOWN else ""
    return CorruptError(
        f"{path}: no grey images of {HEIGHT}x{WIDTH} among its arrays: {listed}{more}",
        f"Expected numbers of shape (N, {HEIGHT}, {WIDTH}) or (N, {HEIGHT * WIDTH})",
    )
