"""Files whose arrays belong together: of a folder, or next to one file."""

from collections.abc import Callable
from pathlib import Path

from pipeline.errors import CorruptError
from pipeline.formats.streams import split_files, visible_files

MAX_FILES = 64  # a dataset has four, or eight


def files_together(
    path: Path, suffixes: tuple[str, ...], is_partial: Callable[[Path], bool]
) -> list[Path]:
    """List the files with these suffixes that a path refers to, by name.

    A file needs only the files of the other splits, unless `is_partial` finds it incomplete:
    then all files next to it count.

    Raises: CorruptError.
    """
    if path.is_dir():
        files = files_called(path, suffixes)
    elif is_partial(path):
        files = list({path, *files_called(path.parent, suffixes)})
    else:
        files = list(split_files(path, suffixes).values())
    if len(files) > MAX_FILES:
        raise CorruptError(
            f"{path}: {len(files):,} files of arrays; expected {MAX_FILES} at most", "Name one"
        )
    return sorted(files)


def files_called(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """List the visible files of a folder with one of these suffixes."""
    return [it for it in visible_files(folder) if it.name.lower().endswith(suffixes)]
