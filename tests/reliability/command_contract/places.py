"""A cache with a dataset of a few images and two runs, for the command lines of the contract."""

import dataclasses
import os
import shutil
from pathlib import Path

from network.runs.folder import Run
from pipeline.build import build_pickles
from pipeline.datasets.user_datasets import publish_record
from pipeline.storage.cache import Cache
from tests.reliability.command_contract.running import run
from tests.support.tiny_dataset import fill, make_dataset

CLASSES = ("Äpfel", "Birnen & Söhne", "柿")
PLAN = """
sweep = { trials = 1 }
fixed = { dataset = "obst", hidden = [2], epochs = 1 }
space = { learning_rate = { low = 0.1, high = 1 } }
"""


def make_cache(root: Path) -> Cache:
    """Make a cache with a small data set of one's own, a run, and a run that was cut short."""
    cache = Cache(root, "test")
    dataset, files = make_dataset(labels=(0, 1, 2) * 8)
    own = dataclasses.replace(
        dataset, name="obst", title="Obst & Gemüse", mirrors=(), classes=CLASSES
    )
    fill(cache, own, files)
    publish_record(cache, own)
    build_pickles(cache, own)
    run("network train --dataset obst --epochs 1 --validation 0.9 --name trained", cache=root)
    for name in ("second", "first"):
        run(f"network init --dataset obst --hidden 2 --name {name}", cache=root)
    checkpoint = Run(cache.runs() / "first").checkpoint
    (cache.runs() / "cut").mkdir()
    (cache.runs() / "cut" / "checkpoint.npz").write_bytes(checkpoint.read_bytes()[:-99])
    os.utime(cache.runs() / "cut" / "checkpoint.npz", (0, 0))  # the latest is the other one
    return cache


def make_mixed(root: Path, cache: Cache) -> Path:
    """Make a cache with files in the place of folders, and a folder in the place of a picture."""
    shutil.copytree(cache.root / "raw", root / "raw")
    (root / "folder.png").mkdir()
    for name in ("pickles", "runs"):
        (root / name).write_bytes(b"no folder")
    return root
