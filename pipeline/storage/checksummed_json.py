"""JSON files with a checksum that covers every byte."""

import hashlib
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pipeline.errors import COPY_AGAIN, CorruptError, describe_cause, excerpt
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import Digest, publish, reading, require_regular_file

CHECKSUM_KEY = "sha256"  # the key of the hash; it comes last
MAX_BYTES = 1 << 20  # files of this project have a few thousand


def publish_json(path: Path, value: dict[str, Any], make_folder: bool = True) -> Digest:
    """Publish plain data as readable JSON with its checksum."""
    return publish(path, [checksummed_bytes(value)], make_folder=make_folder)


def read_json(
    path: Path, hint: str = "", newest: int | None = None, unsealed: Collection[str] = ()
) -> dict[str, Any]:
    """Read plain data, and require that the file is unchanged since publication.

    Files of the first version have no checksum, and exactly the keys of `unsealed`. `newest` is
    the latest format that this version reads.

    Raises: MissingError, CorruptError, both with the hint.
    """
    size = require_regular_file(path, hint=hint)
    with reading(path, hint):
        content = path.read_bytes() if size <= MAX_BYTES else b""
    if size > MAX_BYTES:
        raise CorruptError(
            f"{path}: {size:,} bytes; expected {MAX_BYTES:,} at most", hint or COPY_AGAIN
        )
    try:
        value = json.loads(content)
        if not isinstance(value, dict):
            raise TypeError(f"it is {show_value(value)}; expected an object")
    except (ValueError, TypeError, RecursionError) as error:
        what = f"{path}: not a JSON object ({describe_cause(error)})"
        raise CorruptError(what, hint or COPY_AGAIN) from error
    if newest is not None and "format" in value:
        check_format(path, value["format"], newest, hint)
    if unsealed and value.keys() == set(unsealed):
        return value
    seal = value.pop(CHECKSUM_KEY, None)
    if content != checksummed_bytes(value):
        stated = "missing" if seal is None else excerpt(str(seal))
        found = f"sha256 is {compute_checksum(value)}, its checksum is {stated}: it was changed"
        if seal == compute_checksum(value):
            found = "it was written again, with other blanks or line ends"
        raise CorruptError(f"{path}: {found}", hint or COPY_AGAIN)
    return value


def check_format(path: Path, found: Any, newest: int, hint: str) -> None:
    """Require a format that this version reads.

    Raises: CorruptError.
    """
    if type(found) is not int or found < 1:
        raise CorruptError(
            f"{path}: format is {show_value(found)}; expected 1 to {newest}", hint or COPY_AGAIN
        )
    if found > newest:
        raise CorruptError(
            f"{path}: format {found}; this version reads {newest}",
            f"Update the project{f', or start over: {hint}' if hint else ''}",
        )


def checksummed_bytes(value: dict[str, Any]) -> bytes:
    """Return plain data as JSON bytes, with the checksum as the last entry."""
    return json.dumps({**value, CHECKSUM_KEY: compute_checksum(value)}, indent=2).encode() + b"\n"


def compute_checksum(value: dict[str, Any]) -> str:
    """Return the hash of plain data as written without a checksum."""
    return hashlib.sha256(json.dumps(value, indent=2).encode()).hexdigest()
