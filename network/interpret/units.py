"""Units of a model: their activations, their top images, the first-layer weights."""

import math
from collections.abc import Iterable

import numpy as np

from network.core.layers import Layer
from network.core.model import Model
from network.core.params import Array, Params, named_arrays
from network.metrics.accuracy import CHUNK


def layer_outputs(model: Model, params: Params, images: Array) -> list[Array]:
    """Return the input of the model and the output of each layer, in one list.

    Shapes: images (N, H, W) -> (N, H, W), (N, ...), ..., (N, K).
    """
    outputs = [images]
    for layer, layer_params in zip(model.layers, params, strict=True):
        outputs.append(layer.forward(layer_params, outputs[-1])[0])
    return outputs


def blocks(layers: Iterable[Layer]) -> list[int | None]:
    """Return the block of each layer: a layer that has units, and those up to the next.

    Sigmoid, pooling and other layers that keep units apart belong to the Linear or Conv2D before
    them. A Flatten ends a block; layers outside of all blocks have None.
    """
    found: list[int | None] = []
    count, is_open = 0, False
    for layer in layers:
        if layer.makes_units:
            count, is_open = count + 1, True
        elif layer.ends_block:
            is_open = False
        found.append(count - 1 if is_open else None)
    return found


def block_ends(model: Model) -> list[int]:
    """Return the last layer of each block: its outputs are the block's activations."""
    last = {stage: place for place, stage in enumerate(blocks(model.layers)) if stage is not None}
    return list(last.values())


def unit_activations(model: Model, params: Params, images: Array) -> dict[int, Array]:
    """Compute the activation of each unit for each image, after the last layer of its block.

    The activation of a channel is its largest one over all pixels.

    Shapes: images (N, H, W) -> (N, units) for each block.
    """
    ends = block_ends(model)
    parts: dict[int, list[Array]] = {end: [] for end in ends}
    for chunk in np.split(images, range(CHUNK, len(images), CHUNK)):
        outputs = layer_outputs(model, params, chunk)
        for end in ends:
            y = outputs[end + 1]
            parts[end].append(y.max(axis=tuple(range(1, y.ndim - 1))))
    return {end: np.concatenate(chunks) for end, chunks in parts.items()}


def top_images(answers: Array, unit: int, count: int) -> Array:
    """Find the images with the highest activation of a unit, the highest first.

    Shapes: answers (N, units) -> indices of images (count,).
    """
    return np.argsort(-answers[:, unit], kind="stable")[:count]


def first_layer_weights(params: Params) -> Array:
    """Return the first-layer weights of a network as pictures; of an ensemble, its first member's.

    A unit of a fully connected layer has a weight for every pixel of a square image, a kernel of a
    convolution one for every pixel of its window. The layers before it keep images square and grey.

    Shapes: weight (H * W, n_out) -> (n_out, H, W), weight (size, size, 1, n_out) -> (n_out, size,
    size).
    """
    weight = next(array for name, array in named_arrays(params) if name.endswith("weight"))
    side = math.isqrt(weight[..., 0].size)
    pictures: Array = weight.reshape(side, side, -1).transpose(2, 0, 1)
    return pictures
