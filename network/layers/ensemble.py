"""Ensembles: a layer whose members are networks, and whose output is their mean."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np

from network.core.layers import Backward, Layer, Shape
from network.core.model import Model
from network.core.params import Array, LayerParams, Params
from network.core.plumbing.arguments import require
from network.core.plumbing.differences import avoid_steep
from network.layers.registry import SINGLE_LAYERS, parse_layers_among
from network.layers.whole_model import calibrate_layers, least_batch


@dataclass(frozen=True)
class Ensemble(Layer):
    """y = 1/M sum_m y_m: the mean of the outputs of M networks with separate parameters.

    d_x = sum_m d_x_m, where each member is given d_y / M.

    A member is its layers as text, as in `Flatten(), Linear(n_out=10)`. Its parameters are named
    member.layer.name, as in `0.1.weight`.

    Shapes: x as every member takes it -> y (N, K).
    Source: Perrone and Cooper, When networks disagree: ensemble methods for hybrid neural
    networks (1993), section 2, the basic ensemble method.
    """

    members: tuple[str, ...]

    model_name = "ensemble"

    def __post_init__(self) -> None:
        is_sequence = isinstance(self.members, list | tuple)  # JSON has lists
        are_texts = is_sequence and all(isinstance(member, str) for member in self.members)
        require(self, "members", are_texts and len(self.members) > 0, "one or more texts")
        object.__setattr__(self, "members", tuple(self.members))
        require(self, "members", all(self.networks), "layers as text, at least one each")

    @cached_property
    def networks(self) -> list[tuple[Layer, ...]]:
        """The layers of each member."""
        return [member_layers(member) for member in self.members]

    @property
    def gives_scores(self) -> bool:
        return all(layers[-1].gives_scores for layers in self.networks)

    @property
    def sums_to_one(self) -> bool:
        return all(layers[-1].sums_to_one for layers in self.networks)

    def log_scores(self, params: LayerParams, x: Array) -> tuple[Array, Array]:
        found = []
        for (*layers, last), member_params in self.inner_networks(params):
            logits, _ = Model(tuple(layers)).forward(member_params[:-1], x)
            found.append(last.log_scores(member_params[-1], logits))
        log_y, log_rest = (np.logaddexp.reduce(each, axis=0) for each in zip(*found, strict=True))
        return log_y - np.log(len(found)), log_rest - np.log(len(found))  # of the means

    @property
    def draws_random(self) -> bool:
        return any(layer.draws_random for layers in self.networks for layer in layers)

    @property
    def needs_batch(self) -> bool:
        return any(layer.needs_batch for layers in self.networks for layer in layers)

    def least_batch(self, in_shape: Shape) -> int:
        return max(least_batch(layers, in_shape) for layers in self.networks)

    def calibrate(self, params: LayerParams, x: Array) -> None:
        for layers, member_params in self.inner_networks(params):
            calibrate_layers(layers, member_params, x)

    def avoid_steep(self, params: LayerParams) -> None:
        for layers, member_params in self.inner_networks(params):
            avoid_steep(layers, member_params)

    def inner_networks(self, params: LayerParams) -> list[tuple[tuple[Layer, ...], Params]]:
        return [
            (layers, [select_params(params, f"{place}.{index}.") for index in range(len(layers))])
            for place, layers in enumerate(self.networks)
        ]

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        shapes: dict[str, Shape] = {}
        out_shapes = set()
        for place, layers in enumerate(self.networks):
            shape = in_shape
            for index, layer in enumerate(layers):
                layer_shapes, shape = layer.shapes(shape)
                shapes |= {f"{place}.{index}.{name}": it for name, it in layer_shapes.items()}
            out_shapes.add(shape)
        if len(out_shapes) != 1:
            raise ValueError(
                f"members have outputs of shapes {sorted(out_shapes)}; expected one shape"
            )
        return shapes, out_shapes.pop()

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        params = []
        for layers in self.networks:
            shape, member_params = in_shape, []
            for layer in layers:
                layer_params, shape = layer.init(rng, shape, dtype)
                member_params.append(layer_params)
            params.append(member_params)
        return join_params(params), shape

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        applied = [
            apply_layers(layers, params, f"{place}.", x, rng)
            for place, layers in enumerate(self.networks)
        ]
        share = x.dtype.type(1 / len(applied))

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_members = [backward_member(d_y * share, need_d_x) for _, backward_member in applied]
            grads = {name: grad for _, grads in d_members for name, grad in grads.items()}
            return np.add.reduce([d_x for d_x, _ in d_members]) if need_d_x else d_y, grads

        return np.add.reduce([y for y, _ in applied]) * share, backward


@cache
def member_layers(member: str) -> tuple[Layer, ...]:
    """Parse the layers of a member, once; they can include an ensemble."""
    return parse_layers_among(LAYERS, member)


def apply_layers(
    layers: tuple[Layer, ...],
    params: LayerParams,
    prefix: str,
    x: Array,
    rng: np.random.Generator | None,
) -> tuple[Array, Backward]:
    """Apply a member's layers; their parameters are found by the beginning of their names.

    Shapes: x (N, ...) -> outputs (N, K).
    """
    backwards = []
    for index, layer in enumerate(layers):
        x, backward_layer = layer.forward(select_params(params, f"{prefix}{index}."), x, rng)
        backwards.append(backward_layer)

    def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
        grads: LayerParams = {}
        for index in range(len(backwards) - 1, -1, -1):
            d_y, layer_grads = backwards[index](d_y, need_d_x or index > 0)
            grads |= {f"{prefix}{index}.{name}": grad for name, grad in layer_grads.items()}
        return d_y, grads

    return x, backward


def select_params(params: LayerParams, prefix: str) -> LayerParams:
    """Return the arrays whose names begin with a prefix, by the rest of their names."""
    return {
        name.removeprefix(prefix): array
        for name, array in params.items()
        if name.startswith(prefix)
    }


def join_params(members: list[Params]) -> LayerParams:
    """Return the parameters of several networks, named member.layer.name."""
    return {
        f"{place}.{index}.{name}": array
        for place, params in enumerate(members)
        for index, layer in enumerate(params)
        for name, array in layer.items()
    }


# every layer by its name, including the one of this file
LAYERS: dict[str, type[Layer]] = {**SINGLE_LAYERS, Ensemble.__name__: Ensemble}
