"""The parsers that are fuzzed: an entry each, and nothing else has to be written for a new one."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from network.environment import describe_environment, differences
from network.images.pages.read import PICTURES as PAGES
from network.images.pages.read import read_digits
from network.lab.run_cache import RunCache
from network.runs.calibrate import load_calibration
from network.runs.checkpoints import load_checkpoint
from network.runs.folder import (
    Run,
    load_run,
    read_saved_history,
    save_history,
    summarise_run,
    summarise_runs,
)
from network.runs.held_out import seen_by
from network.runs.history import load_history
from network.runs.live_changes import extract_changes, first_configuration
from network.runs.make_film import is_film_complete
from network.runs.replay import describe_origin
from network.runs.training_run import resume_state
from network.sweep.find_study import read_saved_plan
from network.training.configuration import configuration_from_dict
from network.training.initial_state import TrainingData
from pipeline.datasets.user_datasets import read_record
from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions
from pipeline.inspection.files import inspect_file
from pipeline.pickles.manifest import read_manifest
from pipeline.pickles.our_format import read_pickle
from pipeline.pickles.safe_load import load_untrusted
from pipeline.storage.cache import Cache
from pipeline.storage.checksummed_json import read_json
from pipeline.storage.idx import idx_bytes, open_idx, read_idx
from pipeline.storage.pictures import read_picture
from tests.reliability import seeds
from tests.reliability.checkpoint_mutations import CHECKPOINT_MUTATIONS, change_saved_meta
from tests.reliability.idx_mutations import (
    change_gzip_content,
    change_idx_header,
    change_zipped_idx,
)
from tests.reliability.image_mutations import PNG_MUTATIONS
from tests.reliability.mutations import Mutation
from tests.reliability.pickle_mutations import PICKLE_MUTATIONS
from tests.reliability.sealed_mutations import HISTORY_MUTATIONS, SEALED_MUTATIONS

ENVIRONMENT = describe_environment()  # which asks the system for its libraries


@dataclass(frozen=True)
class Target:
    """A parser, the valid files its inputs are made of, and the mutations that know its format."""

    name: str
    read: Callable[[Path], Any]  # raises an error of the project, or the file is accepted
    make_seeds: Callable[[Path], Sequence[bytes]]  # in a folder that it may use
    knowing: tuple[Mutation, ...] = ()
    place: str = "input"  # of the file in its folder


def read_exactly(path: Path) -> None:
    """Read a plain IDX file, and insist that its array is written as it stands there."""
    assert idx_bytes(read_idx(path)) == path.read_bytes()


def read_from_zip(path: Path) -> None:
    """Read an IDX file out of a zip, as far as its record says that it goes."""
    with open_idx(path, seeds.SPLIT.images.content_size, seeds.MEMBER) as stream:
        list(stream.read_items())


def read_examples(path: Path) -> None:
    """Read a pickle of images and labels, and insist on shapes and types."""
    pixels, labels = read_pickle(path)
    assert (pixels.dtype, labels.dtype) == (np.uint8, np.int64)
    assert pixels.shape == (len(labels), 28, 28)


def read_tiny_manifest(path: Path) -> None:
    read_manifest(Cache(path.parents[1], "test"), seeds.TINY)


def read_tiny_record(path: Path) -> None:
    read_record(Cache(path.parents[2], "test"), "tiny")


def read_configuration(path: Path) -> None:
    configuration_from_dict(read_json(path), str(path))


def read_test_result(path: Path) -> None:
    """Read what a run scored; beside it is a sound checkpoint."""
    run = Run(path.parent)
    if not run.checkpoint.exists():
        run.checkpoint.write_bytes(seeds.checkpoints(path.parent)[0])
    summarise_run(run)


def read_calibration(path: Path) -> None:
    load_calibration(Run(path.parent), seeds.CALIBRATION["weights"])


def read_history_file(path: Path) -> None:
    """Read a history, and insist on numbers that can be drawn and compared."""
    history = load_history(path)
    assert all(math.isfinite(it) for epoch in history for it in epoch if it is not None)
    assert [epoch.epoch for epoch in history] == list(range(1, len(history) + 1))


def use_run(path: Path) -> None:
    """Do with a run what the list of the lab, a film and a training do; all goes on by itself."""
    run = Run(path.parent)
    if not run.history.exists():
        save_history(run, seeds.HISTORY)
    RunCache(Cache(path.parents[2], "test")).summary_of_all()
    (row,) = summarise_runs([run])
    json.dumps(row, allow_nan=False)
    checkpoint, configuration = load_run(run)
    seen_by(checkpoint, configuration)
    first_configuration(checkpoint, "run")
    extract_changes(checkpoint, "run")
    describe_origin(checkpoint)
    differences(checkpoint.meta.get("environment", {}), ENVIRONMENT)
    is_film_complete(run, checkpoint)
    data = TrainingData("", "0" * 64, 10)
    resume_state("run", checkpoint, configuration, read_saved_history(run, checkpoint), data)


def decode(path: Path) -> None:
    """Decode an image file, and insist on grey levels."""
    grey = read_picture(path, PAGES)
    assert (grey.dtype, grey.ndim) == (np.uint8, 2)


def read_page(path: Path) -> None:
    """Read the digits in an image file, and insist on their shape and type."""
    for digit in read_digits(path):
        assert (digit.pixels.dtype, digit.pixels.shape) == (np.uint8, (28, 28))


def read_source(path: Path) -> None:
    """Import other people's images as far as their last pixel, and insist on types."""
    for part in find_format(path).read(path, ReadOptions()).parts:
        assert part.labels.dtype == np.uint8
        assert sum(map(len, part.all_images())) == len(part.labels)


