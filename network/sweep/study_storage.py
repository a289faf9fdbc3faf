"""Keep a study in memory, and write every change to a database too: reading costs nothing.

Optuna reads all trials that are at work again whenever it asks for a new one, since somebody else
could have changed them. Nobody else does here, and with a thousand at work that would take longer
than they train.
"""

from collections.abc import Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.storages import InMemoryStorage, RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState


class WriteThrough(InMemoryStorage):
    """Optuna's storage in memory; its trials are those of one study in a database, and stay so."""

    def __init__(
        self, database: RDBStorage, study_id: int, name: str, directions: list[StudyDirection]
    ) -> None:
        """Read every trial there is."""
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
