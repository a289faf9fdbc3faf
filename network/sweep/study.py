"""The folder of a sweep, from which it can resume after a stop at any time.

cache/sweeps/<name>/
    plan.json         the plan, as it was read
    study.db          the trials: an Optuna study in SQLite, which optuna-dashboard shows
    trials/<n>.npz    the checkpoint of trial n until it has ended
    search.png        the chart of the search

Only the parent of a sweep writes here.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from network.sweep.plan import Plan, count_trials
from network.sweep.space import Values, configure_trial, suggest_values
from network.sweep.storage import open_study
from network.training.configuration import Configuration
from pipeline.errors import StorageError
from pipeline.storage.cache import publish, remove_parts, remove_quietly
from pipeline.storage.locks import own_folder

if TYPE_CHECKING:
    import optuna

MIN_TRIALS = 20  # complete trials needed for hyperparameter importances


@dataclass(frozen=True)
class TrialCounts:
    """The numbers of complete, pruned and failed trials."""

    complete: int
    pruned: int
    failed: int

    @property
    def finished(self) -> int:
        return self.complete + self.pruned + self.failed


@dataclass(frozen=True)
class CompletedTrial:
    """A complete trial."""

    number: int
    objectives: tuple[float, ...]
    values: Values


def own_study(folder: Path) -> AbstractContextManager[bool]:
    """Own the folder of a sweep: no other process writes it during this context.

    Raises: StorageError if another process owns it.
    """
    return own_folder(folder, f"sweep {folder.name}")


class Study:
    """The folder of a sweep."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder, self.plan = folder, plan
        self.optuna = open_study(folder / "study.db", plan)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def wanted(self) -> int:
        """The number of trials in the plan."""
        return count_trials(self.plan)

    @contextmanager
    def being_written(self) -> Iterator[None]:
        """Own the folder, and turn errors of the database into those of the project.

        Raises: StorageError, also if another process writes the sweep.
        """
        from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError

        try:
            with own_study(self.folder) as is_alone:
                if is_alone:
                    remove_parts(self.folder / "trials", ".*.part")
                yield
        except UpdateFinishedTrialError as error:  # if locks have no effect
            raise StorageError(
                f"sweep {self.name} was changed by another process ({error})",
                f"When that has ended, run `network sweep --resume --name {self.name}`",
            ) from error
        except StorageInternalError as error:
            self.require_database()
            cause = error.__cause__ or error
            raise StorageError(
                f"cannot write {self.folder / 'study.db'} ({getattr(cause, 'orig', cause)})",
                "Make room, or choose another folder with --cache-dir",
            ) from error

    def require_database(self) -> None:
        """Require that the folder was neither removed nor moved during the sweep.

        Raises: StorageError.
        """
        database = self.folder / "study.db"
        if not database.exists():
            raise StorageError(
                f"{database} not found: sweep {self.name} was removed or moved while it ran",
                "Results after its last trial are not saved",
            )

    def ask(self) -> "optuna.trial.Trial":
        """Start a trial; the sampler chooses its values when they are read."""
        return self.optuna.ask()

    def trial_values(self, trial: "optuna.trial.Trial") -> Values:
        """Return the values of a trial, chosen now or before."""
        return suggest_values(self.plan.space, trial)

    def unfinished(self) -> list["optuna.trial.Trial"]:
        """List the trials that were running when the sweep was stopped."""
        import optuna

        states = (optuna.trial.TrialState.RUNNING,)
        found = self.optuna.get_trials(deepcopy=False, states=states)
        return [optuna.trial.Trial(self.optuna, trial._trial_id) for trial in found]  # noqa: SLF001

    def reported(self, trial: "optuna.trial.Trial") -> dict[int, float]:
        """Return the objective of a trial at each rung that it has reached."""
        return dict(self.optuna.get_trials(deepcopy=False)[trial.number].intermediate_values)

    def checkpoint(self, number: int) -> Path:
        """Return the checkpoint file of an unfinished trial."""
        return self.folder / "trials" / f"{number}.npz"

    def keep(self, number: int, checkpoint: bytes) -> None:
        """Save the checkpoint of a trial.

        Raises: StorageError, also when the sweep was removed.
        """
        self.require_database()
        publish(self.checkpoint(number), [checkpoint])

    def kept(self, number: int) -> bytes | None:
        """Read the checkpoint of a trial, if it has reached a rung."""
        path = self.checkpoint(number)
        return path.read_bytes() if path.exists() else None

    def forget(self, number: int) -> None:
        """Remove the checkpoint of a trial."""
        remove_quietly(self.checkpoint(number))

    def finish(
        self,
        trial: "optuna.trial.Trial",
        objectives: list[float] | None,
        *,
        pruned: bool = False,
        problem: str = "",
    ) -> None:
        """Save the end of a trial: its objectives, or that it was pruned or failed."""
        from optuna.trial import TrialState

        if problem:
            trial.set_user_attr("problem", problem)
        if objectives is not None:
            self.optuna.tell(trial, objectives)
        else:
            self.optuna.tell(trial, state=TrialState.PRUNED if pruned else TrialState.FAIL)
        self.forget(trial.number)

    def counts(self) -> TrialCounts:
        """Count the finished trials."""
        from optuna.trial import TrialState

        states = [trial.state for trial in self.optuna.get_trials(deepcopy=False)]
        ends = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
        return TrialCounts(*(states.count(end) for end in ends))

    def best(self) -> list[CompletedTrial]:
        """Return the best trial, or the Pareto front if there are several objectives."""
        from optuna.trial import TrialState

        states = (TrialState.COMPLETE,)
        if not self.optuna.get_trials(deepcopy=False, states=states):
            return []
        trials = (
            self.optuna.best_trials if len(self.plan.objectives) > 1 else [self.optuna.best_trial]
        )
        return [self.found(trial) for trial in trials]

    def ranking(self) -> list[CompletedTrial]:
        """Return the complete trials by the first objective, the best one first."""
        from optuna.trial import TrialState

        states = (TrialState.COMPLETE,)
        found = [self.found(it) for it in self.optuna.get_trials(deepcopy=False, states=states)]
        sign = -1 if self.plan.objectives[0].direction == "maximize" else 1
        return sorted(found, key=lambda one: (sign * one.objectives[0], one.number))

    def found(self, trial: "optuna.trial.FrozenTrial") -> CompletedTrial:
        """Return a trial of Optuna as a CompletedTrial."""
        from optuna.trial import FixedTrial

        values = suggest_values(self.plan.space, FixedTrial(trial.params))
        return CompletedTrial(trial.number, tuple(trial.values), values)

    def configuration(self, values: Values) -> Configuration:
        """Build the configuration of a trial."""
        return configure_trial(self.plan.fixed, values)

    def importances(self) -> dict[str, float]:
        """Compute the importance of each hyperparameter; importances add up to 1.

        Hyperparameters that only some trials have are left out. Few trials have no importances.

        Source: Watanabe, Bansal, Hutter, PED-ANOVA: efficiently quantifying hyperparameter
        importance in arbitrary subspaces (2023), as Optuna computes it.
        """
        import optuna

        if self.counts().complete < MIN_TRIALS:
            return {}
        several = len(self.plan.objectives) > 1
        return optuna.importance.get_param_importances(
            self.optuna,
            evaluator=optuna.importance.PedAnovaImportanceEvaluator(),
            target=(lambda trial: trial.values[0]) if several else None,
        )
