"""Further layers, such as convolution and batch normalization, and layers as text."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.layers.convolution import Conv2D as Conv2D
    from network.layers.dropout import Dropout as Dropout
    from network.layers.ensemble import Ensemble as Ensemble, join_params as join_params
    from network.layers.normalization import BatchNorm as BatchNorm
    from network.layers.pooling import (
        AveragePool2D as AveragePool2D,
        MaxPool2D as MaxPool2D,
        Pooling as Pooling,
    )
    from network.layers.text import (
        build_layer as build_layer,
        describe_layer as describe_layer,
        parse_layers as parse_layers,
    )
    from network.layers.activations import (
        ACTIVATIONS as ACTIVATIONS,
        LeakyReLU as LeakyReLU,
        LogSoftmax as LogSoftmax,
    )
    from network.layers.whole_model import (
        calibrate_layers as calibrate_layers,
        require_shapes as require_shapes,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
