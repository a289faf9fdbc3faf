"""Every `network` command, on the command line."""

import json
import os
import pickle
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from network.commands.text import check_text
from network.core.activations import Sigmoid
from network.runs.checkpoints import load_checkpoint
from network.runs.folder import load_run
from network.runs.names import find_run
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.storage.cache import Cache
from tests.support.checkout import REPOSITORY
from tests.support.pace import ends_soon

DIVERGING = (
    "--hidden=8,8,8", "--activation=relu", "--loss=cross-entropy", "--learning-rate=1e6",
    "--weight-decay=1e3",
)  # fmt: skip


@pytest.fixture(scope="module")
def trained(built_cache):
    """The name of a run that predicts most digits: a fraction of a second on 6,000 images."""
    chosen = Configuration(limit=6000, epochs=8, batch_size=32, optimizer="adam")
    training_run = create_training_run(built_cache, chosen, "trained")
    assert [*training_run.train()][-1].validation_accuracy > 0.8
    return "trained"


@pytest.fixture
def pictures(tmp_path, mnist_test_set):
    """Ten test images as PNG files, with their labels."""
    pixels, labels = mnist_test_set
    for index in range(10):
        Image.fromarray(255 - pixels[index]).save(tmp_path / f"Bild {index}.png")
    return [str(tmp_path / f"Bild {index}.png") for index in range(10)], labels[:10].tolist()


def test_train(run_command, run_json, built_cache):
    arguments = ("network", "train", "--limit", "2000", "--epochs", "2", "--name")
    result = run_json(*arguments, "train-json", cache=built_cache)
    assert {"run", "seconds", "epochs", "validation"} <= result.keys()
    assert (result["run"], result["epochs"]) == ("train-json", 2)
    assert result["seconds"] > 0
    assert 0 <= result["validation"]["accuracy"] <= 1
    done = run_command(*arguments, "train-text", cache=built_cache)
    assert re.fullmatch(
        r"run train-text: 2 epochs in \d+\.\d s, validation accuracy \d+\.\d\d %\n", done.stdout
    )
    assert "1,800 training images, 200 validation images, seed 0" in done.stderr
    assert done.stderr.count("epoch   ") == 2
    assert done.stderr.endswith(" -m network test train-text\n")
    one, two = (find_run(built_cache, f"train-{kind}").checkpoint for kind in ("json", "text"))
    assert one.read_bytes() == two.read_bytes()  # same seed, same bytes


def test_quiet_prints_results_alone(call):
    options = ("--limit=200", "--epochs=1", "--name=quiet", "--validation=0", "-q")
    printed = call("train", *options)
    assert re.fullmatch(r"run quiet: 1 epoch in \d+\.\d s\n", printed.out)
    assert printed.err == ""


def test_a_run_is_never_overwritten(call_json, built_cache, trained):
    before = find_run(built_cache, trained).checkpoint.read_bytes()
    for command in ("train", "init"):
        error = call_json(command, "--name", trained, code=2)["error"]
        assert error["message"].startswith('run "trained" already exists')
    assert find_run(built_cache, trained).checkpoint.read_bytes() == before


def test_two_trainings_at_once_get_a_run_each(run_process, built_cache):
    arguments = ("network", "train", "--hidden=3", "--limit=100", "--epochs=1", "--json")
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(run_process, *arguments, cache=built_cache) for _ in range(2)]
    assert len({json.loads(run.result().stdout)["run"] for run in runs}) == 2


def test_init_and_train_from_it(call_json, built_cache):
    options = ("--hidden=12,7", "--activation=relu", "--initializer=he", "--seed=5")
    result = call_json("init", *options, "--name=fresh")
    assert (result["run"], result["parameters"]) == ("fresh", 784 * 12 + 12 + 12 * 7 + 7 + 70 + 10)
    checkpoint, configuration = load_run(find_run(built_cache, "fresh"))
    assert (configuration.hidden, configuration.seed, configuration.epochs) == ((12, 7), 5, 0)
    call_json("train", "--from=fresh", "--epochs=0", "--limit=50", "--name=later")
    later, _ = load_run(find_run(built_cache, "later"))
    assert later.model == checkpoint.model
    assert np.array_equal(later.params[1]["weight"], checkpoint.params[1]["weight"])


