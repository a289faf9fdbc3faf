"""Initial weights: random numbers whose size suits the layer.

Training cannot start with all weights equal: then all outputs of a layer would be equal, they
would get equal gradients, and they would stay equal. So the initial weights are random. The biases
may start at 0.

How large should the weights be? An output of a layer is a sum of n_in products, weight w times
input x. If the weights are independent and have the mean 0,

    mean of sum^2 = n_in * (mean of w^2) * (mean of x^2)

So the outputs are about as large as the inputs if the mean of w^2, the *variance* of the weights,
is about 1 / n_in. With much smaller weights the signal fades from layer to layer. With much larger
ones it grows until the activations between the layers (activations.py) are saturated, and the
network hardly learns. The rules below differ in the constant. U(-b, b) is the uniform distribution,
whose variance is b^2 / 3; N(0, v) is the normal distribution with mean 0 and variance v.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from network.core.params import Array

# (random generator, n_in, n_out) -> weight (n_in, n_out)
Initializer: TypeAlias = Callable[[np.random.Generator, int, int], Array]


def uniform(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Draw from U(-1/sqrt(n_in), 1/sqrt(n_in)): variance 1 / (3 n_in).

    Shapes: (n_in, n_out).
    Source: LeCun, Bottou, Orr, Muller, Efficient BackProp (1998), section 4.6, keeps the
    standard deviation in proportion to 1/sqrt(n_in); the range is that of the original project.
    """
    bound = 1 / np.sqrt(n_in)
    return rng.uniform(-bound, bound, (n_in, n_out))


def glorot(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Draw from U(-r, r) with r = sqrt(6 / (n_in + n_out)): variance 2 / (n_in + n_out).

    A gradient goes through the layer the other way and is a sum over its n_out outputs. So
    1 / n_in suits the outputs and 1 / n_out the gradients, and this is between the two. Designed
    for the activation tanh.

    Shapes: (n_in, n_out).
    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward
    neural networks (2010), equation 16.
    """
    bound = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-bound, bound, (n_in, n_out))


def he(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Draw from N(0, 2 / n_in).

    Designed for the activation ReLU, which replaces the negative half of the numbers by 0 and so
    halves the mean of x^2. The factor 2 compensates for that.

    Shapes: (n_in, n_out).
    Source: He, Zhang, Ren, Sun, Delving deep into rectifiers (2015), equation 10.
    """
    return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))


INITIALIZERS: dict[str, Initializer] = {"uniform": uniform, "glorot": glorot, "he": he}
