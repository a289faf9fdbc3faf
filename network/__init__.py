"""A neural network in NumPy: from pickles to predictions.

To understand it, read `network/core` in this order: params, initializers, layers, activations,
losses, model, gradient_check, optimizers, schedules, data, train_step. You can skip its folder
`plumbing`, which serves the rest of the code. Then `network/layers` has further layers,
`network/training` the training loop, and `network/runs` the files on disk.

In comments on shapes, the same letter has the same meaning in every file:

    N       examples in a batch
    K       classes (10 digits)
    H, W    height and width of an image (28, 28)
    C       channels of an image, last
    n_in    inputs of a layer, one per row of its weight matrix
    n_out   outputs of a layer, one per column of its weight matrix

and so does the same name:

    x       inputs of a layer, one example per row
    y       outputs of a layer
    labels  (N,) the digit in each image, as an integer
    outputs (N, K) of the whole model; the highest is the prediction
    d_name  the gradient of the loss with respect to `name`, with the shape of `name`
"""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.api import (
        train as train,
        train_step as train_step,
        check_gradients as check_gradients,
        create_training as create_training,
        Training as Training,
        open_run as open_run,
        list_runs as list_runs,
        Run as Run,
        Prediction as Prediction,
    )
    from network.training import (
        Configuration as Configuration,
        StepDone as StepDone,
        EpochDone as EpochDone,
    )
    from network.core import (
        Linear as Linear,
        Flatten as Flatten,
        Sigmoid as Sigmoid,
        ReLU as ReLU,
        Softmax as Softmax,
        SquaredError as SquaredError,
        CrossEntropy as CrossEntropy,
        Model as Model,
        SGD as SGD,
        Adam as Adam,
    )
    from network.layers import (
        Conv2D as Conv2D,
        MaxPool2D as MaxPool2D,
        BatchNorm as BatchNorm,
        Dropout as Dropout,
    )
    from pipeline import ProjectError as ProjectError, load_dataset as load_dataset
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