def test_a_run_that_starts_from_another_says_so_and_keeps_its_sizes(call_json, built_cache):
    call_json("init", "--hidden=7,5", "--activation=tanh", "--name=wide")
    call_json("train", "--from=wide", "--epochs=1", "--limit=50", "--name=wider")
    _, configuration = load_run(find_run(built_cache, "wider"))
    assert configuration.start == "wide"
    assert (configuration.hidden, configuration.activation) == ((7, 5), "tanh")
    error = call_json("train", "--from=wide", "--hidden=30", "--limit=50", code=2)["error"]
    assert "cannot be combined with --from" in error["message"]


def test_test(call, call_json, trained, mnist_test_set):
    result = call_json("test", trained, "--limit=1000")
    keys = {"run", "count", "correct", "accuracy", "interval", "confusion", "looks"}
    assert result.keys() == keys
    confusion = np.array(result["confusion"])
    assert (result["run"], result["count"], confusion.shape) == (trained, 1000, (10, 10))
    assert confusion.sum(axis=1).tolist() == np.bincount(mnist_test_set[1][:1000]).tolist()
    assert np.trace(confusion) == result["correct"] > 800
    low, high = result["interval"]
    assert low < result["accuracy"] == result["correct"] / 1000 < high
    text = call("test", trained).out
    assert re.search(r"accuracy \d,\d{3} / 10,000 \(\d\d\.\d\d %, 95 % interval", text)
    assert "label \\ predicted" in text


def test_predict(run_json, call, built_cache, trained, pictures):
    paths, labels = pictures
    answer = run_json("network", "predict", *paths, "--run", trained, cache=built_cache)
    assert answer.keys() == {"pages", "predictions"}
    for path, prediction in zip(paths, answer["predictions"], strict=True):
        assert prediction.keys() == {
            *("image", "box", "digit", "scores"), "probability", "unlike", "candidates",
        }  # fmt: skip
        assert prediction["image"] == path
        assert len(prediction["scores"]) == 10
        assert prediction["digit"] == np.argmax(prediction["scores"])
    digits = [prediction["digit"] for prediction in answer["predictions"]]
    assert sum(np.array(digits) == labels) >= 8
    assert call("predict", paths[0], "--run", trained).out.startswith(f"{paths[0]}: {digits[0]}\n")


def test_predict_reads_a_page_line_by_line(
    call, call_json, trained, mnist_test_set, tmp_path, monkeypatch
):
    pixels, path, steps = mnist_test_set[0], tmp_path / "Seite.png", tmp_path / "steps.png"
    rows = [
        np.hstack([np.kron(pixels[index], np.ones((3, 3))) for index in row])
        for row in ((2, 3, 10), (5, 13, 14))
    ]  # 1 0 0, 1 0 1
    Image.fromarray(255 - np.pad(np.vstack(rows).astype(np.uint8), 20)).save(path)
    answer = call_json("predict", str(path), "--run", trained, "--steps", str(steps))
    digits = [prediction["digit"] for prediction in answer["predictions"]]
    assert digits == [1, 0, 0, 1, 0, 1]
    page = {"image": str(path), "width": 292, "height": 208, "text": "100\n101"}
    assert answer["pages"] == [page]
    boxes = [prediction["box"] for prediction in answer["predictions"]]
    assert boxes[0].keys() == {"left", "top", "width", "height"}
    assert boxes[0]["left"] < boxes[1]["left"] < boxes[2]["left"]
    assert boxes[0]["top"] + boxes[0]["height"] < boxes[3]["top"]
    with Image.open(steps) as picture:
        assert picture.width > 1000
    monkeypatch.chdir(steps.parent)
    steps.unlink()
    assert "in steps.png\n" in call("predict", str(path), "--steps", "--run", trained).err
    assert steps.exists()
    lines = call("predict", str(path), "--run", trained, "--deskew").out.splitlines()
    assert lines[:2] == [f"{path}: 100", " " * len(f"{path}: ") + "101"]
    assert sum("*" in line for line in lines) == 6
    assert sum(" with probability " in line for line in lines) == 6


def test_predict_says_what_its_answers_are_worth(call, call_json, trained, pictures, tmp_path):
    stripes = np.zeros((28, 28), np.uint8)
    stripes[4:24:3, 4:24] = 255
    strange = str(tmp_path / "stripes.png")
    Image.fromarray(stripes).save(strange)
    options = ("--run", trained, "--coverage", "0.9")
    likely, unlike = call_json("predict", pictures[0][0], strange, *options)["predictions"]
    assert likely["digit"] in likely["candidates"]
    assert (likely["unlike"], unlike["unlike"]) == (False, True)
    assert 0 < likely["probability"] <= 1
    found = call("predict", strange, "--run", trained).out
    assert "out of distribution: farther from the training digits" in found
    error = call("predict", strange, "--run", trained, "--coverage", "0.99999", code=2).err
    assert "validation images support" in error


