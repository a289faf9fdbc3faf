"""Metadata of an exported file: the run, its layers, its classes, its pixels."""

from typing import Any

from network.core.params import Array, named_arrays
from network.layers.text import describe_layer
from network.runs.folder import LoadedRun
from pipeline.datasets.records import Dataset

PIXELS = "float32 from 0 (background) to 1 (ink): grey levels from 0 to 255, divided by 255"


def describe_run(loaded: LoadedRun, dataset: Dataset) -> dict[str, Any]:
    """Return the data that is needed to build the model again, and to use it."""
    layers = loaded.model.layers
    return {
        "run": loaded.name,
        "dataset": dataset.name,
        "classes": list(dataset.classes),
        "pixels": PIXELS,
        "text": ", ".join(map(repr, layers)),  # for `network train --layers`
        "layers": [describe_layer(layer) for layer in layers],
    }


def named_params(loaded: LoadedRun) -> dict[str, Array]:
    """Return every array by layer and name: `1.weight`, in an ensemble `0.1.2.weight`."""
    return {name.replace("/", "."): array for name, array in named_arrays(loaded.params)}
