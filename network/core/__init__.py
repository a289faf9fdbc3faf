"""Textbook: the parts of a network and one training step, in reading order."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.core.params import (
        Array as Array,
        LayerParams as LayerParams,
        Params as Params,
        copy_params as copy_params,
        count_params as count_params,
        is_finite as is_finite,
        map_params as map_params,
        named_arrays as named_arrays,
        zeros_like as zeros_like,
        zip_arrays as zip_arrays,
    )
    from network.core.initializers import INITIALIZERS as INITIALIZERS, uniform as uniform
    from network.core.layers import (
        Backward as Backward,
        Flatten as Flatten,
        Identity as Identity,
        Layer as Layer,
        Linear as Linear,
        MAX_UNITS as MAX_UNITS,
        Shape as Shape,
    )
    from network.core.activations import (
        Activation as Activation,
        ReLU as ReLU,
        Sigmoid as Sigmoid,
        Softmax as Softmax,
        Tanh as Tanh,
    )
    from network.core.losses import (
        CrossEntropy as CrossEntropy,
        Loss as Loss,
        SquaredError as SquaredError,
    )
    from network.core.model import (
        Model as Model,
        ModelBackward as ModelBackward,
        without_output_activation as without_output_activation,
    )
    from network.core.gradient_check import (
        ArrayCheck as ArrayCheck,
        EPSILON as EPSILON,
        TOLERANCE as TOLERANCE,
        check_gradients as check_gradients,
    )
    from network.core.optimizers import (
        Adam as Adam,
        Momentum as Momentum,
        Optimizer as Optimizer,
        SGD as SGD,
        State as State,
        decay_weights as decay_weights,
    )
    from network.core.schedules import (
        Schedule as Schedule,
        constant as constant,
        cosine as cosine,
    )
    from network.core.data import (
        Examples as Examples,
        batches as batches,
        count_held_out as count_held_out,
        load_examples as load_examples,
        scale_pixels as scale_pixels,
        split_indices as split_indices,
        split_validation as split_validation,
    )
    from network.core.train_step import train_step as train_step
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
