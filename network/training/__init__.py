"""From a configuration to a trained network."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.training.build import (
        WITH_MOMENTUM as WITH_MOMENTUM,
        build_model as build_model,
        build_recipe as build_recipe,
        effective_momentum as effective_momentum,
        fully_connected as fully_connected,
        init_params as init_params,
    )
    from network.training.configuration import (
        Configuration as Configuration,
        OPTIONS as OPTIONS,
        build_configuration as build_configuration,
        configuration_from_dict as configuration_from_dict,
        find_option as find_option,
        resolve_keys as resolve_keys,
        useless_options as useless_options,
    )
    from network.training.european import (
        require_digits as require_digits,
        split_and_redraw as split_and_redraw,
    )
    from network.training.checks import (
        check_name as check_name,
        check_range as check_range,
        fits_type as fits_type,
        format_list as format_list,
        format_value as format_value,
        suggest_name as suggest_name,
    )
    from network.training.option import (
        Group as Group,
        Option as Option,
        OptionError as OptionError,
        Slider as Slider,
        options_spelled as options_spelled,
    )
    from network.training.option_values import (
        Number as Number,
        Registry as Registry,
        Strengths as Strengths,
        Whole as Whole,
    )
    from network.training.option_types import (
        AliasTypes as AliasTypes,
        OptionTypes as OptionTypes,
    )
    from network.training.find_preset import (
        change_values as change_values,
        load_preset as load_preset,
        preset_names as preset_names,
        read_settings as read_settings,
        read_toml as read_toml,
    )
    from network.training.loop import (
        best_epoch as best_epoch,
        calibrate_model as calibrate_model,
        has_ended as has_ended,
        learning_rate_at as learning_rate_at,
        train as train,
    )
    from network.training.optimizers import OPTIMIZERS as OPTIMIZERS
    from network.training.stuck import (
        DEEP as DEEP,
        guessing_loss as guessing_loss,
        is_stuck as is_stuck,
    )
    from network.training.schedules import SCHEDULES as SCHEDULES
    from network.training.recipe import Recipe as Recipe
    from network.training.state import (
        EpochDone as EpochDone,
        Event as Event,
        StepDone as StepDone,
        TrainingState as TrainingState,
    )
    from network.training.initial_state import (
        TrainingData as TrainingData,
        count_outputs as count_outputs,
        find_training_data as find_training_data,
        initial_model as initial_model,
        initial_state as initial_state,
    )
    from network.training.enough_examples import (
        check_examples as check_examples,
        require_held_out as require_held_out,
    )
    from network.training.losses import LOSSES as LOSSES
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
