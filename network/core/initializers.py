"""How the first weights of a layer are drawn.

Too small and the signal fades from layer to layer, too large and every sigmoid saturates: the
range has to follow the number of inputs of *this* layer.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from network.core.params import Array

Initializer: TypeAlias = Callable[[np.random.Generator, int, int], Array]


def uniform(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Draw from U(-1/sqrt(n_in), 1/sqrt(n_in)).

    Shapes: (n_in, n_out).
    Source: LeCun, Bottou, Orr, Muller, Efficient BackProp (1998), section 4.6, keeps the
    standard deviation in proportion to 1/sqrt(n_in); the range is the seed project's.
    """
    bound = 1 / np.sqrt(n_in)
    return rng.uniform(-bound, bound, (n_in, n_out))


def glorot(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Draw from U(-r, r) with r = sqrt(6 / (n_in + n_out)), made for tanh.

    Shapes: (n_in, n_out).
    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward
    neural networks (2010), equation 16.
    """
    bound = np.sqrt(6 / (n_in + n_out))
    return rng.uniform(-bound, bound, (n_in, n_out))


def he(rng: np.random.Generator, n_in: int, n_out: int) -> Array:
    """Draw from N(0, 2 / n_in), made for ReLU.

    Shapes: (n_in, n_out).
    Source: He, Zhang, Ren, Sun, Delving deep into rectifiers (2015), equation 10.
    """
    return rng.normal(0, np.sqrt(2 / n_in), (n_in, n_out))


INITIALIZERS: dict[str, Initializer] = {"uniform": uniform, "glorot": glorot, "he": he}
