"""Import of your images into the cache as a dataset like the others.

All files, pickles included, are built in a temporary folder next to the raw files, then moved
into place; an interruption leaves the previous state.
"""

import contextlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from pipeline.build import BuiltPickle, build_pickles
from pipeline.datasets.records import IMAGE_SHAPE, Dataset, RawFile, Split
from pipeline.datasets.registry import DATASETS
from pipeline.datasets.user_datasets import check_dataset_name, publish_record
from pipeline.errors import CorruptError, ProjectError, UsageError
from pipeline.formats.class_rules import (
    check_trained_classes,
    notes_on_classes,
    require_labels,
    require_whole_numbers,
    unite_classes,
)
from pipeline.formats.folders.litter import SHOWN
from pipeline.formats.idx_files import UNSIGNED_BYTE, idx_chunks
from pipeline.formats.open_source import Opened, open_source
from pipeline.formats.pixels import PixelChange, PixelSurvey
from pipeline.formats.published import set_upright
from pipeline.formats.source import Images, Part, ReadOptions, Source
from pipeline.formats.split import require_share, split_dataset
from pipeline.progress import SILENT, ProgressReporter
from pipeline.storage.arguments import check_fields, checked
from pipeline.storage.cache import (
    STALE_SECONDS,
    Cache,
    publish,
    replace_folder,
    storage_error,
    sync_folder,
)
from pipeline.storage.levels import is_doubtful, is_on_faint_ink, require_highest
from pipeline.storage.locks import work_lock


@dataclass(frozen=True)
class ImportOptions:
    """Options of an import.

    Example:
        >>> ImportOptions(invert=True, test_share=0.1).invert
        True
    """

    test_share: float | None = None  # None: TEST_SHARE, where the source has no test images
    seed: int = 0
    title: str = ""
    licence: str = ""
    resize: bool = False
    grey: bool = False  # images in colour become grey levels
    invert: bool = False  # dark ink on light paper becomes light on dark
    force: bool = False
    highest: float | None = None  # which pixel is full ink; None: 255
    transpose: bool | None = None  # rows and columns are exchanged; None: where that is known
    label_column: str | None = None  # "first", "last" or a name; None: it is detected
    skip_damaged: bool = False  # image files that cannot be read are left out
    split_column: str | None = None  # the name of one, or "none"; None: it is detected


AS_THEY_ARE = ImportOptions()


@dataclass(frozen=True)
class Imported:
    """A dataset that is now in the cache."""

    dataset: Dataset
    format_name: str
    notes: list[str]
    built: list[BuiltPickle] = field(repr=False)


@checked
def import_dataset(
    cache: Cache,
    path: Path | str,
    name: str,
    options: ImportOptions = AS_THEY_ARE,
    reporter: ProgressReporter = SILENT,
) -> Imported:
    """Import images and labels under a name of your choice, and build their pickles.

    Raises: UsageError, MissingError, CorruptError, StorageError.

    Example:
        >>> sample = load_dataset("mnist-sample")
        >>> train, test = sample.train, sample.test
        >>> np.savez(
        ...     "mine.npz",
        ...     x_train=train.images, y_train=train.labels, x_test=test.images, y_test=test.labels,
        ... )
        >>> imported = import_dataset(find_cache(), Path("mine.npz"), "mine")
        >>> imported.format_name, imported.dataset.splits["train"].count
        ('npz', 1000)
    """
    check_name(name)
    path = Path(path)
    require_share(options.test_share)
    check_fields(options)
    require_highest(options.highest)
    with work_lock(cache, f"import-{name}", reporter):
        check_place(cache, name, options.force)
        reading = ReadOptions(
            *(options.resize, options.grey, reporter),
            *(options.label_column, options.skip_damaged, options.split_column),
            highest=options.highest,
        )
        with (
            staging(cache, name) as stage,
            open_source(path, reading, stage.root / "unpacked") as opened,
        ):
            source = settle_source(opened, options)
            parts, notes = split_dataset(path, source, options.test_share, options.seed)
            notes = [*source.notes, *notes, *notes_on_classes(source.classes, parts)]
            change = PixelChange(options.invert, options.highest, source.is_scaled)
            survey = PixelSurvey(str(path), change)
            splits = write_splits(stage.raw(name), parts, survey, reporter)
            notes += order_notes(source.late_notes(), survey.notes())
            notes = list(map(opened.rename, notes))
            dataset = Dataset(
                name=name,
                title=options.title or name,
                mirrors=(),
                splits=splits,
                classes=source.classes,
                source=str(path.absolute()),
                licence=options.licence or "not stated",
                citation="",
            )
            publish_record(stage, dataset)
            build_pickles(stage, dataset, reporter=reporter)
            put_in_place(stage, cache, dataset)
        built = build_pickles(cache, dataset, reporter=reporter)  # they exist: it checks them
    built = [replace(item, was_intact=False) for item in built]
    return Imported(dataset, opened.format.name, notes, built)


