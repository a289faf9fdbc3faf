"""The history of a run: one line per epoch in history.jsonl, each with a checksum.

The checkpoint has the hash of the history without the seconds, which differ between equal runs. A
history without checksums is of an earlier version, whose checkpoint has no hash of it either.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, get_type_hints

from network.runs.checkpoints import RESTORE
from network.training.checks import fits_type
from network.training.state import EpochDone
from pipeline.errors import CorruptError, describe_cause
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import read_whole
from pipeline.storage.checksummed_json import CHECKSUM_KEY

MAX_BYTES = 1 << 26  # of a file; an epoch has some 300
MAX_KEPT_LINES = 1 << 14  # a history is rewritten after every epoch, with the same lines


def pack_history(history: Sequence[EpochDone]) -> bytes:
    """Return a history as the bytes of its file."""
    return b"".join(map(pack_epoch, history))


@lru_cache(MAX_KEPT_LINES)
def pack_epoch(epoch: EpochDone) -> bytes:
    """Return the line of an epoch; the last entry is the checksum of the other ones."""
    told = epoch._asdict()
    sha256 = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    return json.dumps({**told, CHECKSUM_KEY: sha256}).encode() + b"\n"


def hash_history(history: Sequence[EpochDone]) -> str:
    """Hash a history without its seconds."""
    return hashlib.sha256(b"".join(map(pack_without_seconds, history))).hexdigest()


@lru_cache(MAX_KEPT_LINES)
def pack_without_seconds(epoch: EpochDone) -> bytes:
    """Return the results of an epoch that are the same when it is trained again."""
    return json.dumps(epoch._replace(seconds=0.0)).encode() + b"\n"


def load_history(path: Path, expected: str | None = None, epochs: int = 0) -> list[EpochDone]:
    """Load a history of at least `epochs` epochs, and check it against its expected hash.

    Raises: MissingError, StorageError if it is not a file, CorruptError.
    """
    history, is_sealed = parse_history(read_whole(path, MAX_BYTES), path)
    if len(history) < epochs:
        what = f"{path} has {len(history)} epochs; the checkpoint has {epochs}"
        raise CorruptError(what, RESTORE)
    if expected is not None and (
        (epochs and not is_sealed) or (found := hash_history(history[:epochs])) != expected
    ):
        what = (
            f"its sha256 is {found}" if is_sealed or not epochs else "its lines have no checksums"
        )
        what = f"{what}; expected {expected}, as in the checkpoint"
        raise CorruptError(f"{path} was changed: {what}", RESTORE)
    return history


def parse_history(data: bytes, path: Path) -> tuple[list[EpochDone], bool]:
    """Return the epochs of a history, and whether their lines have checksums.

    Raises: CorruptError.
    """
    history, sealed = [], set()
    for number, line in enumerate(data.splitlines(keepends=True), 1):
        try:
            told = json.loads(line)
            sealed.add(has_seal := CHECKSUM_KEY in told)
            stated = told.pop(CHECKSUM_KEY, None)
            history.append(epoch := build_epoch(told))
            if epoch.epoch != number:
                raise ValueError(f"epoch is {epoch.epoch}; expected {number}")
            if has_seal and pack_epoch(epoch) != line:
                raise ValueError(f"it was changed: its checksum is {stated}")
        except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            what = f"{path}: line {number} is damaged ({describe_cause(error)})"
            raise CorruptError(what, RESTORE) from error
    if len(sealed) > 1:
        what = f"{path} was changed: some lines have a checksum and some do not"
        raise CorruptError(what, RESTORE)
    return history, True in sealed


def build_epoch(told: dict[str, Any]) -> EpochDone:
    """Build an epoch from plain data.

    Raises: TypeError, ValueError, OverflowError.
    """
    epoch = EpochDone(**told)
    for name, hint in get_type_hints(EpochDone).items():
        value = told[name]
        if not fits_type(value, hint) or not (value is None or math.isfinite(value)):
            raise TypeError(f"{name} is {show_value(value)}")
    if min(epoch.epoch, epoch.step) < 1 or epoch.seconds < 0:
        raise ValueError(f"epoch {epoch.epoch}, step {epoch.step}, {epoch.seconds} s")
    if not 0 <= (epoch.validation_accuracy or 0) <= 1:
        raise ValueError(f"validation_accuracy is {epoch.validation_accuracy}")
    return epoch
