"""Dataset records: files, splits, classes and origin."""

from dataclasses import dataclass

IMAGE_SHAPE = (28, 28)  # height, width; the same in every MNIST-like dataset


@dataclass(frozen=True)
class RawFile:
    """A published file, or a member of a published zip, with its hashes.

    The hash of the unzipped content decides, because the same data zipped again has another file
    hash. It is None if this project has not had the bytes of the file; then the published hash of
    the file decides.
    """

    name: str
    size: int  # bytes, as published
    sha256: str  # of the file as published
    content_size: int  # bytes, unzipped
    content_sha256: str | None
    member: str = ""  # the path inside, if the published file is a zip

    @property
    def identity(self) -> str:
        """The best known hash: of the content, or else of the file."""
        return self.content_sha256 or self.sha256

    @property
    def key(self) -> str:
        """A name that is unique in the dataset."""
        return f"{self.name}/{self.member}" if self.member else self.name


def images_size(count: int) -> int:
    """Return the size in bytes of an IDX file of `count` images."""
    return 16 + count * IMAGE_SHAPE[0] * IMAGE_SHAPE[1]


def labels_size(count: int) -> int:
    """Return the size in bytes of an IDX file of `count` one-byte labels."""
    return 8 + count


@dataclass(frozen=True)
class Split:
    """The image and label files of a split, and the rows that it uses."""

    images: RawFile
    labels: RawFile
    count: int  # examples in the split
    start: int = 0  # index of the first one in the files
    file_count: int | None = None  # examples in the files; None: the split is all of them

    @property
    def files(self) -> tuple[RawFile, RawFile]:
        return self.images, self.labels

    @property
    def count_in_files(self) -> int:
        return self.count if self.file_count is None else self.file_count


@dataclass(frozen=True)
class Dataset:
    """The metadata of a dataset, known before it is downloaded.

    Example:
        >>> dataset = find_dataset(find_cache(), "mnist")
        >>> dataset.splits["train"].count, dataset.classes[:3]
        (60000, ('0', '1', '2'))
    """

    name: str
    title: str
    mirrors: tuple[str, ...]  # folders, tried in order; empty for the user's datasets
    splits: dict[str, Split]
    classes: tuple[str, ...]
    source: str
    licence: str
    citation: str
    group: str = ""  # the folder of raw files, if several datasets share it
    first_label: int = 0  # the first class in the files
    is_transposed: bool = False  # the files hold columns of pixels, not rows
    label_columns: tuple[str, ...] = ()  # names, if labels are rows; 0: class

    def __repr__(self) -> str:
        sizes = ", ".join(f"{split.count:,} {name}" for name, split in self.splits.items())
        return f"Dataset {self.name}: {sizes} images, {len(self.classes)} classes"

    @property
    def folder(self) -> str:
        """The name of the folder with its raw files."""
        return self.group or self.name

    @property
    def files(self) -> tuple[RawFile, ...]:
        """The published files, in order, each once."""
        files = {file.name: file for split in self.splits.values() for file in split.files}
        return tuple(files.values())

    @property
    def parts(self) -> tuple[RawFile, ...]:
        """The files with images or labels, each once, members of a zip included."""
        parts = {file.key: file for split in self.splits.values() for file in split.files}
        return tuple(parts.values())
