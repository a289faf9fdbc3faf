"""Evaluation, comparison and ensembles of runs, on the command line."""

import json
import re
import shutil
from statistics import fmean, stdev

import numpy as np
import pytest
from PIL import Image

from network.core.activations import Sigmoid, Tanh
from network.core.layers import Flatten, Linear
from network.core.model import Model
from network.runs.folder import Run, load_run
from network.runs.names import create_run, find_run
from network.training.configuration import Configuration
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.storage.cache import Cache
from tests.support.checkout import REPOSITORY

NAMES = ("one", "two", "three")
COMPARE = "Compare settings on validation images"
WARNING = "if you tune on the test set, its accuracy is not a fair estimate\n"


@pytest.fixture
def three(call, built_cache):
    """Three runs that predict most digits correctly, with different seeds, none tested yet."""
    for seed, name in enumerate(NAMES):
        run = Run(built_cache.runs() / name)
        if not run.folder.exists():
            options = ("--limit=3000", "--epochs=3", "--loss=cross-entropy", f"--seed={seed}")
            call("train", *options, "--name", name)
        run.result.unlink(missing_ok=True)
    return NAMES


@pytest.fixture(scope="module")
def own(built_cache, tmp_path_factory, mnist_test_set):
    """Two user datasets: digits with the classes of MNIST, and with only five of them."""
    images, labels = mnist_test_set
    for name, few in (("own-digits", labels < 10), ("five-digits", labels < 5)):
        parts = {"train": np.flatnonzero(few)[:400], "test": np.flatnonzero(few)[400:700]}
        arrays = {f"x_{split}": images[which] for split, which in parts.items()}
        arrays |= {f"y_{split}": labels[which] for split, which in parts.items()}
        path = tmp_path_factory.mktemp("own") / "digits.npz"
        np.savez(path, **arrays)
        import_dataset(built_cache, path, name, ImportOptions())
    return "own-digits", "five-digits"


def save_untrained(cache, name, layers, configuration):
    """Save an untrained run with layers that `train` cannot make, unless it exists."""
    if not Run(cache.runs() / name).folder.exists():
        model = Model(layers)
        params = model.init(np.random.default_rng(0), (28, 28))
        create_run(cache, name, model, params, configuration)


def test_every_look_is_counted_and_more_than_one_is_told(call, call_json, three, built_cache):
    assert call_json("test", "one")["looks"] == 1
    printed = call("test", "one", "--limit", "500")
    assert f"this run has been tested 2 times. {COMPARE}: {WARNING}" in printed.err
    assert "times" not in printed.out
    assert call_json("compare", "one", "two")["looks"] == [3, 1]
    assert call_json("test", "one")["looks"] == 4
    looks = json.loads(find_run(built_cache, "one").result.read_text())["looks"]
    assert [look["count"] for look in looks] == [10_000, 500, 10_000, 10_000]
    assert "been tested" not in call("test", "two", "--split", "train").err
    assert "been tested" not in call("test", "three").err


@pytest.mark.parametrize("version", ["0.1.0", "0.2.0"])
def test_a_result_of_an_earlier_version_is_the_first_look(
    version, call_json, three, built_cache, tmp_path
):
    old = REPOSITORY / "tests" / "artefacts" / version / "runs" / "old" / "test.json"
    shutil.copy(old, find_run(built_cache, "one").result)
    rows = {row["run"]: row["accuracy"] for row in call_json("runs")["runs"]}
    assert rows["one"] == json.loads(old.read_text())["accuracy"]
    assert call_json("test", "one")["looks"] == 2


def test_a_damaged_result_is_not_written_over(call_json, three, built_cache):
    path = find_run(built_cache, "one").result
    path.write_text("{")
    error = call_json("test", "one", code=4)["error"]
    assert error["hint"] == "Delete it and run `network test one`"
    assert path.read_text() == "{"
    path.unlink()
    assert call_json("test", "one")["looks"] == 1


