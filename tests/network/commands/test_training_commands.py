"""Presets, config files, seeds, resuming and replay, on the command line."""

import json
import re
import signal

import pytest
from PIL import Image

from network.commands.train_and_print import train_and_print
from network.runs.checkpoints import Checkpoint, save_checkpoint
from network.runs.folder import load_run
from network.runs.names import find_run
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from network.training.find_preset import load_preset, preset_names
from pipeline.terminal.console import Console
from tests.support.small_digits import NAME, make_small_digits

SHORT = ("--dataset", NAME, "--epochs", "2", "--batch-size", "20", "--hidden", "3")


@pytest.fixture
def cache(tmp_path):
    return make_small_digits(tmp_path)


@pytest.fixture
def network(call, cache):
    return lambda *arguments, **options: call(*arguments, cache=cache, **options)


@pytest.fixture
def network_json(call_json, cache):
    return lambda *arguments, **options: call_json(*arguments, cache=cache, **options)


def test_presets_are_listed_and_printed_as_files_to_change(network, network_json, tmp_path, cache):
    listed = network("presets").out
    for name in preset_names():
        reaches = re.escape(load_preset(name).about["reaches"])
        assert re.search(rf"^{name} +{reaches}", listed, re.MULTILINE)
    assert network_json("presets").keys() == set(preset_names())
    (tmp_path / "mine.toml").write_text(network("presets", "textbook").out)
    options = ("--dataset", NAME, "--epochs", "1", "--name", "mine")
    network("train", "--config", str(tmp_path / "mine.toml"), *options)
    _, configuration = load_run(find_run(cache, "mine"))
    assert configuration.learning_rate == load_preset("textbook").values["learning_rate"]


def test_the_later_word_counts_preset_file_option(network, tmp_path, cache):
    (tmp_path / "run.toml").write_text(
        f'dataset = "{NAME}"\nepochs = 3\nbatch_size = 9\n[augment]\nshift = 1\n'
    )
    options = ("--preset", "seed", "--config", str(tmp_path / "run.toml"), "--epochs", "1")
    done = network("train", *options)
    assert "run seed-1: 1 epoch" in done.out
    _, configuration = load_run(find_run(cache, "seed-1"))
    assert (configuration.epochs, configuration.batch_size) == (1, 9)
    assert (configuration.augment, configuration.schedule) == ({"shift": 1}, "cosine")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("epoch = 3", r'run.toml: "epoch" is not a training option. Did you mean epochs\?'),
        ("epochs = 'three'", 'epochs in .*run.toml is "three"; expected a whole number such as 40'),
        ("epochs = 1.5", "epochs in .* is 1.5; expected a whole number"),
        ("epochs = true", "epochs in .* is true; expected a whole number"),
        ("hidden = 3.5", "hidden in .* is 3.5; expected sizes such as 30"),
        ("loss = 'entropy'", 'loss in .* is "entropy"; expected .*Did you mean'),
        ("[augment]\nrotat = 3", "augment in .*rotat.*; expected shift, .*Did you mean rotate?"),
        ("[augment]\nrotate = 500", 'augment in .*{"rotate": 500}; expected 0 to 180 for rotate'),
        ("layers = 'Conv2D(4), Linear(3)'", "layer Linear.* cannot take inputs of shape"),
        ("layers = 'Linaer(3)'", 'layer "Linaer" not found; .*Did you mean Linear?'),
        ("layers = 'MaxPool2D(30), Flatten'", "layer MaxPool2D.* cannot take inputs"),
        ("layers = 'Conv2D(__import__(1))'", "layers in .*: .Conv2D.*expected the form"),
        (
            "label_smoothing = 0.1",
            "--label-smoothing needs cross-entropy, but --loss is squared-error",
        ),
        (
            "patience = 3\nvalidation = 0",
            "patience in .* needs validation images, but validation in .* is 0",
        ),
        ("epochs = ", "is not a TOML file"),
    ],
)
def test_a_mistake_in_a_file_is_told_in_one_line(content, message, network, tmp_path):
    (tmp_path / "run.toml").write_text(content)
    done = network("train", *SHORT[:2], "--config", str(tmp_path / "run.toml"), code=2)
    assert re.search(message, done.err)
    assert done.err.count("\n") == 1
    assert done.out == ""


