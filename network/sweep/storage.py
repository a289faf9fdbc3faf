"""Open the study of Optuna's that keeps a sweep's trials, with what chooses and what prunes."""

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from network.sweep.plan import Plan
from network.sweep.workers.workers import missing_extra
from pipeline.errors import CorruptError

if TYPE_CHECKING:
    import optuna

NAME = "sweep"  # of the study in its database
WAIT = 60.0  # seconds for SQLite, while a dashboard reads


def open_study(path: Path, plan: Plan) -> "optuna.Study":
    """Open Optuna's study in an SQLite file, or make a new one there.

    Raises: MissingError without the extra `sweep`, CorruptError.
    """
    try:
        import optuna
        from sqlalchemy import URL
        from sqlalchemy.exc import SQLAlchemyError

        from network.sweep.study_storage import WriteThrough
    except ImportError as error:
        raise missing_extra(error) from error
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
        study.sampler = make_sampler(plan, len(study.get_trials(deepcopy=False)))
        study.pruner = make_pruner(plan)
    except (SQLAlchemyError, RuntimeError, ValueError, KeyError) as error:
        raise CorruptError(f"{path}: no study of Optuna's ({error})"[:500]) from error
    return study


def make_sampler(plan: Plan, trials: int) -> "optuna.samplers.BaseSampler":
    """Make what chooses values; `trials` are there already, which gives it another seed.

    Source: Bergstra, Bardenet, Bengio, Kegl, Algorithms for hyper-parameter optimization (2011),
    section 4, for "tpe"; Bergstra and Bengio, Random search for hyper-parameter optimization
    (2012), for "random".
    """
    from optuna import samplers

    seed = (plan.options.seed + trials) % 2**32
    if plan.options.sampler == "tpe":  # a running trial counts as a bad one: others go elsewhere
        return samplers.TPESampler(seed=seed, constant_liar=True, multivariate=True, group=True)
    return samplers.RandomSampler(seed)


def make_pruner(plan: Plan) -> "optuna.pruners.BasePruner":
    """Make what decides after each rung whether a trial is given up.

    Source: Li and others, A system for massively parallel hyperparameter tuning (2020), algorithm
    2, for "halving"; Golovin and others, Google Vizier (2017), section 3.2, for "median".
    """
    from optuna import pruners

    options = plan.options
    if options.pruner == "halving":
        return pruners.SuccessiveHalvingPruner(options.first_rung, options.factor)
    return pruners.MedianPruner() if options.pruner == "median" else pruners.NopPruner()
