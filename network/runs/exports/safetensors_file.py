"""Export to safetensors: names, shapes and bytes of the parameters, no code.

Source: the safetensors format, https://github.com/huggingface/safetensors, section "Format".
"""

import json

import numpy as np
from safetensors.numpy import save

from network.runs.exports.description import describe_run, named_params
from network.runs.folder import LoadedRun
from pipeline.datasets.records import Dataset


def to_bytes(loaded: LoadedRun, dataset: Dataset) -> bytes:
    """Return the file: the arrays, and the model as JSON in the metadata.

    The metadata is one entry, because several would be written in random order.

    Shapes: as in the layers, so weight (n_in, n_out) of Linear, (size, size, C, n_out) of Conv2D.
    """
    arrays = {
        name: np.ascontiguousarray(array, np.float32)
        for name, array in named_params(loaded).items()
    }
    return bytes(save(arrays, {"model": json.dumps(describe_run(loaded, dataset))}))
