"""The `list` command: published datasets and yours."""

from pipeline.datasets.registry import all_datasets
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json


def list_datasets(cache_dir: CacheDir = None, json: Json = False) -> None:
    """List the datasets, including yours."""
    console, datasets = Console(json), all_datasets(find_cache(cache_dir))
    for dataset in datasets:
        counts = ", ".join(f"{split.count:,} {name}" for name, split in dataset.splits.items())
        size = sum(file.size for file in dataset.files) / 1e6
        console.say(
            f"{dataset.name:15}  {dataset.title}: {counts}; {len(dataset.classes)} classes; "
            f"{size:.1f} MB; {dataset.licence}"
        )
    console.result(
        {
            "datasets": [
                {
                    "name": dataset.name,
                    "title": dataset.title,
                    "splits": {name: split.count for name, split in dataset.splits.items()},
                    "classes": dataset.classes,
                    "licence": dataset.licence,
                    "citation": dataset.citation,
                    "source": dataset.source,
                    "is_own": not dataset.mirrors,
                    "is_confirmed": all(part.content_sha256 for part in dataset.parts),
                }
                for dataset in datasets
            ]
        }
    )