def test_several_seeds_give_mean_spread_and_each_run(network, network_json):
    result = network_json("train", *SHORT, "--seeds", "3", "--seed", "5", "--name", "three")
    assert [run["run"] for run in result["runs"]] == ["three-5", "three-6", "three-7"]
    accuracies = [run["validation"]["accuracy"] for run in result["runs"]]
    assert result["validation"]["mean"] == pytest.approx(sum(accuracies) / 3)
    assert result["validation"]["sd"] >= 0
    done = network("train", *SHORT, "--seeds", "2")
    seeds = r"^2 seeds: validation accuracy .* %, standard deviation"
    assert re.search(seeds, done.out, re.MULTILINE)
    assert re.search(r"Next: network test \S+ \S+$", done.err.strip())


def test_a_run_goes_on_and_nothing_of_it_can_be_changed(network, cache):
    network("init", "--dataset", NAME, "--hidden", "3", "--name", "empty")
    done = network("train", "--resume", "empty", code=2)  # of 0 epochs
    assert "has ended after 0 epochs" in done.err
    for option in (("--epochs", "9"), ("--name", "x"), ("--seeds", "2"), ("--from", "empty")):
        done = network("train", "--resume", "empty", *option, code=2)
        assert f"{option[0]} cannot be combined with --resume" in done.err
    done = network("train", "empty", code=2)
    assert "is named only with --resume" in done.err
    done = network("train", "--resume", "emty", code=3)
    assert "Did you mean empty?" in done.err


def test_a_run_trained_again_has_the_same_weights(network_json):
    options = ("--layers", "Flatten, Linear(5), Dropout(0.5), ReLU", "--augment", "shift=1")
    network_json("train", *SHORT[:6], *options, "--shards", "2", "--name", "first")
    result = network_json("replay", "first")
    assert (result["same"], result["again"], result["differences"]) == (True, "first-again-1", [])
    assert len(set(result["sha256"])) == 1


@pytest.mark.parametrize("steps", [0, 1, 2, 3])  # of the two in each of two epochs
def test_a_run_that_was_stopped_is_trained_again_as_far_as_it_got(steps, network_json, cache):
    choices = {"dataset": NAME, "hidden": (3,), "epochs": 2, "batch_size": 30}
    training_run = create_training_run(cache, Configuration(**choices), "stopped")
    events = training_run.train()
    while training_run.state.step < steps:
        next(events)
    events.close()
    assert network_json("replay", "stopped")["same"]


def test_other_weights_are_told_with_what_could_be_the_cause(network, cache, tmp_path):
    network("train", *SHORT, "--name", "first")
    run = find_run(cache, "first")
    checkpoint, _ = load_run(run)
    checkpoint.params[1]["bias"][0] += 1
    meta = checkpoint.meta | {"environment": {"python": "2.7", "blas": [{"num_threads": 99}]}}
    save_checkpoint(
        run.checkpoint, Checkpoint(checkpoint.model, checkpoint.params, checkpoint.state, meta)
    )
    done = network("replay", "first", code=1)
    assert "different weights" in done.out
    assert "python was 2.7 and is now 3." in done.out
    assert "BLAS threads was 99 and is now " in done.out


def test_an_ensemble_is_not_trained(network):
    network("train", *SHORT, "--seeds", "2", "--name", "m")
    network("ensemble", "m-0", "m-1", "--name", "both")
    for command in (("train", "--resume", "both"), ("replay", "both"), ("train", "--from", "both")):
        done = network(*command, code=2)
        assert "ensemble" in done.err