def test_several_runs_are_told_with_their_spread(call, call_json, three):
    result = call_json("test", *three)
    assert result.keys() == {"runs", "mean", "sd"}
    accuracies = [one["accuracy"] for one in result["runs"]]
    assert [one["run"] for one in result["runs"]] == [*three]
    assert result["mean"] == pytest.approx(fmean(accuracies))
    assert result["sd"] == pytest.approx(stdev(accuracies))
    alone = call_json("test", "one")
    assert alone == result["runs"][0] | {"looks": 2}
    text = call("test", *three)
    assert text.out.count("95 % interval") == 3
    assert re.search(
        r"\nmean \d\d\.\d\d %, standard deviation \d\.\d\d, [\d.]+-[\d.]+ %\n", text.out
    )
    assert f"one of these 3 runs has been tested 3 times. {COMPARE}: {WARNING}" in text.err


def test_a_run_is_tested_on_another_data_set_whose_scores_are_kept_apart(
    call_json, call, three, own, built_cache
):
    mine = call_json("test", "one", "--limit=1000")
    other = call_json("test", "one", "--dataset", own[0])
    training = call_json("test", "one", "--dataset", own[0], "--split", "train")
    assert (mine["looks"], other["looks"], training["looks"]) == (1, 1, 1)
    assert (other["count"], training["count"]) == (300, 400)
    # they are MNIST's test images after the first 400, so the predictions are the same
    first = call_json("test", "one", "--limit=400")["correct"]
    assert call_json("test", "one", "--limit=700")["correct"] == first + other["correct"]
    rows = {row["run"]: row for row in call_json("runs")["runs"]}
    assert rows["one"]["count"] == 700
    assert (
        "run one on 300 test images of own-digits\n"
        in call("test", "one", f"--dataset={own[0]}").out
    )
    assert call_json("compare", "one", "two", "--dataset", own[0])["count"] == 300


def test_comparing_counts_image_by_image(call, call_json, three):
    result = call_json("compare", "one", "two")
    assert result.keys() == {
        "runs", "count", "both", "only_first", "only_second", "neither", "accuracies",
        "difference", "interval", "p", "better", "looks",
    }  # fmt: skip
    one, two = (call_json("test", name)["correct"] for name in ("one", "two"))
    assert result["both"] + result["only_first"] == one
    assert result["both"] + result["only_second"] == two
    assert result["count"] == 10_000
    assert result["accuracies"] == [one / 10_000, two / 10_000]
    assert result["difference"] == pytest.approx((two - one) / 10_000)
    assert result["interval"][0] < result["difference"] < result["interval"][1]
    mirrored = call_json("compare", "two", "one")
    assert mirrored["p"] == result["p"]
    assert mirrored["difference"] == -result["difference"]
    text = call("compare", "one", "two").out
    assert re.search(rf"\nonly two correct +{result['only_second']:,}\n", text)


def test_a_better_run_is_called_better(call, call_json, three, built_cache):
    save_untrained(built_cache, "raw", (Flatten(), Linear(10), Tanh()), Configuration())
    result = call_json("compare", "raw", "one")
    assert (result["better"], result["p"] < 1e-6) == ("one", True)
    text = call("compare", "one", "raw").out
    assert "one is better: " in text
    assert text.endswith("would come by chance in less than 1 of 1,000,000 comparisons\n")


def test_an_ensemble_is_a_run_like_any_other(call, call_json, three, built_cache, tmp_path):
    made = call_json("ensemble", *three, "--name=all")
    assert (made["run"], made["members"]) == ("all", [*three])
    runs = [load_run(find_run(built_cache, name))[0] for name in (*three, "all")]
    images = np.random.default_rng(0).random((5, 28, 28), np.float32)
    *each, mean = (run.model.forward(run.params, images)[0] for run in runs)
    assert mean == pytest.approx(np.mean(each, axis=0), rel=1e-5)
    spread = call_json("test", *three)
    assert call_json("test")["run"] == "all"  # trained last
    assert call_json("test", "all")["accuracy"] > spread["mean"]
    assert call_json("compare", "all", "one")["both"] > 5000
    Image.fromarray(np.uint8(255 * images[0])).save(tmp_path / "noise.png")
    (prediction,) = call_json("predict", str(tmp_path / "noise.png"), "--run=all")["predictions"]
    assert len(prediction["scores"]) == 10
    out = str(tmp_path / "answers.png")
    assert call_json("show", "all", "--count=3", "--out", out)["path"] == out
    checked = call_json("check", "all", "--sample=5")
    assert checked["right"]
    assert [item["array_name"] for item in checked["arrays"][:2]] == ["0.1.weight", "0.1.bias"]
    rows = {row["run"]: row for row in call_json("runs")["runs"]}
    assert rows["all"]["members"] == [*three]
    assert rows["one"]["members"] == []
    assert re.search(r"^all +3 members +\d\d\.\d\d % of 10,000$", call("runs").out, re.MULTILINE)


