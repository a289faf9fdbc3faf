"""Write a model with its parameters as plain data, for a page to compute with."""

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
    """Turn the layers of a checkpoint into plain data, each with its parameters.

    A layer is its `kind`, its fields, the `shape` that an image leaves it with, the `stage` that
    it belongs to, and its `params`; the members of an ensemble are lists of layers.
    """
    return layers_to_json(checkpoint.model.layers, checkpoint.params, IMAGE_SHAPE)


def layers_to_json(layers: Sequence[Layer], params: Params, shape: Shape) -> list[dict[str, Any]]:
    """Turn layers in a row into plain data; `shape` is that of what enters the first."""
    described = []
    for layer, arrays, stage in zip(layers, params, blocks(layers), strict=True):
        fields = asdict(layer)
        if members := layer.inner_networks(arrays):
            fields["members"] = [layers_to_json(*member, shape) for member in members]
            arrays = {}
        _, shape = layer.shapes(shape)
        written = {name: array_to_json(array) for name, array in arrays.items()}
        described.append(
            {"kind": type(layer).__name__, **fields}
            | {"shape": shape, "stage": stage, "params": written}
        )
    return described


def array_to_json(array: Array, dtype: str = "float32") -> dict[str, Any]:
    """Write an array as its shape and its numbers: base64 of little-endian bytes, in C order."""
    data = np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<")).tobytes()
    return {"shape": array.shape, "type": dtype, "data": base64.b64encode(data).decode()}
