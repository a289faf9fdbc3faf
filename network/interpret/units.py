"""Look inside a model: what every layer says to an image, and what each unit likes to see."""

import math
from collections.abc import Iterable

import numpy as np

from network.core.layers import Layer
from network.core.model import Model
from network.core.params import Array, Params, named_arrays
from network.metrics.accuracy import CHUNK


def layer_outputs(model: Model, params: Params, images: Array) -> list[Array]:
    """Return what enters the model and what leaves each layer: one array more than layers.

    Shapes: images (N, H, W) -> (N, H, W), (N, ...), ..., (N, K).
    """
    outputs = [images]
    for layer, layer_params in zip(model.layers, params, strict=True):
        outputs.append(layer.forward(layer_params, outputs[-1])[0])
    return outputs


def blocks(layers: Iterable[Layer]) -> list[int | None]:
    """Say of each layer to which stage it belongs: one that makes units, and what follows it.

    Sigmoid, pooling and all that keep units apart belong to the Linear or Conv2D before them. A
    Flatten ends a stage; what lies outside of all stages has None.
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
    """Find the last layer of each stage: what leaves it is what the stage's units say."""
    last = {stage: place for place, stage in enumerate(blocks(model.layers)) if stage is not None}
    return list(last.values())


def unit_activations(model: Model, params: Params, images: Array) -> dict[int, Array]:
    """Say how strongly each unit of each stage answers each image, by the stage's last layer.

    A channel answers as strongly as it does at the place where it answers most.

    Shapes: images (N, H, W) -> (N, units) for each stage.
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
    """Find the images that a unit answers most strongly, the strongest first.

    Shapes: answers (N, units) -> places of images (count,).
    """
    return np.argsort(-answers[:, unit], kind="stable")[:count]


def first_layer_weights(params: Params) -> Array:
    """Lay the first weights of a network out as pictures; of an ensemble, its first member's.

    A unit of a fully connected layer has a weight for every pixel of a square image, a kernel of a
    convolution one for every pixel of its window; all that comes before either keeps images square
    and grey.

    Shapes: weight (H * W, n_out) -> (n_out, H, W), weight (size, size, 1, n_out) -> (n_out, size,
    size).
    """
    weight = next(array for name, array in named_arrays(params) if name.endswith("weight"))
    side = math.isqrt(weight[..., 0].size)
    pictures: Array = weight.reshape(side, side, -1).transpose(2, 0, 1)
    return pictures