def test_an_ensemble_stands_alone_and_may_be_a_member(call, call_json, three, built_cache):
    for name in ("short", "lived"):
        call("train", "--limit=200", "--epochs=1", "--loss=cross-entropy", "--name", name)
    inner = call_json("ensemble", "short", "lived")
    assert re.fullmatch(r"ensemble-\d", inner["run"])
    outer = call_json("ensemble", "one", inner["run"], "--name=outer")
    assert outer["parameters"] == 3 * 23_860
    before = call_json("test", "outer", "--limit=200")["correct"]
    for name in ("short", "lived", inner["run"]):
        shutil.rmtree(built_cache.runs() / name)
    assert call_json("test", "outer", "--limit=200")["correct"] == before
    assert call_json("check", "outer", "--sample=3")["right"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("test", "one", "two", "one"), 2, "run one is named twice; expected different runs"),
        (("test", "one", "--split", "lost"), 2, 'no split "lost"'),
        (("test", "one", "--dataset", "mnits"), 2, 'dataset "mnits" not found'),
        (
            ("test", "one", "--dataset", "five-digits"),
            2,
            "five-digits do not match run one: found 5 classes",
        ),
        (("test", "one", "foreign"), 2, "run one uses mnist and run foreign uses five-digits"),
        (("compare", "one", "foreign"), 2, "run one uses mnist and run foreign uses five-digits"),
        (("compare", "one", "one"), 2, "run one is named twice"),
        (("compare", "one", "tow"), 3, 'run "tow" not found'),
        (("compare", "one"), 2, "RUN is missing"),
        (("compare", "one", "narrow"), 2, "run narrow has 3 outputs, but 10 classes"),
        (("ensemble", "one"), 2, "an ensemble needs two runs or more; found 1"),
        (("ensemble", "one", "two", "one"), 2, "run one is named twice"),
        (("ensemble", "one", "foreign"), 2, "run one uses mnist and run foreign uses five-digits"),
        (("ensemble", "one", "narrow"), 2, "run narrow has 3 outputs, but 10 classes"),
        (("ensemble", "one", "raw"), 2, "run raw ends with Tanh; expected outputs from 0 to 1"),
        (("ensemble", "one", "fresh"), 2, "run fresh is untrained (0 epochs)"),
        (("ensemble", "one", "two", "--name=three"), 2, 'run "three" already exists'),
        (("ensemble", "one", "none"), 3, 'run "none" not found'),
        (
            ("train", "--from=pair", "--epochs=1"),
            2,
            "run pair is an ensemble of one, two; it was not trained itself",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    arguments, code, message, call, call_json, three, own, built_cache
):
    other = Configuration(dataset=own[1])
    save_untrained(built_cache, "foreign", (Flatten(), Linear(5), Tanh()), other)
    save_untrained(built_cache, "narrow", (Flatten(), Linear(3), Tanh()), Configuration())
    save_untrained(built_cache, "raw", (Flatten(), Linear(10), Tanh()), Configuration())
    if not Run(built_cache.runs() / "fresh").folder.exists():
        call("init", "--name=fresh")
    if not Run(built_cache.runs() / "pair").folder.exists():
        call("ensemble", "one", "two", "--name=pair")
    error = call_json(*arguments, code=code)["error"]
    assert message in error["message"]
    printed = call(*arguments, code=code)
    assert printed.out == ""
    assert re.fullmatch(r"network: .*\n", printed.err)
    assert not any(find_run(built_cache, name).result.exists() for name in three)  # no evaluation


def test_an_ensemble_needs_nothing_but_its_runs(call_json, tmp_path):
    cache = Cache(tmp_path, "test")
    for name in ("a", "b"):
        save_untrained(cache, name, (Flatten(), Linear(10), Sigmoid()), Configuration())
    assert call_json("ensemble", "a", "b", cache=cache)["run"] == "ensemble-1"
    assert call_json("ensemble", "b", "a", cache=cache)["run"] == "ensemble-2"
