"""Folding of edits into parameters, so that layers need no support for edits."""

from collections.abc import Sequence

from network.core.layers import Layer, Shape
from network.core.model import Model
from network.core.params import Params
from network.interpret.edits import Edits, edit_model
from network.interpret.units import blocks
from pipeline.datasets.records import IMAGE_SHAPE


def fold_edits(model: Model, params: Params, edits: Edits, in_shape: Shape = IMAGE_SHAPE) -> Params:
    """Return parameters with which the original model computes the outputs of the edited one.

    A unit outputs 0 if its weights are 0 and its activation maps its bias to 0. If its channel is
    normalised, scale and shift are set instead.

    Raises: ValueError when a layer or unit does not exist, or when no parameters set its output
    to 0.
    """
    _, plain = edit_model(model, params, edits, in_shape)
    for place, unit in sorted(edits.off):  # later layers of a block override earlier ones
        maker, (factor, offset) = find_maker(model.layers, place)
        constant = input_that_gives_zero(model.layers[maker + 1 : place + 1], place, unit)
        plain[maker][factor][..., unit] = 0
        plain[maker][offset][unit] = constant
    return plain


def find_maker(layers: Sequence[Layer], place: int) -> tuple[int, tuple[str, str]]:
    """Find the last layer up to `place` that can make a unit constant, and its `unit_params`.

    Raises: ValueError when there is none.
    """
    block = blocks(layers)[place]
    for maker in range(place, -1, -1):
        unit_params = layers[maker].unit_params
        if block is not None and unit_params is not None:
            return maker, unit_params
    raise ValueError(f"layer {place}, {type(layers[place]).__name__}, has no units to switch off")


def input_that_gives_zero(layers: Sequence[Layer], place: int, unit: int) -> float:
    """Find the input for which a sequence of layers outputs 0.

    Raises: ValueError when there is none.
    """
    wanted = 0.0
    for layer in reversed(layers):
        if layer.is_identity or layer.keeps_constants:
            continue
        if wanted or layer.input_for_zero is None:
            last = type(layers[-1]).__name__
            problem = f"unit {unit} of layer {place}, {last}, cannot be switched off permanently"
            raise ValueError(f"{problem}: no parameters set only its output to 0")
        wanted = layer.input_for_zero
    return wanted