def order_notes(of_scale: Iterable[str], of_survey: list[str]) -> list[str]:
    """Return notes on the scale and on the pixels, the most serious last.

    A note on faint ink is in the numbers of the files, if those are known, or else in bytes.
    """
    is_faint = any(map(is_on_faint_ink, of_survey))
    scale = [it for it in of_scale if is_faint or not is_on_faint_ink(it)]
    if any(map(is_on_faint_ink, scale)):
        of_survey = [it for it in of_survey if not is_on_faint_ink(it)]
    certain = [it for it in scale if not is_doubtful(it)]
    return [*certain, *of_survey, *filter(is_doubtful, scale)]


def settle_source(opened: Opened, options: ImportOptions) -> Source:
    """Apply the rules for all formats to a source.

    Raises: CorruptError.
    """
    source = unite_classes(opened.path, opened.source)
    require_labels(opened.path, source)
    require_whole_numbers(opened.path, source)
    source = set_upright(opened.path, opened.format, source, options.transpose)
    check_trained_classes(opened.path, source)
    return source


class Description(NamedTuple):
    """What an import finds in a source."""

    format_name: str
    content: str  # in short
    refusal: ProjectError | None  # by the rules for all formats; None if an import accepts it


def describe_source(path: Path, workspace: Path) -> Description:
    """Read a source completely, as an import does.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    refusal = None
    with open_source(path, ReadOptions(), workspace) as opened:
        source = opened.source
        for part in source.parts:
            for _ in part.all_images():
                pass
        try:
            source = settle_source(opened, AS_THEY_ARE)
            split_dataset(path, source, share=None, seed=0)
        except (CorruptError, UsageError) as error:
            refusal = error
            error.message, error.hint = opened.rename(error.message), opened.rename(error.hint)
    counts = ", ".join(f"{len(it.labels):,} {it.split or ''} images" for it in source.parts)
    names = ", ".join(source.classes[:SHOWN]) + ", ..." * (len(source.classes) > SHOWN)
    content = f"{counts.replace('  ', ' ')} of {len(source.classes)} classes: {names}"
    return Description(opened.format.name, content, refusal)


def check_name(name: str) -> None:
    """Check that a name is not the name of a public dataset.

    Raises: UsageError.
    """
    check_dataset_name(name)
    if name in {*DATASETS, *(dataset.folder for dataset in DATASETS.values())}:
        raise UsageError(f"{name} is the name of a public dataset", "Choose another name")


def check_place(cache: Cache, name: str, force: bool) -> None:
    """Check that a place is free, or with force that it holds one of your datasets.

    Raises: UsageError.
    """
    folder, manifest = cache.raw(name), cache.manifest(name)
    if cache.record(name).exists():
        if not force:
            what = f"your dataset {name} already exists"
            raise UsageError(what, "Choose another name, or replace it with --force")
        others = [it.name for it in folder.iterdir() if not is_ours(it)]
        if others:
            what = f'{folder} holds "{others[0]}", which is not from an import'
            raise UsageError(what, "Move it away, or choose another name")
    elif os.path.lexists(folder):
        what = f"{folder} exists, but is not one of your datasets"
        raise UsageError(what, "Move it away, or choose another name")
    elif not force and not manifest.exists():
        for pickle in manifest.parent.glob(f"{name}_*.pickle"):
            raise UsageError(
                f"{pickle} has no manifest, so it may be one of your files",
                "Move it away, or replace it with --force",
            )


def is_ours(path: Path) -> bool:
    """Return whether a file has a name that an import gives to its files."""
    return path.name == "dataset.json" or path.name.endswith(("-ubyte", ".part"))


@contextlib.contextmanager
def staging(cache: Cache, name: str) -> Iterator[Cache]:
    """Create a temporary cache next to the raw files, and remove it at the end."""
    remove_stale_stages(cache, name)
    folder = cache.raw(f".{name}.{secrets.token_hex(8)}.part")
    try:
        yield Cache(folder, "an import")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_stale_stages(cache: Cache, name: str) -> None:
    """Remove the remains of killed imports of this name, but not of running ones."""
    for folder in cache.root.glob(f"raw/.{name}.{'?' * 16}.part"):
        with contextlib.suppress(OSError):
            if time.time() - folder.lstat().st_mtime > STALE_SECONDS:
                shutil.rmtree(folder)


def write_splits(
    folder: Path, parts: Sequence[Part], survey: PixelSurvey, reporter: ProgressReporter
) -> dict[str, Split]:
    """Write the IDX files of every part, and check its pixels.

    Returns: the splits for the dataset's record.

    Raises: StorageError, CorruptError.
    """

    def pixels(part: Part, advance: Callable[[int], None]) -> Iterator[Images]:
        for images in survey.changed(str(part.split), part.all_images()):
            yield images
            advance(len(images))

    splits = {}
    with reporter.progress("importing", sum(len(it.labels) for it in parts), "images") as advance:
        for part in parts:
            n, start = len(part.labels), "t10k" if part.split == "test" else part.split
            chunks = idx_chunks(UNSIGNED_BYTE, (n, *IMAGE_SHAPE), pixels(part, advance))
            images = write_raw(folder / f"{start}-images-idx3-ubyte", chunks)
            chunks = idx_chunks(UNSIGNED_BYTE, (n,), [part.labels])
            labels = write_raw(folder / f"{start}-labels-idx1-ubyte", chunks)
            splits[str(part.split)] = Split(images, labels, n)
    return splits


def write_raw(path: Path, chunks: Iterator[bytes]) -> RawFile:
    """Publish a plain file and describe it."""
    size, sha256 = publish(path, chunks)
    return RawFile(path.name, size, sha256, size, sha256)


def put_in_place(stage: Cache, cache: Cache, dataset: Dataset) -> None:
    """Move a finished dataset into place; the previous one goes away with the stage.

    The raw files and their record are moved in one step.

    Raises: StorageError, after it has restored the previous state.
    """
    folder, old = cache.raw(dataset.name), stage.root / "old"
    try:
        replace_folder(stage.raw(dataset.name), folder, old)
    except OSError as error:
        raise storage_error(f"cannot write {folder}", error) from error
    pickles = [
        (stage.pickle(dataset.name, it), cache.pickle(dataset.name, it)) for it in dataset.splits
    ]
    manifests = stage.manifest(dataset.name), cache.manifest(dataset.name)
    with contextlib.suppress(OSError):  # another disk, perhaps
        manifests[1].parent.mkdir(parents=True, exist_ok=True)
        for made, place in (*pickles, manifests):
            made.replace(place)
        sync_folder(manifests[1].parent)
