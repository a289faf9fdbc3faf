"""Print the data sets that can be fetched."""

from pipeline.console import Console, Json
from pipeline.datasets import DATASETS


def list_datasets(json: Json = False) -> None:
    """Print the data sets that can be fetched."""
    console = Console(json)
    for dataset in DATASETS.values():
        counts = ", ".join(f"{split.count:,} {name}" for name, split in dataset.splits.items())
        size = sum(file.size for file in dataset.files) / 1e6
        console.say(f"{dataset.name}  {dataset.title}: {counts}; {size:.1f} MB; {dataset.licence}")
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
                }
                for dataset in DATASETS.values()
            ]
        }
    )
