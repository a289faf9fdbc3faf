"""The parsers that are fuzzed: an entry each, and nothing else has to be written for a new one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from network.images.pages.read import read_digits
from network.runs.calibrate import load_calibration
from network.runs.checkpoints import load_checkpoint
from network.runs.folder import Run, summarise_run
from network.training.configuration import configuration_from_dict
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
from tests.reliability import seeds
from tests.reliability.checkpoint_mutations import CHECKPOINT_MUTATIONS
from tests.reliability.idx_mutations import (
    change_gzip_content,
    change_idx_header,
    change_zipped_idx,
)
from tests.reliability.image_mutations import PNG_MUTATIONS
from tests.reliability.mutations import Mutation
from tests.reliability.pickle_mutations import PICKLE_MUTATIONS
from tests.reliability.sealed_mutations import SEALED_MUTATIONS


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


def read_picture(path: Path) -> None:
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
    kind: Target(kind, read_picture, make_seeds, PNG_MUTATIONS if kind == "PNG" else ())
    for kind, make_seeds in PICTURES.items()
}
