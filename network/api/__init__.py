"""The Python interface: train, open a run, predict, evaluate, plot and export."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.api.mathematics import (
        check_gradients as check_gradients,
        train_step as train_step,
    )
    from network.api.prediction import Prediction as Prediction
    from network.api.run import Run as Run, list_runs as list_runs, open_run as open_run
    from network.api.train import (
        Training as Training,
        create_training as create_training,
        train as train,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
