"""What a sweep has found so far: every trial, kept so that it can be stopped at any moment.

cache/sweeps/<name>/
    plan.json         the plan, as it was read
    study.db          the trials: a study of Optuna's in SQLite, which optuna-dashboard shows
    trials/<n>.npz    where trial n stands, while it is not finished
    search.png        a picture of it all

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

MIN_TRIALS = 20  # complete trials, to say which fields matter


@dataclass(frozen=True)
class TrialCounts:
    """How many trials have come to which end."""

    complete: int
    pruned: int
    failed: int

    @property
    def finished(self) -> int:
        return self.complete + self.pruned + self.failed


@dataclass(frozen=True)
class CompletedTrial:
    """A trial that went to its end."""

    number: int
    objectives: tuple[float, ...]
    values: Values


def own_study(folder: Path) -> AbstractContextManager[bool]:
    """Be the one process that writes the folder of a sweep, as long as this context lasts.

    Raises: StorageError when another process has it.
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
        """How many trials the plan asks for."""
        return count_trials(self.plan)

    @contextmanager
    def being_written(self) -> Iterator[None]:
        """Own the folder, and tell of a disk that refuses as of others.

        Raises: StorageError, also when another process is at work on the sweep.
        """
        from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError

        try:
            with own_study(self.folder) as is_alone:
                if is_alone:
                    remove_parts(self.folder / "trials", ".*.part")
                yield
        except UpdateFinishedTrialError as error:  # where locks do nothing
            raise StorageError(
                f"sweep {self.name} was changed by another process ({error})",
                f"`network sweep --resume --name {self.name}` goes on when that has ended",
            ) from error
        except StorageInternalError as error:
            self.require_database()
            cause = error.__cause__ or error
            raise StorageError(
                f"cannot write {self.folder / 'study.db'} ({getattr(cause, 'orig', cause)})",
                "Make room, or choose another folder with --cache-dir",
            ) from error

    def require_database(self) -> None:
        """Require that the folder was neither removed nor moved while the sweep is at work.

        Raises: StorageError.
        """
        database = self.folder / "study.db"
        if not database.exists():
            raise StorageError(
                f"{database} is not there any more: sweep {self.name} was removed or moved",
                "What came after its last trial is not saved",
            )

    def ask(self) -> "optuna.trial.Trial":
        """Begin a trial; the sampler chooses its values when they are asked for."""
        return self.optuna.ask()

    def trial_values(self, trial: "optuna.trial.Trial") -> Values:
        """Choose the values of a trial, or find those that were chosen."""
        return suggest_values(self.plan.space, trial)

    def unfinished(self) -> list["optuna.trial.Trial"]:
        """List the trials that were running when the sweep was stopped."""
        import optuna

        states = (optuna.trial.TrialState.RUNNING,)
        found = self.optuna.get_trials(deepcopy=False, states=states)
        return [optuna.trial.Trial(self.optuna, trial._trial_id) for trial in found]  # noqa: SLF001

    def reported(self, trial: "optuna.trial.Trial") -> dict[int, float]:
        """Return what a trial had come to at each rung that it has reached."""
        return dict(self.optuna.get_trials(deepcopy=False)[trial.number].intermediate_values)

    def checkpoint(self, number: int) -> Path:
        """The file in which an unfinished trial stands."""
        return self.folder / "trials" / f"{number}.npz"

    def keep(self, number: int, checkpoint: bytes) -> None:
        """Write down where a trial stands.

        Raises: StorageError, also when the sweep was removed.
        """
        self.require_database()
        publish(self.checkpoint(number), [checkpoint])

    def kept(self, number: int) -> bytes | None:
        """Read where a trial stands, if it has got anywhere."""
        path = self.checkpoint(number)
        return path.read_bytes() if path.exists() else None

    def forget(self, number: int) -> None:
        """Forget where a trial stands."""
        remove_quietly(self.checkpoint(number))

    def finish(
        self,
        trial: "optuna.trial.Trial",
        objectives: list[float] | None,
        *,
        pruned: bool = False,
        problem: str = "",
    ) -> None:
        """Write down what a trial has come to: objectives, or that it was given up or failed."""
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
        """List the best trial; with several objectives, those that no other beats in all."""
        from optuna.trial import TrialState

        states = (TrialState.COMPLETE,)
        if not self.optuna.get_trials(deepcopy=False, states=states):
            return []
        trials = (
            self.optuna.best_trials if len(self.plan.objectives) > 1 else [self.optuna.best_trial]
        )
        return [self.found(trial) for trial in trials]

    def ranking(self) -> list[CompletedTrial]:
        """List the trials that went to their end, by the first objective, the best one first."""
        from optuna.trial import TrialState

        states = (TrialState.COMPLETE,)
        found = [self.found(it) for it in self.optuna.get_trials(deepcopy=False, states=states)]
        sign = -1 if self.plan.objectives[0].direction == "maximize" else 1
        return sorted(found, key=lambda one: (sign * one.objectives[0], one.number))

    def found(self, trial: "optuna.trial.FrozenTrial") -> CompletedTrial:
        """Put a trial into our own words."""
        from optuna.trial import FixedTrial

        values = suggest_values(self.plan.space, FixedTrial(trial.params))
        return CompletedTrial(trial.number, tuple(trial.values), values)

    def configuration(self, values: Values) -> Configuration:
        """Make the configuration of a trial."""
        return configure_trial(self.plan.fixed, values)

    def importances(self) -> dict[str, float]:
        """Say how much of the differences between trials each field explains; they add up to 1.

        Of fields that only some trials have, and of few trials, nothing is said.

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