def test_show(call_json, trained, tmp_path):
    for name, options in (("some", ()), ("wrong", ("--wrong",))):
        out = str(tmp_path / f"{name}.png")
        found = call_json("show", trained, "--count=12", "--out", out, *options)
        assert found == {"run": trained, "path": out}
        with Image.open(out) as picture:
            assert picture.width > 800
    assert (tmp_path / "some.png").read_bytes() != (tmp_path / "wrong.png").read_bytes()


def test_show_in_the_terminal(call, trained, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    for options, tiles in (((), 10), (("--wrong", "--count=3"), 3)):
        title, *lines = call("show", trained, "--terminal", *options).out.splitlines()
        assert title.startswith(f"{trained}: ")
        assert max(map(len, lines)) <= 60
        assert len(lines) == 16 * -(-tiles // 2)  # 14 of pixels, the prediction, and a gap
        answers = [cell for line in lines[15::16] for cell in re.split(r"  +", line.strip())]
        assert len(answers) == tiles
        assert all(re.fullmatch(r"\d(, is \d)?", answer) for answer in answers)
    augmented = call("show", "--augmented", "--augment=shift=2", "--terminal").out
    assert augmented.count("original") == 1
    assert call("show", trained, "--terminal", "--json", code=2).err == ""


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ((), 4),
        (("trained",), 4),
        (("--hidden=9,8", "--activation=tanh", "--loss=cross-entropy"), 6),
    ],
)
def test_check_passes_every_gradient_of_new_and_trained_networks(
    call_json, trained, arguments, count
):
    result = call_json("check", *arguments, "--sample=20")
    assert result["right"]
    assert [item["right"] for item in result["arrays"]] == count * [True]
    assert all(item["checked"] <= 20 for item in result["arrays"])


def test_check_tells_its_share_and_can_check_everything(call, call_json):
    small = ("--hidden=2", "--examples=1")
    every = call_json("check", *small, "--all")
    assert every["checked"] == every["parameters"] == 784 * 2 + 2 + 2 * 10 + 10
    assert every["directions"]["right"]
    assert "every gradient is correct\n" in call("check", *small, "--all").out
    few = call("check", *small, "--sample=1").out
    assert "1,600 along 3 random directions" in few
    assert "those of 4 parameters (0.25 %) one by one" in few


@pytest.mark.parametrize(
    "arguments",
    [
        ("trained", "--hidden=3"),
        ("trained", "--preset=conv"),
        ("--all", "--sample=3"),
        ("--layers=Flatten", "--hidden=3"),
    ],
)
def test_check_refuses_options_that_it_would_ignore(call, trained, arguments):
    assert re.search("cannot be combined|has no effect", call("check", *arguments, code=2).err)


def test_check_tells_how_long_it_takes_where_no_bar_is_drawn(call, monkeypatch):
    monkeypatch.setattr(check_text, "NOTE_EVERY", 0.0)
    told = call("check", "--hidden=2", "--examples=1", "--sample=2").err
    assert re.search(r"1 of 8 parameters, \d+ min left at most", told)


def test_check_exits_1_when_a_layer_is_wrong(call, call_json, monkeypatch):
    def forward(self, params, x, rng=None):
        y = 1 / (1 + np.exp(-x))
        return y, lambda d_y, need_d_x=True: (d_y * y, {})

    monkeypatch.setattr(Sigmoid, "forward", forward)
    text = call("check", "--sample=20", code=1).out
    assert text.count("INCORRECT") == 5  # four arrays, and all layers together
    assert "check first the d_y that reaches layer 3, Linear" in text
    assert not call_json("check", "--sample=20", code=1)["right"]


def test_import_seed(call_json, tmp_path):
    rng = np.random.default_rng(0)
    weights = [rng.uniform(-0.036, 0.036, shape) for shape in [(30, 784), (10, 30)]]
    for name, value in (("w", weights), ("b", [np.zeros(30), np.zeros(10)])):
        (tmp_path / name).write_bytes(pickle.dumps(value, protocol=3))
    files = (str(tmp_path / "w"), str(tmp_path / "b"))
    result = call_json("import-original", *files, "--name=imported")
    assert (result["run"], result["parameters"]) == ("imported", 23_860)
    assert call_json("test", "imported", "--limit=100")["count"] == 100
    error = call_json("import-seed", files[1], files[0], "--name=swapped", code=4)["error"]
    assert "expected finite floats in 2 dimensions" in error["message"]


