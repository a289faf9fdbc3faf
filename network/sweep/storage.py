"""The Optuna study with the trials of a sweep, in an SQLite file."""

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from network.sweep.plan import Plan
from network.sweep.pruners import PRUNERS
from network.sweep.samplers import SAMPLERS
from pipeline.errors import CorruptError
from pipeline.extras import needs_extra

with needs_extra("sweep", "a sweep"):
    import optuna
    from optuna.distributions import BaseDistribution
    from optuna.storages import InMemoryStorage, RDBStorage
    from optuna.study import StudyDirection
    from optuna.trial import FrozenTrial, TrialState
    from sqlalchemy import URL
    from sqlalchemy.exc import SQLAlchemyError

NAME = "sweep"  # of the study in its database
WAIT = 60.0  # seconds for SQLite, while a dashboard reads


def open_study(path: Path, plan: Plan) -> optuna.Study:
    """Load the Optuna study in an SQLite file, or create it.

    Raises: CorruptError.
    """
    options = plan.options
    optuna.logging.set_verbosity(logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    url = URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)
    try:
        connection = {"connect_args": {"timeout": WAIT}}
        database = optuna.storages.RDBStorage(url, engine_kwargs=connection)
        names = [objective.direction for objective in plan.objectives]
        directions = [optuna.study.StudyDirection[name.upper()] for name in names]
        if not database.get_all_studies():
            database.create_new_study(directions, NAME)
        study_id = database.get_study_id_from_name(NAME)
        storage = WriteThrough(database, study_id, NAME, directions)
        study = optuna.load_study(study_name=NAME, storage=storage)
        trials = len(study.get_trials(deepcopy=False))  # a resumed sweep draws with another seed
        study.sampler = SAMPLERS[options.sampler]((options.seed + trials) % 2**32)
        study.pruner = PRUNERS[options.pruner](options.first_rung, options.factor)
    except (SQLAlchemyError, RuntimeError, ValueError, KeyError) as error:
        what = f"{path} is damaged: not an Optuna study"
        raise CorruptError(what, "Copy the sweep again, or start another one") from error
    return study


class WriteThrough(InMemoryStorage):
    """An Optuna storage in memory that writes every change to a study in a database."""

    def __init__(
        self, database: RDBStorage, study_id: int, name: str, directions: list[StudyDirection]
    ) -> None:
        """Read every trial of the study."""
        super().__init__()
        self.database, self.kept_study_id = database, study_id
        self.kept_ids: dict[int, int] = {}  # of a trial here -> of the same trial there
        own_study = super().create_new_study(directions, name)
        for trial in database.get_all_trials(study_id):
            self.kept_ids[super().create_new_trial(own_study, trial)] = trial._trial_id  # noqa: SLF001

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        kept = self.database.create_new_trial(self.kept_study_id, template_trial)
        trial_id = super().create_new_trial(study_id, template_trial)
        self.kept_ids[trial_id] = kept
        return trial_id

    def set_trial_param(
        self,
        trial_id: int,
        param_name: str,
        param_value_internal: float,
        distribution: BaseDistribution,
    ) -> None:
        there = self.kept_ids[trial_id]
        self.database.set_trial_param(there, param_name, param_value_internal, distribution)
        super().set_trial_param(trial_id, param_name, param_value_internal, distribution)

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
        self.database.set_trial_state_values(self.kept_ids[trial_id], state, values)
        return super().set_trial_state_values(trial_id, state, values)

    def set_trial_intermediate_value(
        self, trial_id: int, step: int, intermediate_value: float
    ) -> None:
        there = self.kept_ids[trial_id]
        self.database.set_trial_intermediate_value(there, step, intermediate_value)
        super().set_trial_intermediate_value(trial_id, step, intermediate_value)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        self.database.set_trial_user_attr(self.kept_ids[trial_id], key, value)
        super().set_trial_user_attr(trial_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        self.database.set_trial_system_attr(self.kept_ids[trial_id], key, value)
        super().set_trial_system_attr(trial_id, key, value)
