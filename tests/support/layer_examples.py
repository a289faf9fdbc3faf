"""An example of every layer, with what one forward and one backward pass need."""

import numpy as np
from hypothesis import strategies as st

from network.core.activations import ReLU, Sigmoid, Softmax, Tanh
from network.core.layers import Flatten, Identity, Linear
from network.layers.activations import GELU, LeakyReLU, LogSoftmax
from network.layers.convolution import Conv2D
from network.layers.dropout import Dropout, Dropout2D
from network.layers.ensemble import Ensemble
from network.layers.normalization import BatchNorm
from network.layers.pooling import AveragePool2D, MaxPool2D

# name -> an example, and the least shape that one of its inputs may have
EXAMPLES = {
    "Linear": (Linear(3, "glorot"), (1,)),
    "Flatten": (Flatten(), (1, 1)),
    "Identity": (Identity(), (1,)),
    "Sigmoid": (Sigmoid(), (1,)),
    "Tanh": (Tanh(), (1, 1)),
    "ReLU": (ReLU(), (1, 1)),
    "LeakyReLU": (LeakyReLU(0.1), (1, 1)),
    "GELU": (GELU(), (1, 1)),
    "Softmax": (Softmax(), (1,)),
    "LogSoftmax": (LogSoftmax(), (1,)),
    "Conv2D": (Conv2D(3, 3, padding=1), (2, 2, 1)),
    "MaxPool2D": (MaxPool2D(), (2, 2, 1)),
    "AveragePool2D": (AveragePool2D(), (2, 2, 1)),
    "BatchNorm": (BatchNorm(), (1, 1)),
    "Dropout": (Dropout(0.3), (1, 1)),
    "Dropout2D": (Dropout2D(0.3), (1, 1, 1)),
    "Ensemble": (
        Ensemble(("Linear(3), Sigmoid", "Dropout(0.4), Linear(4), Tanh, Linear(3)")),
        (1,),
    ),
}


PADDED_SIZES = [(size, padding) for size in range(1, 4) for padding in range(size)]


class Application:
    """A layer with everything that one forward and one backward pass need, write-protected."""

    def __init__(self, name, seed=0, dtype=np.float64, size=None, scale=1.0):
        self.layer, least = EXAMPLES[name]
        rng = np.random.default_rng(seed)
        shape = size or tuple(
            low + more for low, more in zip((1, *least), rng.integers(0, 5, 9), strict=False)
        )
        self.params, self.out_shape = self.layer.init(rng, shape[1:], dtype)
        for key, array in self.params.items():
            array += rng.normal(size=array.shape).astype(dtype)
            if key == "variance":
                np.abs(array, out=array)
        x = rng.normal(size=shape)
        x += np.copysign(0.01, x)  # away from the kink of ReLU
        self.x = (scale * x).astype(dtype)
        self.d_y = rng.normal(size=(len(x), *self.out_shape)).astype(dtype)
        for array in (self.x, self.d_y, *self.params.values()):
            array.setflags(write=False)
        self.rng, self.is_training = rng, True

    def forward(self, params=None, x=None):
        return self.layer.forward(
            self.params if params is None else params,
            self.x if x is None else x,
            np.random.default_rng(1) if self.is_training else None,
        )

    def run(self):
        """Return every array that the two passes make."""
        y, backward = self.forward()
        d_x, grads = backward(self.d_y)
        return {"y": y, "d_x": d_x, **grads}

    def slope(self, compute_y, h=1e-6):
        """The change of sum(d_y * y) for a small step, by central differences."""
        return (np.vdot(compute_y(h), self.d_y) - np.vdot(compute_y(-h), self.d_y)) / (2 * h)


def any_application(name, **options):
    """Draw an application of a layer, of any small shape and content."""
    sizes = st.tuples(*(st.integers(low, low + 4) for low in (1, *EXAMPLES[name][1])))
    return st.builds(
        lambda seed, size: Application(name, seed, size=size, **options),
        st.integers(0, 2**32), sizes,
    )  # fmt: skip
