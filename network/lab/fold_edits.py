"""Write units that are switched off into plain parameters: no layer has to know of it."""

from collections.abc import Sequence

from network.core.layers import Layer, Shape
from network.core.model import Model
from network.core.params import Params
from network.interpret.edits import Edits, edit_model
from network.interpret.units import blocks
from pipeline.datasets.records import IMAGE_SHAPE


def fold_edits(model: Model, params: Params, edits: Edits, in_shape: Shape = IMAGE_SHAPE) -> Params:
    """Return parameters with which the model as it is answers as the edited one does.

    A unit that says 0 is one whose weights are 0, and whose bias is what its activation makes 0
    of; where its channel is normalised, it is so by the scale and the shift.

    Raises: ValueError when a layer or unit that is not there is named, or when no parameters
    make a unit say 0.
    """
    _, plain = edit_model(model, params, edits, in_shape)
    for place, unit in sorted(edits.off):  # of one stage, what the last layer says counts
        maker, (factor, offset) = find_maker(model.layers, place)
        constant = input_that_gives_zero(model.layers[maker + 1 : place + 1], place, unit)
        plain[maker][factor][..., unit] = 0
        plain[maker][offset][unit] = constant
    return plain


def find_maker(layers: Sequence[Layer], place: int) -> tuple[int, tuple[str, str]]:
    """Find the last layer up to a place that can make a unit constant, and its `unit_params`.

    Raises: ValueError when there is none.
    """
    stage = blocks(layers)[place]
    for maker in range(place, -1, -1):
        unit_params = layers[maker].unit_params
        if stage is not None and unit_params is not None:
            return maker, unit_params
    raise ValueError(f"layer {place}, {type(layers[place]).__name__}, has no units to switch off")


def input_that_gives_zero(layers: Sequence[Layer], place: int, unit: int) -> float:
    """Find the number that layers in a row make 0 of, going back from the last to the first.

    Raises: ValueError when there is none.
    """
    wanted = 0.0
    for layer in reversed(layers):
        if layer.is_identity or layer.keeps_constants:
            continue
        if wanted or layer.input_for_zero is None:
            last = type(layers[-1]).__name__
            what = f"unit {unit} of layer {place}, {last}, cannot be off for good"
            raise ValueError(f"{what}: no parameters make it say 0 and leave the others alone")
        wanted = layer.input_for_zero
    return wanted
