"""Text about a sweep: its progress, its trials and its results."""

from typing import TYPE_CHECKING, Any

from pipeline.terminal.counted import counted

if TYPE_CHECKING:
    from network.sweep.search import TrialDone
    from network.sweep.study import Study

SHOWN = 10  # trials of a ranking


def format_trial(study: "Study", ended: "TrialDone") -> str:
    """Return the line of a trial that has ended."""
    what = {"complete": "", "pruned": ", pruned", "failed": ", failed"}[ended.state]
    parts = [f"trial {ended.number:>4}{what}", format_objectives(study, ended.objectives)]
    if ended.epochs:
        parts.append(counted(ended.epochs, "epoch"))
    parts.append(format_values(ended.values))
    parts.append(ended.problem)
    return "  ".join(part for part in parts if part)


def format_progress(study: "Study", wanted: int, at_work: int, pace: float | None) -> list[str]:
    """Return the progress and the best trials so far; `pace` is in seconds per trial."""
    counts = study.counts()
    line = (
        f"{counts.finished:,} of {wanted:,} trials ({counts.pruned:,} pruned, "
        f"{counts.failed:,} failed), {at_work:,} running"
    )
    if pace is not None:
        minutes, seconds = divmod(round(pace * (wanted - counts.finished)), 60)
        line += f", {minutes}:{seconds:02} left"
    return [line, *format_ranking(study)]


def format_objectives(study: "Study", objectives: tuple[float, ...]) -> str:
    """Return the objectives of a trial as text: 95.42 %, loss 0.1234, 3.2 s."""
    pairs = zip(study.plan.objective_names, objectives, strict=False)  # if pruned: the first
    return "  ".join(format_objective(name, value) for name, value in pairs)


def format_objective(name: str, value: float) -> str:
    """Return one objective as text."""
    if name == "accuracy":
        return f"{100 * value:.2f} %"
    return f"{value:.2f} s" if name == "time" else f"loss {value:.4f}"


def format_values(values: dict[str, Any]) -> str:
    """Return the values of a trial in one line."""
    return "  ".join(f"{name}={format_value(value)}" for name, value in values.items())


def format_value(value: Any) -> str:
    """Return a value as text, with four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def format_ranking(study: "Study") -> list[str]:
    """Return a table of the best trials with their hyperparameters."""
    ranking = study.ranking()[:SHOWN]
    if not ranking:
        return []
    names = list(study.plan.space)
    rows = [["trial", *study.plan.objective_names, *names]]
    for one in ranking:
        pairs = zip(study.plan.objective_names, one.objectives, strict=True)
        objectives = [format_objective(name, value) for name, value in pairs]
        values = [format_value(one.values[name]) if name in one.values else "-" for name in names]
        rows.append([str(one.number), *objectives, *values])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    padded = [[f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join(row) for row in padded]


def format_importances(importances: dict[str, float]) -> list[str]:
    """Return the importance of each hyperparameter, the highest first."""
    width = max(len(name) for name in importances)
    ordered = sorted(importances.items(), key=lambda pair: -pair[1])
    lines = [f"  {name:<{width}}  {share:6.1%}".replace("%", " %") for name, share in ordered]
    return ["hyperparameter importance", *lines]
