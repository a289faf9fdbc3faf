"""The plan of a sweep: its hyperparameters, objective, sampler and pruner.

A plan is a TOML file. `[fixed]` has the settings that all trials share, and may name a `preset` to
start from; `[space]` has the hyperparameters to search; `[sweep]` has the rest:

    [sweep]
    objective = "accuracy"   # or "loss", "time", or several, without pruning
    sampler = "tpe"          # or "random", "grid"
    pruner = "halving"       # or "median", "none"
    trials = 200
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from network.sweep.objectives import OBJECTIVES, Objective
from network.sweep.plan_checks import check_plan
from network.sweep.pruners import PRUNERS
from network.sweep.samplers import SAMPLERS
from network.sweep.space import Numbers, Space, build_grid, configure_trial, read_space
from network.training.checks import check_name, check_range, fits_type, format_value
from network.training.configuration import resolve_keys
from network.training.find_preset import load_preset, read_toml
from pipeline.errors import UsageError

FOLDER = Path(__file__).parent / "plans"

RANGES: dict[str, tuple[float, float]] = {
    "trials": (1, 1_000_000),
    "first_rung": (1, 100_000),
    "factor": (2, 100),
    "target": (0, 1),
    "timeout": (0.1, 1e6),
    "seed": (0, 2**32 - 1),
}
KINDS = {str: "text", int: "a whole number", float: "a number"}  # of fields of [sweep]


@dataclass(frozen=True)
class SweepOptions:
    """The table `[sweep]`."""

    objective: str | list[str] = "accuracy"
    sampler: str = "tpe"
    pruner: str = "halving"
    trials: int = 100
    first_rung: int = 1  # epochs after which the first trials are pruned
    factor: int = 3  # one in `factor` trials reaches the next rung, `factor` times as far
    target: float = 0.95  # accuracy for the objective "time"
    timeout: float = 3600.0  # seconds that a worker may take from one rung to the next
    seed: int = 0  # of the sampler


@dataclass(frozen=True)
class Plan:
    """A plan, checked."""

    fixed: Mapping[str, Any]
    space: Space
    options: SweepOptions
    source: Mapping[str, Any]  # content of the file, saved with the sweep

    @property
    def objectives(self) -> list[Objective]:
        """The objectives, at least one."""
        return [OBJECTIVES[name] for name in self.objective_names]

    @property
    def objective_names(self) -> list[str]:
        found = self.options.objective
        return [found] if isinstance(found, str) else list(found)

    def rungs(self, epochs: int) -> list[int]:
        """Return the rungs of a trial: epochs after which it may be pruned, and its last.

        Source: Li and others, A system for massively parallel hyperparameter tuning (2020),
        algorithm 2, for "halving". The median is computed every `first_rung` epochs.
        """
        options, rungs = self.options, []
        if len(self.objectives) == 1 and options.pruner == "halving":
            highest = max(0, math.ceil(math.log(epochs / options.first_rung, options.factor)))
            rungs = [options.first_rung * options.factor**rung for rung in range(highest + 1)]
        elif len(self.objectives) == 1 and options.pruner == "median":
            rungs = list(range(options.first_rung, epochs, options.first_rung))
        return [*(rung for rung in rungs if rung < epochs), epochs]


def sweep_names() -> list[str]:
    """Return the names of the plans in the package."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_plan(name: str) -> Plan:
    """Read a plan by its name.

    Raises: UsageError, with the nearest name.
    """
    check_name("--preset", name, sweep_names())
    return read_plan(FOLDER / f"{name}.toml")


def read_plan(path: Path) -> Plan:
    """Read a plan from a TOML file.

    Raises: UsageError, MissingError.
    """
    source = read_toml(path)
    try:
        return build_plan(source)
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", error.hint) from error


def build_plan(source: Mapping[str, Any]) -> Plan:
    """Build a plan from the content of its file, and require comparable trials.

    Raises: UsageError.
    """
    plan = parse_plan(source)
    check_plan(plan.fixed, plan.space, plan.objective_names)
    return plan


def parse_plan(source: Mapping[str, Any]) -> Plan:
    """Build a plan without checking that its trials are comparable, for saved sweeps.

    Raises: UsageError.
    """
    for name, table in source.items():
        check_name("table", name, ("about", "sweep", "fixed", "space"))
        if not isinstance(table, dict):
            raise UsageError(f"{name} is {format_value(table)}; expected a table [{name}]")
    fixed = dict(source.get("fixed", {}))
    preset = fixed.pop("preset", None)
    fixed = resolve_keys(fixed)
    if preset is not None:
        fixed = load_preset(preset).values | fixed
    if "start" in fixed:
        raise UsageError("fixed.start is set, and a sweep trains from the beginning; leave it out")
    options = read_options(source.get("sweep", {}))
    space = read_space(source.get("space", {}), fixed)
    if options.sampler == "grid":
        check_grid(space)
    if configure_trial(fixed, {}).validation == 0:
        raise UsageError("validation is 0; a sweep needs validation images to compare trials")
    return Plan(fixed, space, options, source)


def read_options(table: Mapping[str, Any]) -> SweepOptions:
    """Read the table `[sweep]`.

    Raises: UsageError.
    """
    hints = get_type_hints(SweepOptions)
    for name, value in table.items():
        check_name("field of [sweep]", name, hints)
        if name != "objective" and not fits_type(value, hints[name]):
            expected = KINDS[hints[name]]
            raise UsageError(f"sweep.{name} is {format_value(value)}; expected {expected}")
    options = SweepOptions(**table)
    for name, (low, high) in RANGES.items():
        check_range(name, getattr(options, name), low, high)
    check_name("sampler", options.sampler, SAMPLERS)
    check_name("pruner", options.pruner, PRUNERS)
    names = options.objective if isinstance(options.objective, list) else [options.objective]
    for name in names:
        check_name("objective", name, OBJECTIVES)
    if not names or len(set(names)) < len(names):
        raise UsageError(f"objective is {format_value(names)}; expected one or more, each once")
    return options


def check_grid(space: Space) -> None:
    """Require a finite number of values for each hyperparameter, and no conditions.

    Raises: UsageError.
    """
    for name, dimension in space.items():
        if dimension.when:
            raise UsageError(
                f"space.{name} has a condition (when), but a grid tries every combination"
            )
        if isinstance(dimension, Numbers) and not dimension.steps:
            found = f"space.{name} is a range without steps, which a grid needs"
            raise UsageError(found, "Add a line such as steps = 5")


def count_trials(plan: Plan) -> int:
    """Count the trials of a plan: at most those of its grid."""
    wanted = plan.options.trials
    if plan.options.sampler != "grid":
        return wanted
    return min(wanted, sum(1 for _ in build_grid(plan.space)))
