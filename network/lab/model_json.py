"""Models with their parameters as plain data, for computations on the page."""

import base64
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from network.core.layers import Layer, Shape
from network.core.params import Array, Params
from network.interpret.units import blocks
from network.runs.checkpoints import Checkpoint
from pipeline.datasets.records import IMAGE_SHAPE


def model_to_json(checkpoint: Checkpoint) -> list[dict[str, Any]]:
    """Return the layers of a checkpoint with their parameters as plain data.

    A layer has its `kind`, its fields, the `shape` of its output, the `stage` (the index of its
    block) and its `params`; the members of an ensemble are lists of layers.
    """
    return layers_to_json(checkpoint.model.layers, checkpoint.params, IMAGE_SHAPE)


def layers_to_json(layers: Sequence[Layer], params: Params, shape: Shape) -> list[dict[str, Any]]:
    """Return layers as plain data; `shape` is the input shape of the first."""
    described = []
    for layer, arrays, block in zip(layers, params, blocks(layers), strict=True):
        fields = asdict(layer)
        if members := layer.inner_networks(arrays):
            fields["members"] = [layers_to_json(*member, shape) for member in members]
            arrays = {}
        _, shape = layer.shapes(shape)
        written = {name: array_to_json(array) for name, array in arrays.items()}
        described.append(
            {"kind": type(layer).__name__, **fields}
            | {"shape": shape, "stage": block, "params": written}
        )
    return described


def array_to_json(array: Array, dtype: str = "float32") -> dict[str, Any]:
    """Return an array as plain data: base64 of little-endian bytes, in C order."""
    data = np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<")).tobytes()
    return {"shape": array.shape, "type": dtype, "data": base64.b64encode(data).decode()}
