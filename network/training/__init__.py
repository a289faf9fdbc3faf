"""From a configuration to a trained network."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.training.build import (
        WITH_MOMENTUM as WITH_MOMENTUM,
        build_model as build_model,
        build_recipe as build_recipe,
        effective_momentum as effective_momentum,
        init_params as init_params,
    )
    from network.training.configuration import (
        Configuration as Configuration,
        check_name as check_name,
        check_range as check_range,
        configuration_from_dict as configuration_from_dict,
        configuration_of as configuration_of,
        fits_type as fits_type,
        parse_augment as parse_augment,
        parse_hidden as parse_hidden,
    )
    from network.training.find_preset import (
        change_values as change_values,
        load_preset as load_preset,
        preset_names as preset_names,
        read_configuration_file as read_configuration_file,
    )
    from network.training.loop import (
        DivergedError as DivergedError,
        best_epoch as best_epoch,
        calibrate_model as calibrate_model,
        has_ended as has_ended,
        learning_rate_at as learning_rate_at,
        train as train,
    )
    from network.training.more_optimizers import OPTIMIZERS as OPTIMIZERS
    from network.training.recipe import Recipe as Recipe
    from network.training.state import (
        EpochDone as EpochDone,
        Event as Event,
        StepDone as StepDone,
        TrainingState as TrainingState,
    )
    from network.training.initial_state import (
        TrainingData as TrainingData,
        find_training_data as find_training_data,
        initial_model as initial_model,
        initial_state as initial_state,
    )
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
