"""A neural network in NumPy: from pickles to predictions.

To understand it, read `network/core` in this order: params, initializers, layers, activations,
losses, model, gradient_check, optimizers, schedules, data, train_step. You can skip layer_traits
and arguments, which serve the rest of the code. Then `network/layers` has further layers,
`network/training` the training loop, and `network/runs` what is kept on disk.

In comments on shapes, the same letter has the same meaning in every file:

    N       examples in a batch
    K       classes (10 digits)
    H, W    height and width of an image (28, 28)
    C       channels of an image, last
    n_in    inputs of a layer, one row of its weight matrix each
    n_out   outputs of a layer, one column of its weight matrix each

and so has the same name:

    x       inputs of a layer, one example per row
    y       outputs of a layer
    labels  (N,) the digit in each image, as an integer
    outputs (N, K) of the whole model; the highest is the prediction
    d_name  the derivative of the loss by `name`, with the shape of `name`
"""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.core import (
        Params as Params,
        Array as Array,
        Linear as Linear,
        Flatten as Flatten,
        Sigmoid as Sigmoid,
        Tanh as Tanh,
        ReLU as ReLU,
        LeakyReLU as LeakyReLU,
        GELU as GELU,
        Softmax as Softmax,
        Layer as Layer,
        Loss as Loss,
        SquaredError as SquaredError,
        CrossEntropy as CrossEntropy,
        Model as Model,
        fully_connected as fully_connected,
        check_gradients as check_gradients,
        SGD as SGD,
        Momentum as Momentum,
        Adam as Adam,
        Examples as Examples,
        load_examples as load_examples,
        split_validation as split_validation,
        batches as batches,
        train_step as train_step,
    )
    from network.layers import (
        Conv2D as Conv2D,
        MaxPool2D as MaxPool2D,
        AveragePool2D as AveragePool2D,
        BatchNorm as BatchNorm,
        Dropout as Dropout,
        Ensemble as Ensemble,
        parse_layers as parse_layers,
    )
    from network.images import (
        Augmentation as Augmentation,
        build_augmentation as build_augmentation,
    )
    from network.metrics import (
        compute_outputs as compute_outputs,
        predict_classes as predict_classes,
        confusion_matrix as confusion_matrix,
        wilson_interval as wilson_interval,
    )
    from network.training import (
        Configuration as Configuration,
        build_model as build_model,
        build_recipe as build_recipe,
        TrainingState as TrainingState,
        StepDone as StepDone,
        EpochDone as EpochDone,
        train as train,
    )
    from network.runs import (
        TrainingRun as TrainingRun,
        create_training_run as create_training_run,
        find_run as find_run,
        load_run as load_run,
        load_checkpoint as load_checkpoint,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
