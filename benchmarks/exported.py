"""Compare exported networks in ONNX Runtime with ours, on all test images.

    python benchmarks/exported.py conv vgg ensemble

The labels are not used: this compares two programs, not predictions with the truth.
"""

import argparse

import numpy as np
import onnxruntime

from network.core.data import load_examples
from network.metrics.accuracy import CHUNK, compute_outputs
from network.runs.evaluate import common_dataset, load_runs
from network.runs.exports.onnx_file import to_bytes
from pipeline.storage.cache import find_cache


def main() -> None:
    """Compare, and print a row for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="RUN", default=[None])
    cache = find_cache()
    print(f"{'run':<20}{'bytes':>10}  largest difference of a score  different predictions")
    for loaded in load_runs(cache, parser.parse_args().runs):
        dataset = common_dataset(cache, [loaded])
        images = load_examples(cache, dataset, "test").images
        data = to_bytes(loaded, dataset)
        session = onnxruntime.InferenceSession(data)
        chunks = np.split(images, range(CHUNK, len(images), CHUNK))
        theirs = np.concatenate([session.run(None, {"images": chunk})[0] for chunk in chunks])
        ours = compute_outputs(loaded.checkpoint.model, loaded.checkpoint.params, images)
        differing = int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum())
        difference = np.abs(ours - theirs).max()
        print(
            f"{loaded.name:<20}{len(data):>10,}{difference:>31.1e}{differing:>15} of {len(ours):,}"
        )


if __name__ == "__main__":
    main()
