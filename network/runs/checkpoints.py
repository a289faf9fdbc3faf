"""Save and restore a model in one file, without pickle.

A checkpoint is a `.npz` file: a plain zip of `.npy` arrays, which NumPy opens as it is.

    params/<layer>/<name>             the parameters
    optimizer/<memory>/<layer>/<name> the optimizer's state
    meta                              JSON as bytes: format, layers, configuration, position,
                                      environment, and the hash of all other arrays

The zip's comment is its checksum: the SHA-256 of every byte before it. So every change of the file
is noticed, even in bytes that NumPy does not read.

Source: APPNOTE.TXT of PKWARE, section 4.3.16 (end of central directory record, which ends with
the length of the comment and the comment).
"""

import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from network.core.model import Model
from network.core.optimizers import State
from network.core.params import Array, Params, named_arrays
from network.layers.text import build_layer, describe_layer
from network.layers.whole_model import require_shapes
from network.runs.checkpoint_meta import check_meta_types
from network.runs.start_command import start_command
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError, MissingError, UsageError, describe_cause, excerpt
from pipeline.storage.cache import Digest, publish, read_whole, reading, require_regular_file
from pipeline.storage.content import describe_start
from pipeline.storage.npy import read_npy_header

HISTORY_HASH = "history_sha256"  # of the content of a run's history; since version 0.4
CONFIG_HASH = "config_sha256"  # of the file config.json of a run; since version 0.4
FORMAT = 2  # 1: without the checksum
CHECKSUM_BYTES = 64  # hexadecimal digits of a SHA-256
START_OF_ZIP, END_OF_ZIP = b"PK\3\4", b"PK\5\6"
END_BYTES = 22  # of a zip without a comment, which begin with `END_OF_ZIP`
MAX_BYTES = 1 << 32
RESTORE = "Copy the run again from where it is intact, or train it again"
LARGE_BYTES = 1 << 28  # a checkpoint of the default network has 0.3 million


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model with its parameters and the state of its training."""

    model: Model
    params: Params
    state: State = field(default_factory=dict)  # of the optimizer
    meta: dict[str, Any] = field(default_factory=dict)  # configuration, epoch, step, ...
    file_hash: str = field(default="", compare=False)  # of the file that it was read from


def save_checkpoint(
    path: Path,
    checkpoint: Checkpoint,
    check: Callable[[Path, Digest], None] | None = None,
    make_folder: bool = True,
) -> str:
    """Save a checkpoint atomically; the same content gives the same bytes.

    Returns: the hash of its file; `check` is called before that takes its place.
    """
    data = pack_checkpoint(checkpoint)
    publish(path, [data], check, make_folder)
    return extract_file_hash(data)


def load_checkpoint(path: Path) -> Checkpoint:
    """Load a checkpoint and check it against its checksum.

    Raises: MissingError, CorruptError.
    """
    require_zip_ends(path)
    return unpack_checkpoint(read_whole(path, MAX_BYTES), str(path))


def require_zip_ends(path: Path) -> None:
    """Check that a large file begins and ends as a zip does, before all of it is read.

    Raises: MissingError, StorageError, CorruptError.
    """
    size = require_regular_file(path, MAX_BYTES)
    if size < LARGE_BYTES:
        return
    with reading(path), path.open("rb") as file:
        start = file.read(len(START_OF_ZIP))
        file.seek(size - END_BYTES - CHECKSUM_BYTES)
        end = file.read()
    if start != START_OF_ZIP or END_OF_ZIP not in end:
        what = f"{path} is not a readable checkpoint (it is cut off, or not a ZIP file)"
        raise CorruptError(what, RESTORE)


def pack_checkpoint(checkpoint: Checkpoint) -> bytes:
    """Turn a checkpoint into the bytes of its file."""
    arrays = {f"params/{name}": array for name, array in named_arrays(checkpoint.params)}
    for memory, tree in checkpoint.state.items():
        arrays |= {f"optimizer/{memory}/{name}": array for name, array in named_arrays(tree)}
    meta = {
        "format": FORMAT,
        "layers": [describe_layer(layer) for layer in checkpoint.model.layers],
        **checkpoint.meta,
        "sha256": hash_arrays(arrays),
    }
    buffer = io.BytesIO()
    np.savez(buffer, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)  # type: ignore[arg-type]
    return with_checksum(buffer.getvalue())


def unpack_checkpoint(data: bytes, where: str) -> Checkpoint:
    """Read a checkpoint from the bytes of its file; `where` names that in errors.

    Raises: CorruptError.
    """
    try:
        if is_sealed(data):
            check_checksum(data)
        check_start(data)
        arrays = parse_npz(data)
        meta = json.loads(arrays.pop("meta").tobytes())
        check_meta(meta, arrays, is_sealed(data))
        check_meta_types(meta)
        model = Model(tuple(build_layer(layer) for layer in meta["layers"]))
        trees: dict[str, Params] = {}
        for name, array in arrays.items():
            tree, index, leaf = name.rsplit("/", 2)
            layers = trees.setdefault(tree, [{} for _ in model.layers])
            layers[int(index)][leaf] = array
        state = {
            tree.removeprefix("optimizer/"): layers
            for tree, layers in trees.items()
            if tree.startswith("optimizer/")
        }
        check_params(model, trees["params"])
        return Checkpoint(model, trees["params"], state, meta, extract_file_hash(data))
    except CorruptError as error:
        what = f"{where} is not a readable checkpoint ({error.message})"
        raise CorruptError(what, error.hint or RESTORE) from error
    except Exception as error:  # zip, JSON and NumPy raise many errors for damaged bytes
        what = f"{where} is not a readable checkpoint ({describe_cause(error)})"
        raise CorruptError(what, RESTORE) from error


def is_sealed(data: bytes) -> bool:
    """Return whether a checkpoint's file ends with a checksum."""
    return data[-END_BYTES:][:4] != END_OF_ZIP


