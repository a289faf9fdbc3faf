"""Write units that are switched off into plain parameters: no layer has to know of it."""

from collections.abc import Sequence

from network.core.activations import GELU, LeakyReLU, ReLU, Sigmoid, Tanh
from network.core.layers import Identity, Layer, Linear, Shape
from network.core.model import Model
from network.core.params import LayerParams, Params
from network.interpret.edits import Edits, edit_model
from network.interpret.units import blocks
from network.layers.convolution import Conv2D
from network.layers.dropout import Dropout
from network.layers.normalization import BatchNorm
from network.layers.pooling import AveragePool2D, MaxPool2D
from pipeline.datasets.records import IMAGE_SHAPE

# What enters a layer that then says exactly 0. The Sigmoid is (1 + tanh(x / 2)) / 2, and a tanh
# of -500 is -1 to the last bit.
GIVES_ZERO: dict[type[Layer], float] = {
    **dict.fromkeys((ReLU, LeakyReLU, GELU, Tanh), 0.0),
    Sigmoid: -1000.0,
}
KEEP_A_CONSTANT = (Identity, Dropout, MaxPool2D, AveragePool2D)


def fold_edits(model: Model, params: Params, edits: Edits, in_shape: Shape = IMAGE_SHAPE) -> Params:
    """Return parameters with which the model as it is answers as the edited one does.

    A unit that says 0 is one whose weights are 0, and whose bias is what its activation makes 0
    of; where its channel is normalised, it is so by the scale and the shift.

    Raises: ValueError when a layer or unit that is not there is named, or when no parameters
    make a unit say 0.
    """
    _, plain = edit_model(model, params, edits, in_shape)
    for place, unit in sorted(edits.off):  # of one stage, what the last layer says counts
        maker = find_maker(model.layers, place)
        constant = input_that_gives_zero(model.layers[maker + 1 : place + 1], place, unit)
        make_constant(model.layers[maker], plain[maker], unit, constant)
    return plain


def find_maker(layers: Sequence[Layer], place: int) -> int:
    """Find the last layer up to a place whose parameters decide alone what a unit says.

    Raises: ValueError when there is none.
    """
    stage = blocks(layers)[place]
    for maker in range(place, -1, -1):
        if stage is not None and isinstance(layers[maker], Linear | Conv2D | BatchNorm):
            return maker
    raise ValueError(f"layer {place}, {type(layers[place]).__name__}, has no units to switch off")


def input_that_gives_zero(layers: Sequence[Layer], place: int, unit: int) -> float:
    """Find the number that layers in a row make 0 of, going back from the last to the first.

    Raises: ValueError when there is none.
    """
    wanted = 0.0
    for layer in reversed(layers):
        if isinstance(layer, KEEP_A_CONSTANT):
            continue
        if wanted or type(layer) not in GIVES_ZERO:
            last = type(layers[-1]).__name__
            what = f"unit {unit} of layer {place}, {last}, cannot be off for good"
            raise ValueError(f"{what}: no parameters make it say 0 and leave the others alone")
        wanted = GIVES_ZERO[type(layer)]
    return wanted


def make_constant(maker: Layer, params: LayerParams, unit: int, constant: float) -> None:
    """Let one unit say the same, whatever it sees; in place."""
    weight, bias = ("scale", "shift") if isinstance(maker, BatchNorm) else ("weight", "bias")
    params[weight][..., unit], params[bias][unit] = 0, constant
