"""Let several networks answer together: a layer that averages what its members say."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from network.core.layers import Backward, Layer, Shape
from network.core.params import Array, LayerParams, Params


@dataclass(frozen=True)
class Ensemble:
    """y = 1/M sum_m y_m: the mean of the outputs of M networks, each with parameters of its own.

    d_x = sum_m d_x_m, where each member is given d_y / M.

    A member is its layers as text, as in `Flatten(), Linear(n_out=10)`. Its parameters are named
    member.layer.name, as in `0.1.weight`.

    Shapes: x as every member takes it -> y (N, K).
    Source: Perrone and Cooper, When networks disagree: ensemble methods for hybrid neural
    networks (1993), section 2, the basic ensemble method.
    """

    members: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "members", tuple(self.members))  # JSON has lists

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        shapes: dict[str, Shape] = {}
        out_shapes = set()
        for place, member in enumerate(self.members):
            shape = in_shape
            for index, layer in enumerate(member_layers(member)):
                layer_shapes, shape = layer.shapes(shape)
                shapes |= {f"{place}.{index}.{name}": it for name, it in layer_shapes.items()}
            out_shapes.add(shape)
        if len(out_shapes) != 1:
            raise ValueError(f"members with outputs of shapes {sorted(out_shapes)}, expected one")
        return shapes, out_shapes.pop()

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        params = []
        for member in self.members:
            shape, member_params = in_shape, []
            for layer in member_layers(member):
                layer_params, shape = layer.init(rng, shape, dtype)
                member_params.append(layer_params)
            params.append(member_params)
        return join_params(params), shape

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        applied = [
            apply_layers(member_layers(member), params, f"{place}.", x, rng)
            for place, member in enumerate(self.members)
        ]
        share = x.dtype.type(1 / len(applied))

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_members = [backward_member(d_y * share, need_d_x) for _, backward_member in applied]
            grads = {name: grad for _, grads in d_members for name, grad in grads.items()}
            return np.add.reduce([d_x for d_x, _ in d_members]) if need_d_x else d_y, grads

        return np.add.reduce([y for y, _ in applied]) * share, backward


@cache
def member_layers(member: str) -> tuple[Layer, ...]:
    """Read the layers of a member from their text, once."""
    from network.layers.text import parse_layers  # which knows the layer of this file, too

    return parse_layers(member)


def apply_layers(
    layers: tuple[Layer, ...],
    params: LayerParams,
    prefix: str,
    x: Array,
    rng: np.random.Generator | None,
) -> tuple[Array, Backward]:
    """Apply a member's layers in a row, finding their parameters by the beginning of their names.

    Shapes: x (N, ...) -> outputs (N, K).
    """
    backwards = []
    for index, layer in enumerate(layers):
        x, backward_layer = layer.forward(member_params(params, f"{prefix}{index}."), x, rng)
        backwards.append(backward_layer)

    def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
        grads: LayerParams = {}
        for index in range(len(backwards) - 1, -1, -1):
            d_y, layer_grads = backwards[index](d_y, need_d_x or index > 0)
            grads |= {f"{prefix}{index}.{name}": grad for name, grad in layer_grads.items()}
        return d_y, grads

    return x, backward


def member_params(params: LayerParams, prefix: str) -> LayerParams:
    """Pick the arrays whose names begin so, by the rest of their names."""
    return {
        name.removeprefix(prefix): array
        for name, array in params.items()
        if name.startswith(prefix)
    }


def join_params(members: list[Params]) -> LayerParams:
    """Lay the parameters of several networks side by side, named member.layer.name."""
    return {
        f"{place}.{index}.{name}": array
        for place, params in enumerate(members)
        for index, layer in enumerate(params)
        for name, array in layer.items()
    }


def take_member(
    ensemble: Ensemble, params: LayerParams, place: int
) -> tuple[tuple[Layer, ...], Params]:
    """Take one of several networks out: its layers, and the parameters of each.

    Raises: IndexError.
    """
    layers, own = member_layers(ensemble.members[place]), member_params(params, f"{place}.")
    return layers, [member_params(own, f"{index}.") for index in range(len(layers))]
