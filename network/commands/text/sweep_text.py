"""Say in lines and tables how a sweep goes and what it has found."""

from typing import TYPE_CHECKING, Any

from pipeline.terminal.counted import counted

if TYPE_CHECKING:
    from network.sweep.search import TrialDone
    from network.sweep.study import Study

SHOWN = 10  # trials of a ranking


def format_trial(study: "Study", ended: "TrialDone") -> str:
    """One line for one trial that has ended."""
    what = {"complete": "", "pruned": ", given up", "failed": ", failed"}[ended.state]
    parts = [f"trial {ended.number:>4}{what}", format_objectives(study, ended.objectives)]
    if ended.epochs:
        parts.append(counted(ended.epochs, "epoch"))
    parts.append(format_values(ended.values))
    parts.append(ended.problem)
    return "  ".join(part for part in parts if part)


def format_progress(study: "Study", wanted: int, at_work: int, pace: float | None) -> list[str]:
    """The trials so far, the best first; pace is in seconds a trial."""
    counts = study.counts()
    line = (
        f"{counts.finished:,} of {wanted:,} trials ({counts.pruned:,} given up early, "
        f"{counts.failed:,} failed), {at_work:,} at work"
    )
    if pace is not None:
        minutes, seconds = divmod(round(pace * (wanted - counts.finished)), 60)
        line += f", {minutes}:{seconds:02} left"
    return [line, *format_ranking(study)]


def format_objectives(study: "Study", objectives: tuple[float, ...]) -> str:
    """Write what a trial has come to: 95.42 %, loss 0.1234, 3.2 s."""
    pairs = zip(study.plan.objective_names, objectives, strict=False)  # one given up has the first
    return "  ".join(format_objective(name, value) for name, value in pairs)


def format_objective(name: str, value: float) -> str:
    """Write one of these numbers."""
    if name == "accuracy":
        return f"{100 * value:.2f} %"
    return f"{value:.2f} s" if name == "time" else f"loss {value:.4f}"


def format_values(values: dict[str, Any]) -> str:
    """Write the values of a trial in a row."""
    return "  ".join(f"{name}={format_value(value)}" for name, value in values.items())


def format_value(value: Any) -> str:
    """Write a value with as many digits as matter to a reader."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def format_ranking(study: "Study") -> list[str]:
    """The best trials, one a line, with the values of every field."""
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
    """How much of the differences between trials each field explains, the most first."""
    width = max(len(name) for name in importances)
    ordered = sorted(importances.items(), key=lambda pair: -pair[1])
    lines = [f"  {name:<{width}}  {share:6.1%}".replace("%", " %") for name, share in ordered]
    return ["how much of the differences each field explains", *lines]
