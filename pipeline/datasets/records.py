"""What is written down about a data set: its files, its splits, its classes, its origin."""

from dataclasses import dataclass

IMAGE_SHAPE = (28, 28)  # height, width; the same in every MNIST-like set


@dataclass(frozen=True)
class RawFile:
    """One published file (or one inside a published zip), and what identifies it.

    The hash of the unzipped content is what counts, for the same data zipped again is still the
    same data. It is None for files whose bytes nobody of this project has held yet; then the
    published hash of the file has to do.
    """

    name: str
    size: int  # bytes, as published
    sha256: str  # of the file as published
    content_size: int  # bytes, unzipped
    content_sha256: str | None
    member: str = ""  # the file's path inside, when the published file is a zip

    @property
    def identity(self) -> str:
        """What we demand of the file, in one word: the best hash that is known."""
        return self.content_sha256 or self.sha256

    @property
    def key(self) -> str:
        """A name that no other file of the data set has."""
        return f"{self.name}/{self.member}" if self.member else self.name


def images_size(count: int) -> int:
    """Return the bytes of an IDX file of so many images."""
    return 16 + count * IMAGE_SHAPE[0] * IMAGE_SHAPE[1]


def labels_size(count: int) -> int:
    """Return the bytes of an IDX file of so many labels, a byte each."""
    return 8 + count


@dataclass(frozen=True)
class Split:
    """The two files with the training or the test examples, and which rows of them are meant."""

    images: RawFile
    labels: RawFile
    count: int  # examples in the split
    start: int = 0  # the first of them in the files
    file_count: int | None = None  # examples in the files; None: the split is all of them

    @property
    def files(self) -> tuple[RawFile, RawFile]:
        return self.images, self.labels

    @property
    def count_in_files(self) -> int:
        return self.count if self.file_count is None else self.file_count


@dataclass(frozen=True)
class Dataset:
    """All there is to know about a data set before its first byte is here.

    Example:
        >>> dataset = find_dataset(find_cache(), "mnist")
        >>> dataset.splits["train"].count, dataset.classes[:3]
        (60000, ('0', '1', '2'))
    """

    name: str
    title: str
    mirrors: tuple[str, ...]  # folders, tried in turn; none for a data set of the user's own
    splits: dict[str, Split]
    classes: tuple[str, ...]
    source: str
    licence: str
    citation: str
    group: str = ""  # the folder of raw files, where several data sets share it
    first_label: int = 0  # what the files call the first class
    is_transposed: bool = False  # the files hold columns of pixels, not rows
    label_columns: tuple[str, ...] = ()  # what each number says when labels are rows; 0: the class

    @property
    def folder(self) -> str:
        """The name of the folder of its raw files."""
        return self.group or self.name

    @property
    def files(self) -> tuple[RawFile, ...]:
        """Every published file once, in order."""
        files = {file.name: file for split in self.splits.values() for file in split.files}
        return tuple(files.values())

    @property
    def parts(self) -> tuple[RawFile, ...]:
        """Every file with images or labels once, those inside a zip each by itself."""
        parts = {file.key: file for split in self.splits.values() for file in split.files}
        return tuple(parts.values())