def test_augmented_images_are_drawn_as_a_run_was_trained_on_them(network, network_json, tmp_path):
    out = tmp_path / "augmented.png"
    network("train", *SHORT, "--augment", "elastic=20,shift=1", "--name", "bent")
    shown = network_json("show", "bent", "--augmented", "--count", "3", "--out", str(out))
    assert shown == {"augment": {"elastic": 20.0, "shift": 1.0}, "path": str(out)}
    with Image.open(out) as picture:
        assert picture.width > picture.height > 100
    network("train", *SHORT, "--name", "plain")
    done = network("show", "plain", "--augmented", code=2)
    assert "no augmentation to show" in done.err
    done = network("show", "plain", "--augment", "shift=1", code=2)
    assert "need --augmented" in done.err
    done = network("show", "--augmented", "--augment", "shift=2", "--wrong", code=2)
    assert "--wrong cannot be combined with --augmented" in done.err
    done = network("show", "bent", "--augmented", "--augment", "shift=2", code=2)
    assert "--augment cannot be combined with RUN" in done.err


def test_early_stopping_is_an_option(network_json, cache):
    options = ("--epochs", "500", "--patience", "2", "--name", "early")
    result = network_json("train", "--dataset", NAME, "--hidden", "3", *options)
    assert 2 < result["epochs"] < 500
    history = find_run(cache, "early").history.read_text().splitlines()
    best = max(json.loads(line)["validation_accuracy"] for line in history)
    assert result["validation"]["accuracy"] == best


@pytest.mark.parametrize(
    ("option", "alias"),
    [("--gain", "--init-scale"), ("--average", "--ema"), ("--clip", "--clip-norm")],
)
def test_an_option_and_its_alias_are_the_same(option, alias, network, cache):
    network("train", *SHORT, option, "0.5", "--name", "by-option")
    network("train", *SHORT, alias, "0.5", "--name", "by-alias")
    texts = [find_run(cache, it).configuration.read_text() for it in ("by-option", "by-alias")]
    assert texts[0] == texts[1]
    done = network("train", *SHORT, option, "0.5", alias, "0.25", code=2)
    assert f"{alias} and {option} are the same; give one" in done.err


def test_a_value_that_is_typed_wrong_is_told_as_it_is_typed(network, tmp_path):
    done = network("train", *SHORT, "--learning-rate", "0,5", code=2)
    assert done.err == 'network: --learning-rate is "0,5"; expected a number such as 0.5.\n'
    (tmp_path / "run.toml").write_text("epochs = 3\n")
    options = ("--config", str(tmp_path / "run.toml"), "--epochs", "-1")
    assert "--epochs is -1; expected 0 to 100,000" in network("train", *options, code=2).err
    done = network("train", *SHORT, "--momentum", "0.5", code=2)
    assert "--momentum needs momentum, nesterov or muon, but --optimizer is sgd" in done.err


@pytest.mark.parametrize("console", [Console(), Console(quiet=True), Console(json=True)])
def test_a_training_that_is_stopped_always_says_how_to_resume_it(console, cache, capsys, network):
    choices = {"dataset": NAME, "hidden": (3,), "epochs": 2, "batch_size": 30}
    training_run = create_training_run(cache, Configuration(**choices), "stopped")
    with pytest.raises(SystemExit) as ended:
        train_and_print(console, training_run, lambda: signal.SIGINT, then=["other"])
    assert ended.value.code == 130
    printed = capsys.readouterr()
    what = f"stopped at step 1; saved in {training_run.run.folder}"
    next_line = re.compile(r"Next: (\S+ -m )?network train --resume stopped other")
    if console.json:
        error = json.loads(printed.out)["error"]
        assert printed.err == ""
        assert (error["code"], error["message"]) == (130, what)
        assert next_line.fullmatch(error["hint"])
    else:
        assert printed.out == ""
        first, second = printed.err.splitlines()[-2:]
        assert first == what
        assert next_line.fullmatch(second)
    assert network("train", "--resume", "stopped", "--quiet").err == ""


def test_a_training_of_no_epoch_says_that_nothing_is_learned(network, network_json):
    options = ("train", "--dataset", NAME, "--epochs", "0")
    assert "0 epochs: nothing is learned. `" in network(*options).err
    assert network(*options, "--quiet").err == ""
    assert network_json(*options)["epochs"] == 0
