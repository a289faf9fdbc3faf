"""Measure time and memory of pickles, for few and for many images.

    python benchmarks/scale.py                        2,000,000 images and 60,000
    python benchmarks/scale.py --counts 60000,8000000

For each count it writes a dataset of random images to a temporary folder (5 GB for 2 million). Then
it builds and reads the pickles, each in a separate process whose peak memory is measured.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pipeline.build import build_pickles
from pipeline.datasets.records import Dataset, RawFile, Split
from pipeline.datasets.registry import find_dataset
from pipeline.datasets.user_datasets import publish_record
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import Cache, publish

AT_ONCE = 10_000  # images made at a time
MIB = 1 << 20


def idx_chunks(kind: str, count: int) -> Iterator[bytes]:
    """Yield an IDX file of random images or labels in chunks."""
    rng = np.random.default_rng(0)
    shape = (28, 28) if kind == "images" else ()
    header = bytes([0, 0, 8, 1 + len(shape)])
    yield header + np.array((count, *shape), ">u4").tobytes()
    for start in range(0, count, AT_ONCE):
        n = min(AT_ONCE, count - start)
        yield rng.integers(0, 256 if shape else 10, (n, *shape), np.uint8).tobytes()


def make_dataset(cache: Cache, count: int) -> Dataset:
    """Write the raw files and the record of a dataset of random images."""
    name = f"random-{count}"
    files = {}
    for kind in ("images", "labels"):
        size, sha256 = publish(cache.raw(name) / kind, idx_chunks(kind, count))
        files[kind] = RawFile(kind, size, sha256, size, sha256)
    split = Split(files["images"], files["labels"], count)
    classes = tuple("0123456789")
    dataset = Dataset(name, "Random", (), {"train": split}, classes, "here", "none", "")
    publish_record(cache, dataset)
    return dataset


def work(what: str, folder: Path, name: str) -> None:
    """Build or read the pickles, and print seconds and peak memory of this process."""
    cache = Cache(folder, "benchmark")
    dataset = find_dataset(cache, name)
    start = time.perf_counter()
    if what == "build":
        build_pickles(cache, dataset)
        kept = 0
    else:
        pixels, labels = read_split(cache, dataset, "train")
        kept = pixels.nbytes + labels.nbytes
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak": peak, "arrays": kept}))


def measure(what: str, folder: Path, name: str) -> dict[str, float]:
    """Run one piece of work in a separate process."""
    command = [sys.executable, __file__, "--work", what, "--folder", str(folder), "--name", name]
    return dict(json.loads(subprocess.run(command, capture_output=True, check=True).stdout))


def write_speed(folder: Path) -> float:
    """Return the write speed of the disk in bytes per second, for comparison."""
    start = time.perf_counter()
    publish(folder / "probe", [bytes(MIB)] * 1024)
    return 1024 * MIB / (time.perf_counter() - start)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--counts", default="60000,2000000")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--name", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.folder, options.name)
    else:
        print_table([int(count) for count in options.counts.split(",")])


def print_table(counts: list[int]) -> None:
    """Print a row for each count and each piece of work."""
    print("| images | work | seconds | MB/s of pixels | peak MiB | arrays MiB | peak less arrays |")
    print("|--:|---|--:|--:|--:|--:|--:|")
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            dataset = make_dataset(Cache(Path(folder), "benchmark"), count)
            for what in ("build", "read"):
                row = measure(what, Path(folder), dataset.name)
                speed = count * 784 / 1e6 / row["seconds"]
                peak, arrays = row["peak"] / MIB, row["arrays"] / MIB
                print(
                    f"| {count:,} | {what} | {row['seconds']:.2f} | {speed:,.0f} "
                    f"| {peak:.1f} | {arrays:.1f} | {peak - arrays:.1f} |",
                    flush=True,
                )
            if count >= 1_000_000:
                print(f"write speed of the disk: {write_speed(Path(folder)) / 1e6:,.0f} MB/s")


if __name__ == "__main__":
    main()
