"""Studies of sweeps: create one from a plan, or load a saved one."""

from pathlib import Path

from network.runs.names import check_run_name, last_change
from network.sweep.plan import Plan, parse_plan
from network.sweep.space import Values, as_label, build_grid, configure_trial
from network.sweep.study import Study, own_study
from network.training.checks import check_name, format_value
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import Cache, remove_quietly, storage_error
from pipeline.storage.checksummed_json import publish_json, read_json

FORMAT = 1  # of plan.json
RESTORE = "Copy the sweep again from where it is intact, or start another one"


def create_study(cache: Cache, name: str, plan: Plan) -> Study:
    """Create a sweep with its first trials: the defaults, or those of the grid.

    Raises: UsageError if the name is taken; StorageError, also if another process writes the
    sweep.
    """
    folder = cache.sweeps() / check_run_name(name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(f"cannot make {folder}", error) from error
    with own_study(folder):
        if (folder / "plan.json").exists():
            raise UsageError(
                f"a sweep named {show_value(name)} already exists",
                f"Resume it with `network sweep --resume --name {name}`, or choose another --name",
            )
        for left in folder.glob("study.db*"):  # of a sweep that was killed before it had a plan
            remove_quietly(left)
        return fill_study(Study(folder, plan))


def fill_study(study: Study) -> Study:
    """Write the first trials of a new sweep, then its plan, which makes it valid."""
    plan = study.plan
    wanted = (
        list(build_grid(plan.space)) if plan.options.sampler == "grid" else [default_fields(plan)]
    )
    for values in wanted:
        study.optuna.enqueue_trial({field: as_label(value) for field, value in values.items()})
    source = {name: table for name, table in plan.source.items() if name != "about"}
    publish_json(study.folder / "plan.json", {"format": FORMAT, "plan": source})
    return study


def default_fields(plan: Plan) -> Values:
    """Return the default of each hyperparameter whose dimension contains it."""
    plain = configure_trial(plan.fixed, {}).to_dict()
    values: Values = {}
    for name, dimension in plan.space.items():
        table, _, inner = name.partition(".")
        value = plain[table].get(inner, 0.0) if inner else plain[table]
        if dimension.is_open(values) and dimension.holds(value):
            values[name] = value
    return values


def load_study(cache: Cache, name: str | None) -> Study:
    """Load a saved sweep, without a name the one that ran last.

    Raises: MissingError, CorruptError.
    """
    return open_folder(find_study_folder(cache, name))


def find_study_folder(cache: Cache, name: str | None) -> Path:
    """Find the folder of a sweep, without a name that of the sweep that ran last.

    Raises: MissingError, UsageError with the nearest name.
    """
    names = study_names(cache)
    if not names:
        raise MissingError(f"no sweep found in {cache.sweeps()}", "Run `network sweep PLAN`")
    name = name or names[-1]
    check_name("--name", name, names)
    return cache.sweeps() / name


def open_folder(folder: Path) -> Study:
    """Load the sweep of a folder.

    Raises: MissingError, CorruptError.
    """
    return Study(folder, read_saved_plan(folder / "plan.json"))


def read_saved_plan(path: Path) -> Plan:
    """Read the plan of a saved sweep.

    Raises: MissingError, CorruptError.
    """
    plan = read_json(path, RESTORE, FORMAT).get("plan")
    if not isinstance(plan, dict):
        what = f"{path} is damaged: plan is {format_value(plan)}; expected a table"
        raise CorruptError(what, RESTORE)
    try:
        return parse_plan(plan)
    except (UsageError, MissingError) as error:
        raise CorruptError(f"{path}: {error.message}", error.hint or RESTORE) from error


def study_names(cache: Cache) -> list[str]:
    """Return the names of all sweeps, the one that ran last at the end."""
    databases = (path.parent / "study.db" for path in cache.sweeps().glob("*/plan.json"))
    there = [path for path in databases if path.exists()]
    return [path.parent.name for path in sorted(there, key=last_change)]
