"""Chart of a sweep: the objective by trial and by each hyperparameter."""

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from network.sweep.space import Numbers
from network.sweep.study import CompletedTrial, Study
from pipeline.extras import needs_extra
from pipeline.storage.cache import publish

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS, WIDTH, HEIGHT = 3, 3.6, 2.8  # panels in a row, inches of each
DOTS, BEST = "#4477aa", "#cc3311"
SHOWN = 0.5  # fraction of better trials that sets the scale, so that bad trials do not compress it


def draw_search(study: Study, path: Path) -> None:
    """Draw every complete trial, and save the chart as PNG.

    Raises: MissingError without the extra `sweep`; StorageError.
    """
    with needs_extra("sweep", "the chart of a sweep"):
        from matplotlib.figure import Figure
        from matplotlib.ticker import PercentFormatter
    trials = sorted(study.ranking(), key=lambda trial: trial.number)
    names = list(study.plan.space)
    rows = math.ceil((len(names) + 1) / COLUMNS)
    figure = Figure(figsize=(COLUMNS * WIDTH, rows * HEIGHT), layout="constrained")
    panels: list[Axes] = list(figure.subplots(rows, COLUMNS, squeeze=False, sharey=True).flat)
    for panel in panels[len(names) + 1 :]:
        panel.remove()
    draw_course(panels[0], study, trials)
    for panel, name in zip(panels[1:], names, strict=False):
        draw_field(panel, study, trials, name)
    for panel in panels[::COLUMNS]:
        panel.set_ylabel(study.plan.objective_names[0])
    if study.plan.objective_names[0] == "accuracy":
        panels[0].yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    panels[0].set_ylim(*choose_scale(study, trials))
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=130)
    publish(path, [picture.getvalue()])


def draw_course(panel: "Axes", study: Study, trials: list[CompletedTrial]) -> None:
    """Draw the trials in their order, and the best so far."""
    choose = max if study.plan.objectives[0].direction == "maximize" else min
    values = [trial.objectives[0] for trial in trials]
    best = [choose(values[: end + 1]) for end in range(len(values))]
    numbers = [trial.number for trial in trials]
    panel.plot(numbers, values, ".", color=DOTS, alpha=0.6)
    panel.step(numbers, best, where="post", color=BEST, label="best so far")
    panel.set_title("trial", fontsize="medium")
    panel.legend(loc="best", fontsize="small", frameon=False)


def draw_field(panel: "Axes", study: Study, trials: list[CompletedTrial], name: str) -> None:
    """Draw the objective over one hyperparameter."""
    tried = [trial for trial in trials if name in trial.values]
    dimension = study.plan.space[name]
    places: list[Any] = [trial.values[name] for trial in tried]
    if isinstance(dimension, Numbers):
        panel.set_xscale("log" if dimension.log else "linear")
        panel.set_xlim(dimension.low, dimension.high)
    else:
        labels = [str(choice) for choice in dimension.grid()]
        places = [labels.index(str(place)) for place in places]
        panel.set_xticks(range(len(labels)), labels, fontsize="x-small")
        panel.set_xlim(-0.5, len(labels) - 0.5)
    panel.plot(places, [trial.objectives[0] for trial in tried], ".", color=DOTS, alpha=0.6)
    if trials:
        best = study.best()[0]
        if name in best.values:
            place = best.values[name]
            where = place if isinstance(dimension, Numbers) else labels.index(str(place))
            panel.plot([where], [best.objectives[0]], "o", color=BEST, fillstyle="none")
    panel.set_title(name, fontsize="medium")


def choose_scale(study: Study, trials: list[CompletedTrial]) -> tuple[float | None, float | None]:
    """Return limits for the objective's axis that keep the better trials apart."""
    found = [trial.objectives[0] for trial in trials]
    values = sorted(value for value in found if math.isfinite(value))
    if len(values) < 4 or values[0] == values[-1]:
        return None, None
    if study.plan.objectives[0].direction == "maximize":
        low, high = values[int(len(values) * (1 - SHOWN) / 2)], values[-1]
    else:
        low, high = values[0], values[-1 - int(len(values) * (1 - SHOWN) / 2)]
    margin = 0.05 * ((high - low) or (values[-1] - values[0]))
    return low - margin, high + margin