def test_runs(call, call_json, trained, tmp_path):
    rows = {row["run"]: row for row in call_json("runs")["runs"]}
    assert rows[trained]["epochs"] == 8
    assert rows[trained]["configuration"]["limit"] == 6000
    assert "trained " in call("runs").out
    nothing = call("runs", cache=Cache(tmp_path / "empty", "test"))
    assert nothing.out == ""
    assert nothing.err.endswith("Next: network train\n")


@pytest.mark.parametrize(
    ("arguments", "code", "message", "hint"),
    [
        (("train", "--loss", "huber"), 2, '--loss is "huber"; expected', ""),
        (
            ("train", "--activation", "sigmod"),
            2,
            '--activation is "sigmod"',
            "Did you mean sigmoid?",
        ),
        (("train", "--epochs", "-1"), 2, "--epochs is -1; expected 0 to", ""),
        (("train", "--hidden", "0"), 2, "--hidden is 0; expected 1 to", ""),
        (("train", "--name", "../up"), 2, '"../up" is not a valid run name', ""),
        (
            ("train", "--limit", "1", "--validation", "0.9"),
            2,
            "no training examples are left: 1 of 1 are held out",
            "",
        ),
        (("train", "--epoch", "1"), 2, "", "Did you mean --epochs?"),
        (("test", "traind"), 3, 'run "traind" not found', "Did you mean trained?"),
        (("show", "trained", "--split", "dev"), 2, 'no split "dev"', ""),
        (
            ("show", "trained", "--out", "x.jpg"),
            2,
            "does not end in .png",
            "Name it x.png",
        ),
        (("predict", "none.png"), 3, "none.png not found", ""),
    ],
)
def test_errors_are_one_line_or_one_json_object(
    arguments, code, message, hint, call, call_json, trained
):
    error = call_json(*arguments, code=code)["error"]
    assert error.keys() == {"code", "message", "hint"}
    assert error["code"] == code
    assert message in error["message"]
    assert error["hint"].startswith(hint)
    printed = call(*arguments, "-q", code=code)
    assert printed.out == ""
    assert re.fullmatch(r"network: .*\n", printed.err)


@pytest.mark.parametrize("command", ["train", "test", "show", "check"])
def test_a_missing_pickle_is_named_with_the_command_that_mends_it(command, call_json, tmp_path):
    cache = Cache(tmp_path, "test")
    if command in ("test", "show"):
        call_json("init", "--name=r", cache=cache)
    error = call_json(command, code=3, cache=cache)["error"]
    assert "the pickles of mnist are not built" in error["message"]
    assert error["hint"] == "Run `pipeline fetch mnist`, then `pipeline build-pickles mnist`"
    assert command != "train" or not cache.runs().exists()  # the name is still free


def test_divergence_is_one_line_without_a_warning(run_command, built_cache):
    options = ("--limit=500", "--epochs=50", "--name=wild", "-q")
    done = run_command("network", "train", *DIVERGING, *options, cache=built_cache, code=7)
    assert done.stdout == ""
    assert re.fullmatch(
        r"network: training diverged at step .*: the loss is .*Try a lower --learning-rate.*\n",
        done.stderr,
    )


def test_json_stays_json_when_the_last_step_diverges(call_json):
    options = ("--epochs=1", "--limit=20", "--batch-size=9", "--name=edge")  # two steps
    assert call_json("train", *DIVERGING, *options, code=7)["error"]["code"] == 7


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_training_within_2_seconds_with_a_loadable_checkpoint(
    number, built_cache, tmp_path
):
    options = ("--limit=2000", "--epochs=100000", f"--name=stopped-{number.name}")
    process = subprocess.Popen(
        [sys.executable, "-m", "network", "train", *options],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(built_cache.root)},
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        while "epoch   2" not in process.stderr.readline():
            assert process.poll() is None
        is_soon, _, notes = ends_soon(process, number)
    assert is_soon
    assert process.returncode == 128 + number
    assert "Traceback" not in notes
    step = int(re.search(r"stopped at step (\d+); saved in", notes)[1])
    run = find_run(built_cache, f"stopped-{number.name}")
    assert load_checkpoint(run.checkpoint).meta["step"] == step > 0
