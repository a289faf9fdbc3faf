"""Initial weights: random numbers whose size suits the layer.

Training has to start somewhere. It cannot start with all weights equal: then all outputs of a
layer would be equal, they would get equal gradients, and they would stay equal. So the initial
weights are random. The biases may start at 0.

How large should the weights be? An output of a layer is a sum over its n_in inputs, so for
independent weights w with mean 0

    variance of the sum = n_in * (variance of w) * (mean of x^2)

The sum is about as large as an input x if the variance of w is about 1 / n_in. With much smaller
weights the signal fades from layer to layer. With much larger ones it grows, and reaches the flat
parts of the activations (see activations.py), where nothing can be learnt. The three rules here
differ only in the constant. U(-b, b) is the uniform distribution, which has the variance b^2 / 3;
N(m, v) is the normal distribution with mean m and variance v.
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

    The gradient passes through the layer in the other direction and is a sum over n_out numbers.
    This variance is between 1 / n_in, which suits the outputs, and 1 / n_out, which suits the
    gradients. Made for the activation tanh.

    Shapes: (n_in, n_out).
    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward
    neural networks (2010), equation 16.
    """
    bound = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-bound, bound, (n_in, n_out))


def he(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Draw from N(0, 2 / n_in).

    Made for the activation ReLU, which turns half of its inputs into 0 and so halves the mean of
    x^2; the 2 makes up for it.

    Shapes: (n_in, n_out).
    Source: He, Zhang, Ren, Sun, Delving deep into rectifiers (2015), equation 10.
    """
    return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))


INITIALIZERS: dict[str, Initializer] = {"uniform": uniform, "glorot": glorot, "he": he}
