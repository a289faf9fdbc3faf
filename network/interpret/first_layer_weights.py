"""The weights of the first layer that learns, as pictures of what its units look for."""

import math

from network.core.params import Array, Params, named_arrays


def first_weights(params: Params) -> Array:
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
