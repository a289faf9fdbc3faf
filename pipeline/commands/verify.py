"""Compare raw files and pickles with their hashes."""

from pipeline.cache import find_cache
from pipeline.commands.options import DatasetName
from pipeline.console import CacheDir, Console, Json, Quiet, Verbose
from pipeline.datasets import MNIST, find_dataset


def verify(
    dataset: DatasetName = MNIST.name,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Compare raw files and pickles with their hashes."""
    from pipeline.verify import verify_dataset, worst_error

    console, cache, chosen = Console(json, quiet), find_cache(cache_dir), find_dataset(dataset)
    findings = verify_dataset(cache, chosen)
    if (error := worst_error(findings)) is not None and json:
        raise error
    for finding in findings:
        console.say(f"  {finding.status:10}  {finding.path}")
    if error is not None:
        raise error
    console.result(
        {
            "dataset": chosen.name,
            "artefacts": [{"path": str(item.path), "status": item.status} for item in findings],
        }
    )
