"""The `build-pickles` command: a pickle of parallel lists per split."""

from pipeline.commands.options import DatasetName, Force
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.registry import find_dataset
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose


def build_pickles(
    dataset: DatasetName = MNIST.name,
    force: Force = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write the images and labels of a dataset as pickle files.

    There is a file for training and a file for testing: each has a list of images and a list of
    labels.
    """
    from pipeline.build import build_pickles as build

    console, cache = Console(json, quiet), find_cache(cache_dir)
    chosen = find_dataset(cache, dataset)
    built = build(cache, chosen, force, console)
    for item in built:
        status = "intact" if item.was_intact else "built"
        size = f"{item.digest.size / 1e6:.1f} MB  sha256 {item.digest.sha256[:12]}..."
        console.say(f"  {status:10}  {item.path}  {item.count:,} images  {size}")
    option = "" if chosen is MNIST else f" --dataset {chosen.name}"
    console.note(f"Next: network train{option}")
    console.result(
        {
            "dataset": chosen.name,
            "pickles": [
                {
                    "split": item.split,
                    "path": str(item.path),
                    "count": item.count,
                    "sha256": item.digest.sha256,
                    "status": "intact" if item.was_intact else "built",
                }
                for item in built
            ],
        }
    )
