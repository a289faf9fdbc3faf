"""A user's own dataset in a cache, and what an import or an export leaves."""

import sys

import numpy as np
import pytest

from pipeline.datasets.records import Dataset
from pipeline.datasets.user_datasets import publish_record
from pipeline.formats.import_dataset import write_splits
from pipeline.formats.pixels import PixelSurvey
from pipeline.formats.registry import FORMATS, WRITERS
from pipeline.formats.source import part_in_memory
from pipeline.progress import SILENT

EVERY_WRITABLE = pytest.mark.parametrize("name", WRITERS)


def make_own(cache, name, splits, classes):
    """Put a data set of the user's own into a cache, given pixels and labels by split."""
    parts = [part_in_memory(cache.root, split, *arrays) for split, arrays in splits.items()]
    recorded = write_splits(cache.raw(name), parts, PixelSurvey(), SILENT)
    dataset = Dataset(name, name, (), recorded, tuple(classes), "here", "mine", "")
    publish_record(cache, dataset)
    return dataset


def raw_arrays(cache, name):
    """Read the raw files of a data set of the user's own, without any code of this project."""
    found = {}
    for path in sorted(cache.raw(name).glob("*-images-idx3-ubyte")):
        labels = path.with_name(path.name.replace("images-idx3", "labels-idx1")).read_bytes()
        pixels = np.frombuffer(path.read_bytes(), np.uint8, offset=16).reshape(-1, 28, 28)
        split = path.name.split("-")[0].replace("t10k", "test")
        found[split] = pixels, np.frombuffer(labels, np.uint8, offset=8)
    return found


def out_path(folder, name):
    return folder / f"export{FORMATS[name].suffix}"


LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="as Linux counts and caps")


def tree(folder):
    """Every file with its bytes, and every folder; locks are no content."""
    entries = sorted(it for it in folder.rglob("*") if "locks" not in it.parts)
    return [(str(it.relative_to(folder)), it.is_file() and it.read_bytes()) for it in entries]
