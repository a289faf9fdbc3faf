"""Small valid files of every format, from which the inputs of the fuzzed parsers are made."""

import gzip
import hashlib
import io
import json
import pickle
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from network.core.params import copy_params
from network.runs.checkpoints import Checkpoint, pack_checkpoint, save_checkpoint
from network.runs.folder import build_checkpoint
from network.runs.history import pack_history
from network.training.build import fully_connected
from network.training.configuration import Configuration
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from network.training.state import EpochDone, TrainingState
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.records import RawFile, Split
from pipeline.datasets.user_datasets import publish_record
from pipeline.pickles.manifest import publish_manifest
from pipeline.pickles.our_format import pickle_chunks
from pipeline.storage.cache import Cache, Digest
from pipeline.storage.checksummed_json import checksummed_bytes
from pipeline.storage.idx import idx_bytes
from tests.reliability.zips import zip_of
from tests.support.mat_files import MatFile

COUNT = 3
MEMBER = "gzip/images.gz"  # of a zip
ORIENTATION = 0x0112  # the tag of Exif that says how the camera was held
CALIBRATION: dict[str, Any] = {
    "weights": "0" * 64, "data": "1" * 64, "examples": 300, "mistakes": 12, "temperature": 1.5,
    "log_loss": [0.5, 0.4], "calibration_error": [0.02, 0.01],
    "thresholds": {"0.9": 0.3, "0.99": 0.9}, "set_sizes": {"0.9": 1.0, "0.99": 1.25},
    "familiarity": {"count": 300, "threshold": 0.4, "farthest": [0.2, 0.3, 0.4]},
}  # fmt: skip


def drawn_digits(count: int) -> NDArray[np.uint8]:
    """Draw a few strokes that differ: digits as far as a parser can tell."""
    rng, images = np.random.default_rng(0), np.zeros((count, 28, 28), np.uint8)
    for image in images:
        for row, column in rng.integers(5, 20, (3, 2)):
            image[row : row + 3, column : column + 6] = rng.integers(100, 256)
    return images


def described(name: str, content: bytes) -> RawFile:
    """Describe a file that is published zipped."""
    data = gzip.compress(content, mtime=0)
    hashes = hashlib.sha256(data).hexdigest(), hashlib.sha256(content).hexdigest()
    return RawFile(name, len(data), hashes[0], len(content), hashes[1])


IMAGES, LABELS = drawn_digits(COUNT), np.array([0, 9, 3], np.uint8)
SPLIT = Split(
    described("images.gz", idx_bytes(IMAGES)), described("labels.gz", idx_bytes(LABELS)), COUNT
)
TINY = replace(MNIST, name="tiny", mirrors=(), splits={"train": SPLIT, "test": SPLIT})


def idx_files(_: Path) -> list[bytes]:
    arrays = [
        IMAGES, LABELS, LABELS[:0], IMAGES[:, :0], np.arange(4, dtype=np.int32), np.int8([-1]),
        np.arange(-6, 6, dtype=np.int16).reshape(3, 2, 2), np.linspace(0, 1, 6),
        np.float32([[1], [np.nan]]),
    ]  # fmt: skip
    return [idx_bytes(array) for array in arrays]


def gzipped_idx_files(folder: Path) -> list[bytes]:
    return [gzip.compress(data, mtime=0) for data in idx_files(folder)]


def zipped_idx_files(_: Path) -> list[bytes]:
    content = idx_bytes(IMAGES)
    members = [(MEMBER, gzip.compress(content, mtime=0)), ("note.txt", b"a note")]
    return [
        zip_of(members[:1]), zip_of(members, zipfile.ZIP_DEFLATED),
        zip_of([(MEMBER, content)], zipfile.ZIP_DEFLATED),
    ]  # fmt: skip


def our_pickles(_: Path) -> list[bytes]:
    return [
        b"".join(map(bytes, pickle_chunks([IMAGES[:count]], [LABELS[:count]])))
        for count in range(COUNT + 1)
    ]


def other_pickles(_: Path) -> list[bytes]:
    rows = IMAGES[:1].reshape(1, 784)
    contents = [
        (IMAGES[:1].tolist(), [7]), {"images": rows, "labels": LABELS[:1].reshape(1, 1)},
        (IMAGES, LABELS), [list(IMAGES), LABELS.tolist()], (rows.astype(">i8"), [1]),
        (np.asfortranarray(IMAGES), LABELS), {"labels": [1], "images": rows.tolist()},
    ]  # fmt: skip
    return [pickle.dumps(content, protocol) for content in contents for protocol in (2, 4, 5)]


def plain_pickles(_: Path) -> list[bytes]:
    contents = [
        [[1, 2, 300], (-1, 2**40)], {"a": b"b", "c": [1.5, None, True], "d": "text"}, (), [[[[]]]],
        np.array([np.arange(3), None, "a"], object), [np.eye(2), np.array(1), np.array([True])],
    ]  # fmt: skip
    return [pickle.dumps(content, protocol) for content in contents for protocol in (2, 3, 4, 5)]


def checkpoints(folder: Path) -> list[bytes]:
    seeds = []
    model = fully_connected((), 1, "tanh", "glorot", LOSSES["cross-entropy"])
    params = model.init(np.random.default_rng(0), (28, 28))
    meta = {"epoch": 7, "configuration": Configuration(hidden=()).to_dict()}
    for optimizer in OPTIMIZERS.values():
        save_checkpoint(folder / "seed", Checkpoint(model, params, optimizer().init(params), meta))
        seeds.append((folder / "seed").read_bytes())
    return seeds


EPOCHS = [(3, 0.5, 0.6, 0.7), (6, 0.25, 0.5, 0.875), (9, 0.125, 0.75, 0.8)]
HISTORY = [EpochDone(n, *it, 0.1, 0.5) for n, it in enumerate(EPOCHS, 1)]


