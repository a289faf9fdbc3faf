"""Output files that the user names: the rule for replacing existing files.

An output never replaces an input or another output. It replaces a file that this project wrote,
which is marked in its first bytes. Any other file may be the only copy of a person's work: only
`--force` replaces it.
"""

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import StorageError, UsageError
from pipeline.storage.cache import (
    DISTRIBUTION,
    absolute,
    reading,
    require_regular_file,
    require_replaceable,
)

MARK = DISTRIBUTION.encode()
START_BYTES = 4096  # at the beginning of a file, which contain its mark
GENERATOR = rb'<meta name="generator" content="' + MARK + rb'">'


@dataclass(frozen=True)
class OutputKind:
    """A kind of output file, and the beginning of one from this project."""

    what: str  # with its article
    beginning: bytes  # a regular expression
    endings: tuple[str, ...]  # of its name, in lower case

    def is_written(self, start: bytes) -> bool:
        """Return whether this is the start of an empty file or one of this project."""
        return not start or re.match(self.beginning, start, re.DOTALL) is not None


PNG = OutputKind("a picture", rb"\x89PNG\r\n\x1a\n.*tEXtSoftware\0" + MARK, (".png",))
SVG = OutputKind("a drawing", rb"<\?xml.*<dc:title>" + MARK + rb"</dc:title>", (".svg",))
HTML = OutputKind("a page", rb"<!doctype html>.*" + GENERATOR, (".html", ".htm"))
ONNX = OutputKind("an ONNX file", rb"..\x12\x10" + MARK, (".onnx",))
SAFETENSORS = OutputKind(
    "a file of weights", rb'.{8}{"__metadata__":{"model":"{\\"run\\":', (".safetensors",)
)
PREDICTIONS = OutputKind(  # version 0.3.0 and earlier wrote the first four columns
    "a file of predictions",
    rb"image,label,(score,error|probability,score,error,left,top,width,height)\r?\n",
    (".csv",),
)
SUBMISSION = OutputKind("a submission", rb"[^\n,]+,Label\r?\n", (".csv",))


@dataclass(frozen=True)
class Output:
    """A file to be written: the option that names it, its path and its kind."""

    option: str
    path: Path
    kind: OutputKind


def require_outputs(
    outputs: Sequence[Output],
    inputs: Iterable[Path] = (),
    force: bool = False,
    by_force: str = "--force",
) -> None:
    """Require that outputs may be written; `by_force` is the option to force it.

    Raises: UsageError for an input, for the same path twice, for another ending of its name, and
    without force for a file that this project did not write; StorageError for a folder or a device.
    """
    read = list(inputs)
    for number, output in enumerate(outputs):
        option, path = output.option, output.path
        if any(is_same_file(path, it) for it in read):
            raise UsageError(f"{option} is {path}, which is an input; expected another file")
        for other in outputs[:number]:
            if is_same_file(path, other.path):
                raise UsageError(
                    f"{option} is {path}, and so is {other.option}; expected a file for each"
                )
    for output in outputs:
        option, path = output.option, output.path
        require_replaceable(path)
        if path.suffix.lower() not in output.kind.endings:
            ending = output.kind.endings[0]
            name = path.with_suffix(ending).name
            raise UsageError(f"{option} {path} does not end in {ending}", f"Name it {name}")
        if not force and path.exists() and not output.kind.is_written(read_start(path)):
            raise UsageError(
                f"{option} is {path}, which exists and is not {output.kind.what} of this project",
                f"Choose another name, or replace it with {by_force}",
            )


@contextlib.contextmanager
def chosen_by(option: str) -> Iterator[None]:
    """Name the option that chooses a file in the hint of an error about writing it.

    Such a file may have a default place. The storage of files suggests another cache folder.
    """
    try:
        yield
    except StorageError as error:
        error.hint = error.hint.replace("folder with --cache-dir", f"place with {option}")
        raise


def is_same_file(one: Path, other: Path) -> bool:
    """Return whether two paths are the same file, which may not exist yet."""
    with contextlib.suppress(OSError):
        return one.samefile(other)
    places = (os.path.realpath(absolute(it, "a path")) for it in (one, other))
    return len(set(places)) == 1


def read_start(path: Path) -> bytes:
    """Read the beginning of a file.

    Raises: StorageError.
    """
    require_regular_file(path)
    with reading(path), path.open("rb") as file:
        return file.read(START_BYTES)