def extract_file_hash(data: bytes) -> str:
    """Return the hash that identifies a checkpoint's file: its checksum, if it has one."""
    if is_sealed(data):
        return data[-CHECKSUM_BYTES:].decode("latin-1")
    return hashlib.sha256(data).hexdigest()


def read_file_hash(path: Path) -> str | None:
    """Return the hash of a checkpoint's file (of a large one, its checksum); None without a file.

    Raises: StorageError.
    """
    try:
        with reading(path), path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - END_BYTES - CHECKSUM_BYTES))
            end = file.read()
            if not is_sealed(end):
                file.seek(0)
                end = file.read()
    except MissingError:
        return None
    return extract_file_hash(end)


def with_checksum(data: bytes) -> bytes:
    """Add the checksum to a zip that has no comment."""
    body = data[:-2] + CHECKSUM_BYTES.to_bytes(2, "little")
    return body + hashlib.sha256(body).hexdigest().encode()


def check_start(data: bytes) -> None:
    """Require that a file begins as a checkpoint does.

    Raises: ValueError.
    """
    if not data.startswith(START_OF_ZIP):
        raise ValueError(f"{describe_start(data)}; expected a .npz file")


def check_checksum(data: bytes) -> None:
    """Require that a file is byte for byte the one that was saved.

    Raises: ValueError.
    """
    body, seal = data[:-CHECKSUM_BYTES], data[-CHECKSUM_BYTES:]
    found = hashlib.sha256(body).hexdigest()
    if found.encode() != seal:
        if not re.fullmatch(b"[0-9a-f]{64}", seal):
            check_start(data)
            raise ValueError("it is cut off or overwritten at its end, where its checksum was")
        raise ValueError(f"its sha256 is {found}; its checksum is {seal.decode()}")


def check_meta(meta: dict[str, Any], arrays: dict[str, Array], has_seal: bool) -> None:
    """Require a supported format, and the arrays that were saved.

    Raises: CorruptError.
    """
    if meta["format"] > FORMAT:
        raise CorruptError(
            f"its format is {meta['format']}; this version reads up to {FORMAT}",
            "Update the project",
        )
    if meta["format"] > 1 and not has_seal:
        raise CorruptError(f"its format is {meta['format']}, but it has no checksum")
    found = hash_arrays(arrays)
    if found != meta["sha256"]:
        raise CorruptError(f"its arrays have sha256 {found}; expected {meta['sha256']}")


def check_params(model: Model, params: Params) -> None:
    """Require finite parameters of the shapes that the model needs.

    Raises: ValueError.
    """
    require_shapes(model, params, IMAGE_SHAPE)
    for name, array in named_arrays(params):
        if array.dtype.kind != "f":
            raise ValueError(f"{name} is {array.dtype}; expected floating-point numbers")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} contains values that are not finite numbers")


def hash_arrays(arrays: dict[str, Array]) -> str:
    """Hash names, types, shapes and bytes of arrays, in the order of their names."""
    sha256 = hashlib.sha256()
    for name in sorted(arrays):
        array = arrays[name]
        sha256.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        sha256.update(np.ascontiguousarray(array).data)
    return sha256.hexdigest()


def parse_npz(data: bytes) -> dict[str, Array]:
    """Read the arrays of a `.npz` file whose members are not compressed.

    Headers are checked before memory is allocated: they must match the bytes of the file.
    Compressed members, which can expand a thousandfold, and members that share bytes are errors.

    Raises: ValueError, and every error of `zipfile` for a damaged zip.
    """
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if sum(member.file_size for member in members) > len(data):
            raise ValueError("its members are larger than the file")
        if len({member.filename for member in members}) < len(members):
            raise ValueError("two of its members have the same name")
        for member in members:
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{excerpt(member.filename)} is compressed")
            name = member.filename.removesuffix(".npy")
            arrays[name] = parse_npy(name, archive.read(member))
    return arrays


def parse_npy(name: str, data: bytes) -> Array:
    """Read the array of a `.npy` file in memory.

    Raises: CorruptError, ValueError.
    """
    header = read_npy_header(excerpt(name), io.BytesIO(data))
    content = data[header.size :]
    if header.dtype.hasobject or len(content) != header.content_size:
        raise ValueError(f"{len(content)} bytes for {header.dtype} of shape {header.shape}")
    order: Literal["F", "C"] = "F" if header.is_fortran else "C"
    array = np.frombuffer(content, header.dtype).reshape(header.shape, order=order)
    return array.copy(order="K")  # another order changes the last bits of products


def require_trained(name: str, checkpoint: Checkpoint) -> None:
    """Require that a run was trained, so that it can be resumed or trained again.

    Raises: UsageError.
    """
    require_single_model(name, checkpoint)
    if edited := checkpoint.meta.get("edited"):
        settings = checkpoint.meta.get("configuration", {})
        raise UsageError(
            f"run {name} was not trained: it is an edited copy of run {edited['run']}",
            f"`{start_command(name, settings)}` trains a new run from its weights",
        )


def require_single_model(name: str, checkpoint: Checkpoint) -> None:
    """Require that a run is not an ensemble, whose members were trained.

    Raises: UsageError.
    """
    if members := checkpoint.meta.get("members"):
        raise UsageError(
            f"run {name} is an ensemble of {', '.join(members)}; it was not trained itself"
        )