def inspect_anything(path: Path) -> None:
    """Inspect a file; what is wrong with it is told, and not raised."""
    assert all(line.isprintable() for line in inspect_file(path).lines("input"))


PARSERS = (
    Target("IDX", read_exactly, seeds.idx_files, (change_idx_header,)),
    Target("gzip of IDX", read_idx, seeds.gzipped_idx_files, (change_gzip_content,)),
    Target("zip of IDX", read_from_zip, seeds.zipped_idx_files, (change_zipped_idx,)),
    Target("our pickles", read_examples, seeds.our_pickles, PICKLE_MUTATIONS),
    Target("other pickles", read_examples, seeds.other_pickles, PICKLE_MUTATIONS),
    Target("untrusted pickles", load_untrusted, seeds.plain_pickles, PICKLE_MUTATIONS),
    Target("checkpoint", load_checkpoint, seeds.checkpoints, CHECKPOINT_MUTATIONS),
    Target("manifest", read_tiny_manifest, seeds.manifests, SEALED_MUTATIONS, "pickles/tiny.json"),
    Target("record", read_tiny_record, seeds.records, SEALED_MUTATIONS, "raw/tiny/dataset.json"),
    Target("configuration", read_configuration, seeds.configurations, SEALED_MUTATIONS),
    Target("CSV", read_source, seeds.csv_files, place="images.csv"),
    Target("npz of images", read_source, seeds.image_arrays, place="images.npz"),
    Target("MATLAB file of images", read_source, seeds.matlab_files, place="images.mat"),
    Target("pickle of images", read_source, seeds.array_pickles, PICKLE_MUTATIONS, "images.pickle"),
    Target("pickle to inspect", inspect_anything, seeds.plain_pickles, PICKLE_MUTATIONS),
    Target("checkpoint to inspect", inspect_anything, seeds.checkpoints, CHECKPOINT_MUTATIONS),
    Target(
        "calibration",
        read_calibration,
        seeds.calibrations,
        SEALED_MUTATIONS,
        "run/calibration.json",
    ),
    Target("test result", read_test_result, seeds.scores, SEALED_MUTATIONS, "run/test.json"),
    Target("history", read_history_file, seeds.histories, HISTORY_MUTATIONS, "run/history.jsonl"),
    Target("plan of a sweep", read_saved_plan, seeds.plans, SEALED_MUTATIONS, "plan.json"),
    Target("run", use_run, seeds.run_checkpoints, (change_saved_meta,), "runs/run/checkpoint.npz"),
)

# How pictures are written from which the inputs to `network predict` are made.
PICTURES = {
    "PNG": seeds.pictures("PNG", "L", "RGBA", "P", "1", "I;16", "LA"),
    "JPEG": seeds.pictures("JPEG", "L", "RGB", "CMYK", quality=50),
    "GIF": seeds.pictures("GIF", "L", "P", "RGBA"),
    "BMP": seeds.pictures("BMP", "1", "L", "RGB", "RGBA"),
    "WEBP": seeds.pictures("WEBP", "RGB", "RGBA"),
    "PPM": seeds.pictures("PPM", "1", "L", "RGB", "I;16"),
    "TIFF": seeds.pictures("TIFF", "1", "L", "RGB", "I;16", "F", "LA"),
    "packed TIFF": seeds.pictures("TIFF", "L", "RGB", compression="tiff_lzw"),
}

TARGETS = {parser.name: parser for parser in PARSERS} | {
    kind: Target(
        kind,
        read_page if kind in ("PNG", "JPEG") else decode,  # whose damaged pages look damaged
        make_seeds,
        PNG_MUTATIONS if kind == "PNG" else (),
    )
    for kind, make_seeds in PICTURES.items()
}

JSON_FILES = [it.name for it in PARSERS if it.knowing is SEALED_MUTATIONS]

# Parsers of the same kind of file share so many inputs; the formats of other people are tried by
# `tests/pipeline/formats`, too.
KINDS = {
    "IDX": (10_000, ["IDX", "zip of IDX"]),
    "gzip": (10_000, ["gzip of IDX"]),
    "pickles": (10_000, [it.name for it in PARSERS if it.knowing is PICKLE_MUTATIONS]),
    "checkpoints": (10_000, ["checkpoint", "checkpoint to inspect", "npz of images"]),
    "JSON": (10_000, [*JSON_FILES, "history", "run"]),
    "images": (10_000, list(PICTURES)),
    "tables": (2_000, ["CSV", "MATLAB file of images"]),
}
INPUTS = {name: math.ceil(count / len(names)) for count, names in KINDS.values() for name in names}
