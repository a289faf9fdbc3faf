"""Hyperparameter search: the plan, its trials and their results."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.sweep.chart import draw_search as draw_search
    from network.sweep.find_study import (
        create_study as create_study,
        find_study_folder as find_study_folder,
        load_study as load_study,
        study_names as study_names,
    )
    from network.sweep.plan import (
        Plan as Plan,
        build_plan as build_plan,
        load_plan as load_plan,
        read_plan as read_plan,
        sweep_names as sweep_names,
    )
    from network.sweep.search import Sweep as Sweep, TrialDone as TrialDone
    from network.sweep.space import configure_trial as configure_trial
    from network.sweep.plan_checks import require_validation as require_validation
    from network.sweep.study import Study as Study, own_study as own_study
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
