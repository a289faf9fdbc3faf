"""Requirements of a whole model, collected from its layers."""

from collections.abc import Sequence

from network.core.layers import Layer, Shape
from network.core.model import Model
from network.core.params import Array, Params


def require_shapes(model: Model, params: Params, in_shape: Shape) -> None:
    """Require parameters of the names and shapes that the layers need.

    Raises: ValueError.
    """
    shape = in_shape
    for index, (layer, layer_params) in enumerate(zip(model.layers, params, strict=True)):
        expected, shape = layer.shapes(shape)
        found = {name: array.shape for name, array in layer_params.items()}
        if found != expected:
            raise ValueError(f"layer {index} has params {found}; expected {expected}")


def least_batch(layers: Sequence[Layer], in_shape: Shape) -> int:
    """Return the number of images a training step needs; `in_shape` is that of one."""
    least, shape = 1, in_shape
    for layer in layers:
        least = max(least, layer.least_batch(shape))
        shape = layer.shapes(shape)[1]
    return least


def calibrate_layers(layers: Sequence[Layer], params: Params, images: Array) -> None:
    """Measure statistics on training images, which layers use outside training.

    Batch normalization needs it: the mean and the variance of each unit. Writes to `params`.

    Shapes: images (N, H, W); a thousand are enough.
    """
    if not any(layer.needs_batch for layer in layers):
        return
    x = images
    for layer, layer_params in zip(layers, params, strict=True):
        layer.calibrate(layer_params, x)
        x, _ = layer.forward(layer_params, x)
