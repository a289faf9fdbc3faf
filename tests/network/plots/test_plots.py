"""Plots and reports: every kind draws for every sort of run, the same each time, and offline."""

import base64
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from network.commands.plot import Kinds
from network.core.data import Examples
from network.interpret.units import first_layer_weights
from network.plots.confusion import draw_confusion
from network.plots.drawing import check_kinds, draw_plot, plan_plots, write_plots
from network.plots.learning import draw_learning
from network.plots.page import make_page
from network.plots.per_class import draw_per_class
from network.plots.registry import PLOTS
from network.plots.style import our_style
from network.plots.subject import load_subjects, most_confident_mistakes
from network.runs.evaluation_log import count_evaluations, read_evaluations
from network.runs.make_ensemble import make_ensemble
from network.runs.names import find_run
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.errors import UsageError
from tests.support.checkout import REPOSITORY
from tests.support.small_digits import NAME, make_small_digits

SORTS = {
    "dense": {"hidden": (5,)},
    "conv": {"layers": "Conv2D(3, 5), ReLU, MaxPool2D, Flatten"},
    "no hidden layer": {"hidden": ()},
}
RUNS = ("dense", "conv", "together")


def train(cache, name, choices):
    for _ in create_training_run(cache, choices, name).train():
        pass


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Runs of every sort, trained for two epochs on a few real digits, and an ensemble of two."""
    cache = make_small_digits(tmp_path_factory.mktemp("plots"), 120)
    for name, fields in SORTS.items():
        choices = Configuration(dataset=NAME, epochs=2, validation=0.5, **fields)
        train(cache, name.replace(" ", "-"), choices)
    make_ensemble(cache, ["dense", "no-hidden-layer"], "together")
    return cache


@pytest.fixture(scope="module")
def subjects(cache):
    return {run: load_subjects(cache, [run], "validation")[0] for run in RUNS}


def few(subject, count=5):
    """A subject with its first images alone, which are drawn sooner."""
    examples = subject.examples
    return replace(subject, examples=Examples(examples.images[:count], examples.labels[:count]))


@pytest.mark.parametrize("run", ["conv", "together"])  # the report below has those of "dense"
@pytest.mark.parametrize("kind", PLOTS)
def test_every_plot_that_fits_is_a_picture(kind, run, subjects):
    if not PLOTS[kind].fits(subjects[run]):
        assert (kind, run) == ("learning", "together")
        return
    assert draw_plot(kind, [few(subjects[run])], "png").startswith(b"\x89PNG")


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLOTS)
def test_every_plot_is_the_same_each_time_and_asks_nobody(kind, subjects):
    subject = few(subjects["dense"])
    picture = draw_plot(kind, [subject], "svg")
    assert picture == draw_plot(kind, [subject], "svg")
    assert ET.fromstring(picture).tag.endswith("svg")
    assert not re.search(rb"(href|src)=\"(?!#|data:)", picture)


def test_a_plot_of_pixels_is_the_same_each_time(subjects):
    first, second = (draw_plot("learning", [subjects["dense"]], "png") for _ in range(2))
    assert first == second


@pytest.mark.parametrize("kind", [kind for kind, plot in PLOTS.items() if plot.takes_several])
def test_several_runs_share_a_picture_and_are_named_in_it(kind, subjects):
    with our_style():
        figure = PLOTS[kind].draw([subjects["dense"], subjects["conv"]])
    named = [text.get_text() for panel in figure.axes if (legend := panel.get_legend())
             for text in legend.get_texts()]  # fmt: skip
    for run in ("dense", "conv"):
        assert any(text.startswith(run) for text in named)


def test_curves_are_the_history(subjects):
    subject = subjects["dense"]
    with our_style():
        losses, accuracies = draw_learning([subject]).axes
    trained, held_out = losses.get_lines()
    assert list(trained.get_ydata()) == [done.loss for done in subject.history]
    assert list(held_out.get_ydata()) == [done.validation_loss for done in subject.history]
    curve, best = accuracies.get_lines()
    assert best.get_ydata()[0] == max(curve.get_ydata())


def test_a_confusion_matrix_shows_every_count_in_its_place(subjects):
    subject = subjects["conv"]
    with our_style():
        (panel,) = draw_confusion([subject]).axes
    told = {text.get_position(): text.get_text() for text in panel.texts}
    for (label, answer), count in np.ndenumerate(subject.result.confusion):
        assert told.get((answer, label), "0") == str(count)


def test_the_interval_of_a_class_contains_its_accuracy(subjects):
    with our_style():
        (panel,) = draw_per_class([subjects["dense"]]).axes
    (bars,) = panel.containers
    points = bars.lines[0].get_xydata()
    for (x, accuracy), segment in zip(points, bars.lines[2][0].get_segments(), strict=True):
        assert segment[0][0] == x
        assert segment[0][1] - 1e-9 <= accuracy <= segment[1][1] + 1e-9


def test_mistakes_are_wrong_and_come_surest_first(subjects):
    subject = subjects["dense"]
    which = most_confident_mistakes(subject, 5)
    assert (subject.answers[which] != subject.examples.labels[which]).all()
    sureness = subject.probabilities[which].max(axis=1)
    assert (np.diff(sureness) <= 0).all()
    wrong = subject.answers != subject.examples.labels
    assert sureness[0] == subject.probabilities[wrong].max()


def test_first_weights_are_images_of_what_each_unit_sees(subjects):
    dense, conv, together = (subjects[run].params for run in RUNS)
    assert (first_layer_weights(dense)[3].ravel() == dense[1]["weight"][:, 3]).all()
    assert (first_layer_weights(conv)[2] == conv[0]["weight"][:, :, 0, 2]).all()
    assert (first_layer_weights(together) == first_layer_weights(dense)).all()


def test_the_kinds_are_drawn_once_each_in_our_order(cache, tmp_path):
    assert check_kinds([], "png") == list(PLOTS)
    assert check_kinds(["weights", "learning", "weights"], "svg") == ["learning", "weights"]
    with pytest.raises(UsageError, match="Did you mean weights"):
        check_kinds(["wieghts"], "png")
    with pytest.raises(UsageError, match='format is "pdf"; expected png or svg'):
        check_kinds([], "pdf")
    two = load_subjects(cache, ["dense", "conv"], "validation")
    paths = list(write_plots(plan_plots(two, ["learning", "confusion"], tmp_path, "png")))
    names = ["dense+conv_learning.png", "dense_confusion.png", "conv_confusion.png"]
    assert [path.name for path in paths] == names
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_the_help_names_every_kind():
    told = Kinds.__metadata__[0].help.removeprefix("Kinds of plots: ").split(".")[0]
    assert re.findall(r"[a-z-]+", told) == list(PLOTS)


def test_held_out_images_cost_no_look_and_a_split_costs_one(cache, subjects):
    run = find_run(cache, "conv")
    before = count_evaluations(read_evaluations(run.result, NAME), NAME, "test")
    load_subjects(cache, ["conv"], "validation")
    assert count_evaluations(read_evaluations(run.result, NAME), NAME, "test") == before
    (tested,) = load_subjects(cache, ["conv"], "test")
    looks = read_evaluations(run.result, NAME)
    assert count_evaluations(looks, NAME, "test") == before + 1
    assert looks[-1].correct == tested.result.correct


def test_all_splits_are_named_if_one_is_unknown(cache):
    train(cache, "split", Configuration(dataset=NAME, epochs=1, hidden=()))
    with pytest.raises(UsageError, match='no split "foo"; expected one of train, test, validation'):
        load_subjects(cache, ["split"], "foo")


def test_a_run_that_held_nothing_out_says_what_to_choose(cache):
    choices = Configuration(dataset=NAME, epochs=1, validation=0.0, hidden=())
    train(cache, "all-trained", choices)
    with pytest.raises(UsageError, match=r"has no validation images\. Choose --split test"):
        load_subjects(cache, ["all-trained"], "validation")
    create_training_run(cache, choices, "untrained")
    create_training_run(cache, replace(choices, epochs=0), "ended")
    for name, how in (
        ("untrained", "--resume untrained"),
        ("ended", f"--from ended --dataset {NAME}"),
    ):
        expected = f"run {name} is untrained (0 epochs). Train it: `network train {how}`"
        with pytest.raises(UsageError, match=f"^{re.escape(expected)}$"):
            load_subjects(cache, [name], "validation")


def test_an_ensemble_is_drawn_by_what_none_of_its_networks_was_trained_on(cache):
    choices = Configuration(dataset=NAME, epochs=1, validation=0.5, hidden=())
    for seed in (1, 2):
        train(cache, f"seed-{seed}", replace(choices, seed=seed))
    make_ensemble(cache, ["seed-1", "seed-2"], "two-seeds")
    first, second, both = (
        {it.tobytes() for it in load_subjects(cache, [run], "validation")[0].examples.images}
        for run in ("seed-1", "seed-2", "two-seeds")
    )
    assert both == first & second
    assert 0 < len(both) < len(first)


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.addresses, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data):
        self.text += data


def test_a_report_holds_every_plot_and_needs_nothing_else(subjects):
    subject = few(subjects["dense"])
    page = Page(make_page(subject).decode())
    pictures = [it for it in page.addresses if it.startswith("data:image/svg+xml;base64,")]
    assert len(pictures) == page.tags.count("img") == len(PLOTS)
    for picture in pictures:
        assert ET.fromstring(base64.b64decode(picture.partition(",")[2])).tag.endswith("svg")
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert "script" not in page.tags
    for plot in PLOTS.values():
        assert plot.title in page.text
        assert plot.reading in page.text
    assert f"{100 * subject.result.accuracy:.2f} %" in page.text


@pytest.mark.slow
def test_names_of_classes_and_choices_are_text_in_a_report(subjects):
    hostile = "<script>alert(1)</script>&\"'$title"
    subject = few(subjects["dense"])
    loaded = replace(
        subject.loaded, configuration=replace(subject.loaded.configuration, dataset=hostile)
    )
    classes = (hostile, *subject.classes[1:])
    page = Page(make_page(replace(subject, loaded=loaded, classes=classes, shown=hostile)).decode())
    assert "script" not in page.tags
    assert page.text.count(hostile) >= 3


@pytest.mark.slow
def test_commands_write_where_they_say(cache, call, call_json, tmp_path):
    answer = call_json("plot", "dense", "--kind", "weights", "--out", str(tmp_path), cache=cache)
    assert answer == {"runs": ["dense"], "paths": [str(tmp_path / "dense_weights.png")]}
    assert call_json("report", "dense", cache=cache)["path"] == str(
        cache.pictures() / "dense_report.html"
    )
    assert (cache.pictures() / "dense_report.html").read_bytes().startswith(b"<!doctype html>")
    assert "does not end in .html" in call("report", "--out", "x.pdf", code=2, cache=cache).err
    assert "Did you mean mistakes?" in call("plot", "--kind", "mistake", code=2, cache=cache).err


def test_without_the_extra_one_line_says_which(cache, run_process, tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError(name='matplotlib')")
    path = f"{tmp_path}:{REPOSITORY}"
    done = run_process("network", "plot", "dense", cache=cache, code=3, PYTHONPATH=path)
    assert done.stderr.startswith("network: a plot needs the package matplotlib, which is not")
    assert re.search(r"Install it: .* -m pip install .*\[plots\]'\.\n$", done.stderr)


EXTREMES = ["all right", "all wrong", "one right", "one wrong"]


def extreme_subject(subjects, images):
    """Give images the labels that make all or one of the predictions correct or incorrect."""
    subject = subjects["dense"]
    labels = subject.answers if "right" in images else (subject.answers + 1) % 10
    count = 1 if "one" in images else 12
    examples = Examples(subject.examples.images[:count], labels[:count])
    extreme = replace(subject, examples=examples)
    assert extreme.result.accuracy == ("right" in images)
    return extreme


@pytest.mark.parametrize("images", EXTREMES)
def test_the_classes_of_an_extreme_run_are_drawn(images, subjects):
    with our_style():
        draw_per_class([extreme_subject(subjects, images)])


@pytest.mark.slow
@pytest.mark.parametrize("images", EXTREMES)
def test_a_report_of_an_extreme_run_has_every_plot(images, subjects):
    assert make_page(extreme_subject(subjects, images)).count(b"<figure>") == len(PLOTS)
