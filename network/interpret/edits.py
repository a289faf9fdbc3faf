"""Edits of a trained model, such as ablation: units switched off, weights pruned."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from network.core.layers import Backward, Layer, Shape
from network.core.model import Model
from network.core.params import Array, LayerParams, Params, copy_params
from network.layers.whole_model import require_shapes
from pipeline.datasets.records import IMAGE_SHAPE

STEP, MASK = 0x6D2B79F5, 0xFFFFFFFF


@dataclass(frozen=True)
class Edits:
    """Edits of a model; by default, none.

    A unit is the index of a layer and the index of the unit in it; in images, of the channel.
    """

    off: tuple[tuple[int, int], ...] = ()  # ablated units, whose output is always 0
    shifts: dict[tuple[int, int], float] = field(default_factory=dict)  # added to a unit's bias
    scales: dict[tuple[int, int], float] = field(default_factory=dict)  # times a unit's weights
    prune: float = 0.0  # share of each layer's weights, the smallest, set to 0
    noise: float = 0.0  # noise on each weight, in standard deviations of its layer's weights


def edit_model(
    model: Model, params: Params, edits: Edits, in_shape: Shape = IMAGE_SHAPE
) -> tuple[Model, Params]:
    """Return an edited model and edited parameters; the given ones stay as they are.

    Raises: ValueError if a layer or a unit does not exist.
    """
    layers = list(model.layers)
    for place in {check_index(place, layers) for place, _ in edits.off}:
        units = tuple(unit for layer, unit in edits.off if layer == place)
        layers[place] = AblatedUnits(layers[place], units)
    edited = copy_params(params)
    for place, layer_params in enumerate(edited):
        if "weight" in layer_params:
            weight = layer_params["weight"]
            disturbed = weight + edits.noise * weight.std() * uniform_noise(weight.shape, place)
            layer_params["weight"] = prune_weights(
                disturbed.astype(weight.dtype), weight, edits.prune
            )
    for (place, unit), shift in edits.shifts.items():
        bias = edited[check_index(place, edited)].get("bias", np.empty(0))
        bias[check_index(unit, bias)] += shift
    for (place, unit), scale in edits.scales.items():
        weight = edited[check_index(place, edited)].get("weight", np.empty((0, 0)))
        weight[..., check_index(unit, range(weight.shape[-1]))] *= scale
    edited_model = Model(tuple(layers))
    require_shapes(edited_model, edited, in_shape)
    return edited_model, edited


def check_index(place: int, things: Any) -> int:
    """Return an index if it is in range.

    Raises: ValueError.
    """
    if not 0 <= place < len(things):
        raise ValueError(f"index {place} is out of range for {len(things)} entries")
    return place


@dataclass(frozen=True)
class AblatedUnits(Layer):
    """A layer with ablated units, whose output is always 0.

    Shapes: those of the layer; a unit is an index of the last axis.
    """

    layer: Layer
    units: tuple[int, ...]

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        shapes, out_shape = self.layer.shapes(in_shape)
        for unit in self.units:
            check_index(unit, range(out_shape[-1]))
        return shapes, out_shape

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        return self.layer.init(rng, in_shape, dtype)

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        y, backward_layer = self.layer.forward(params, x, rng)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return backward_layer(self.without(d_y), need_d_x)

        return self.without(y), backward

    def without(self, y: Array) -> Array:
        """Return a copy with 0 at the units."""
        y = y.copy()
        y[..., list(self.units)] = 0
        return y


def prune_weights(weight: Array, by: Array, share: float) -> Array:
    """Set a share of all weights to 0, where `by` is nearest to 0; of equals, all or none.

    Shapes: weight and by the same, and so is what is returned.
    Source: Han, Pool, Tran, Dally, Learning both weights and connections for efficient neural
    networks (2015), section 3, without training again.
    """
    sizes = np.append(np.sort(np.abs(by), axis=None), np.inf)
    is_gone = np.abs(by) < sizes[int(share * by.size)]
    return np.where(is_gone, weight.dtype.type(0), weight)


def uniform_noise(shape: Shape, seed: int) -> Array:
    """Return random numbers with mean 0 and standard deviation 1, the same as in edits.js.

    They are uniform, from the generator Mulberry32, whose n-th number needs no other.

    Source: Ettinger, mulberry32.c (2017).
    """
    n = np.arange(1, np.prod(shape, dtype=int) + 1, dtype=np.uint64)
    t = (seed + n * STEP) & MASK
    t = ((t ^ (t >> 15)) * (t | 1)) & MASK
    t ^= (t + (((t ^ (t >> 7)) * (t | 61)) & MASK)) & MASK
    uniform = (t ^ (t >> 14)) / 2**32  # from 0 to 1
    drawn: Array = ((2 * uniform - 1) * np.sqrt(3)).reshape(shape)
    return drawn