def histories(_: Path) -> list[bytes]:
    lines = [json.dumps(epoch._asdict()).encode() + b"\n" for epoch in HISTORY]
    return [pack_history(HISTORY), pack_history(HISTORY[:1]), b"".join(lines)]


def plans(_: Path) -> list[bytes]:
    plan = {
        "sweep": {"objective": "accuracy", "sampler": "tpe", "trials": 9},
        "fixed": {"epochs": 3, "hidden": [3]},
        "space": {
            "optimizer": {"choices": ["sgd", "momentum"]},
            "momentum": {"low": 0.1, "high": 0.9, "when": {"optimizer": "momentum"}},
            "learning_rate": {"low": 0.01, "high": 1.0, "log": True},
            "augment": {"shift": {"low": 1.0, "high": 2.0}},
        },
    }
    several = {"objective": ["accuracy", "time"], "sampler": "random"}
    found = plan, plan | {"sweep": several}
    return [checksummed_bytes({"format": 1, "plan": one}) for one in found]


def run_checkpoints(_: Path) -> list[bytes]:
    """Checkpoints of a run that goes on, of one that answers with its best, of an ensemble."""
    model = fully_connected((), 10, "softmax", "glorot", LOSSES["cross-entropy"])
    params = model.init(np.random.default_rng(0), (28, 28))
    configuration = Configuration(hidden=(), loss="cross-entropy", epochs=9, patience=3)
    rule = {"data": None, "limit": None, "validation": 0.1, "seed": 0}
    origin = {
        "data": "0" * 64,
        "first": configuration.to_dict(),
        "changes": [{"epoch": 1, "step": 4, "values": {"learning_rate": 0.2}}],
        "seen": [rule],
    }
    state = TrainingState(params, {}, 9, list(HISTORY), origin=origin, best=copy_params(params))
    trained = build_checkpoint(model, state, configuration)
    extra = {"members": ["a", "b"], "edited": {"run": "a", "sha256": "0" * 64}}
    edited = replace(trained, meta={**trained.meta, **extra})
    return [pack_checkpoint(trained), pack_checkpoint(edited)]


def csv_files(_: Path) -> list[bytes]:
    rows = [",".join(map(str, row)) for row in np.c_[LABELS, IMAGES.reshape(COUNT, -1)].tolist()]
    header = ",".join(["label", *(f"pixel{place}" for place in range(784))])
    several = rows * 2  # of three lines it is not clear which column is the label
    return ["\n".join(lines).encode() for lines in (several, [header, *rows])]


def image_arrays(_: Path) -> list[bytes]:
    named = {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS}
    buffers = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(buffers[0], **named)
    np.savez_compressed(buffers[1], x=IMAGES, y=LABELS.astype(np.int64))
    np.savez(buffers[2], np.asfortranarray(IMAGES), LABELS.astype(str).astype(object))
    return [buffer.getvalue() for buffer in buffers]


def matlab_files(_: Path) -> list[bytes]:
    tree = {"train": {"images": IMAGES.reshape(COUNT, -1), "labels": LABELS}}
    return [MatFile("<").write(dataset=tree), MatFile(">", zipped=True).write(x=IMAGES, y=LABELS)]


def array_pickles(_: Path) -> list[bytes]:
    named = {"images": list(IMAGES), "labels": list(LABELS.astype(np.int64))}
    return [pickle.dumps(named, protocol) for protocol in range(6)]


def manifests(folder: Path) -> list[bytes]:
    cache = Cache(folder, "test")
    publish_manifest(cache, TINY, dict.fromkeys(TINY.splits, (COUNT, Digest(9, "0" * 64))))
    return [cache.manifest("tiny").read_bytes()]


def records(folder: Path) -> list[bytes]:
    cache = Cache(folder, "test")
    publish_record(cache, TINY)
    return [cache.record("tiny").read_bytes()]


def configurations(_: Path) -> list[bytes]:
    choices = Configuration(), Configuration(hidden=(2, 3), limit=9, start="a", learning_rate=0.1)
    return [checksummed_bytes(configuration.to_dict()) for configuration in choices]


def scores(_: Path) -> list[bytes]:
    look = {"dataset": "mnist", "split": "test", "count": 10_000, "correct": 9_700}
    return [
        checksummed_bytes({"count": 10_000, "correct": 9_700, "accuracy": 0.97}),
        checksummed_bytes(
            {"format": 2, "looks": [look | {"time": "2026-01-01T00:00:00+00:00"}, look]}
        ),
    ]


def calibrations(_: Path) -> list[bytes]:
    return [
        checksummed_bytes({"format": 1, **CALIBRATION}),
        checksummed_bytes({"format": 1, **CALIBRATION, "familiarity": None}),
    ]


def pictures(kind: str, *modes: str, **options: Any) -> Callable[[Path], list[bytes]]:
    """Return what writes pictures of this kind: of a digit, and of one that is to be fitted."""
    return lambda _: [
        picture_bytes(in_mode(Image.fromarray(image), mode), kind, **options)
        for mode in modes
        for image in (IMAGES[0], IMAGES[1, 4:21, 3:])
    ]


def picture_bytes(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """Write a picture, turned on its side where its kind can say so."""
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[ORIENTATION] = 6
    turned = {"exif": exif} if kind in ("PNG", "JPEG", "WEBP", "TIFF") else {}
    picture.save(buffer, kind, **turned, **options)
    return buffer.getvalue()


def in_mode(picture: Image.Image, mode: str) -> Image.Image:
    """Convert a grey picture, to 16 bits too."""
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    return picture.convert(mode)
