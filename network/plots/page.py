"""The HTML report: all plots of a run on one page that needs no internet."""

import base64
import html
from collections.abc import Iterator
from importlib.resources import files
from string import Template

from network.core.params import count_params
from network.metrics.confidence_intervals import accuracy_interval
from network.plots.drawing import draw_plot
from network.plots.registry import PLOTS
from network.plots.style import COLOURS
from network.plots.subject import Subject
from network.runs.evaluation_log import LoggedEvaluation, is_about, read_evaluations
from network.runs.names import describe_sizes
from pipeline.terminal.counted import counted


def make_page(subject: Subject) -> bytes:
    """Return the report of one run as HTML; names of runs and classes are escaped.

    Raises: CorruptError for a damaged test.json; MissingError without the extra `plots`.
    """
    template = Template((files("network.plots") / "report.html").read_text("utf-8"))
    fitting = {name: plot for name, plot in PLOTS.items() if plot.fits(subject)}
    links = (f'<a href="#{name}">{html.escape(plot.title)}</a>' for name, plot in fitting.items())
    page = template.substitute(
        accent=COLOURS[0],
        title=html.escape(subject.name),
        about=html.escape(about(subject)),
        scores="\n".join(scores(subject)),
        links="\n".join(links),
        sections="\n".join(section(subject, name) for name in fitting),
        choices="\n".join(choices(subject)),
    )
    return page.encode()


def about(subject: Subject) -> str:
    """Describe the run in a sentence."""
    configuration, epochs = subject.loaded.configuration, len(subject.history)
    members = subject.loaded.checkpoint.meta.get("members")
    made = (
        f"an average of {', '.join(members)}"
        if members
        else f"trained for {counted(epochs, 'epoch')}"
    )
    return (
        f"A network of {describe_sizes(subject.model)} with "
        f"{count_params(subject.params):,} parameters, {made}, on {configuration.dataset}. "
        f"The charts show its predictions on {subject.shown}."
    )


def scores(subject: Subject) -> Iterator[str]:
    """Yield the accuracy on the examples of the charts, and the logged test evaluations."""
    result = subject.result
    yield score(result.correct, result.count, subject.shown)
    run, checkpoint = subject.loaded.run, subject.loaded.checkpoint
    last: dict[tuple[str, str], LoggedEvaluation] = {
        (it.dataset, it.split): it
        for it in read_evaluations(run.result, subject.loaded.configuration.dataset)
        if is_about(it, checkpoint)
    }
    for evaluation in last.values():
        yield score(
            evaluation.correct,
            evaluation.count,
            f"{evaluation.count:,} {evaluation.split} images of {evaluation.dataset}",
        )


def score(correct: int, count: int, what: str) -> str:
    """Return one accuracy with its interval."""
    low, high = accuracy_interval(correct, count)
    return (
        f"<li><b>{100 * correct / count:.2f} %</b><span>of {html.escape(what)}</span>"
        f"<span>95 % interval {100 * low:.2f} to {100 * high:.2f}</span></li>"
    )


def section(subject: Subject, name: str) -> str:
    """Return one plot under its title, with a sentence on how to read it."""
    plot = PLOTS[name]
    data = base64.b64encode(draw_plot(name, [subject], "svg")).decode()
    return (
        f'<h2 id="{name}">{html.escape(plot.title)}</h2>\n<p>{html.escape(plot.reading)}</p>\n'
        f'<figure><img alt="{html.escape(plot.title)} of {html.escape(subject.name)}" '
        f'src="data:image/svg+xml;base64,{data}"></figure>'
    )


def choices(subject: Subject) -> Iterator[str]:
    """Yield the configuration and the environment of the training."""
    environment = subject.loaded.checkpoint.meta.get("environment", {})
    told = subject.loaded.configuration.to_dict() | environment
    for name, value in told.items():
        yield f"<dt>{html.escape(str(name))}</dt><dd>{html.escape(str(value))}</dd>"
