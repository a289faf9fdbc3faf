"""The user's configuration sets defaults, and an error in it is one line."""

import sys

import pytest

from pipeline.errors import UsageError
from pipeline.storage.user_config import UserConfig, read_user_config, user_config_path

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the folder is given as Linux has it"
)


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    read_user_config.cache_clear()
    yield lambda text: (user_config_path().parent.mkdir(), user_config_path().write_text(text))
    read_user_config.cache_clear()


@pytest.fixture
def run(run_command, tmp_path):
    return lambda *words, **options: run_command(*words, XDG_CONFIG_HOME=str(tmp_path), **options)


def test_without_a_file_all_is_as_it_was(write):
    assert read_user_config() == UserConfig()


def test_the_cache_folder_and_the_preset_are_those_of_the_file(write, run, tmp_path):
    write(f'cache_dir = "{tmp_path}/mine"\npreset = "fast-97"\n')
    assert run("pipeline", "where").stdout.startswith(f"{tmp_path}/mine ")
    run("pipeline", "build-pickles", "mnist-sample", "-q")
    trained = run("network", "train", "--dataset", "mnist-sample", "--epochs", "1", "-q")
    assert trained.stdout.startswith("run fast-97-1: ")  # the options override the preset
    missing = run("network", "train", code=3).stderr  # of mnist, which is not built
    assert "mnist" in missing


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("cache = 1", 'config.toml: "cache" is unknown; expected cache_dir, preset, colour'),
        ("preset = 1", "config.toml: preset is 1; expected a string in quotes"),
        ('colour = "no"', 'config.toml: colour is "no"; expected true or false'),
        ('cache_dir = ""', "config.toml: cache_dir is empty"),
        ("colour = ", "config.toml is not a TOML file"),
    ],
)
def test_a_mistake_in_the_file_is_one_line(write, run, text, words):
    write(text)
    told = run("pipeline", "list", code=2).stderr
    assert words in told
    assert told.count("\n") == 1


def test_a_log_names_every_file_that_is_read_and_written(run, tmp_path):
    logged = run(
        "pipeline", "--log-level", "debug", "build-pickles", "mnist-sample",
        "--cache-dir", str(tmp_path / "c"),
    ).stderr  # fmt: skip
    assert "DEBUG mnist-neural-net: wrote" in logged
    assert "mnist-sample_test.pickle" in logged
    told = run("pipeline", "--log-level", "loud", "list", code=2).stderr
    missing = run("pipeline", "--log-level", code=2).stderr
    assert "--log-level requires a value; expected one of debug, info, warning" in missing
    assert '--log-level is "loud"; expected one of debug, info, warning' in told


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('cache_dir = "mine"', 'config.toml is "mine"; expected the whole path, from / or ~'),
        ('cache_dir = "CONFIG"', "config.toml, which is a file; expected a folder"),
    ],
)
def test_the_cache_folder_of_the_file_is_a_whole_path_to_a_folder(
    write, run, tmp_path, line, words
):
    config = tmp_path / "mnist-neural-net" / "config.toml"
    write(line.replace("CONFIG", config.as_posix()))
    told = run("pipeline", "where", code=6 if "CONFIG" in line else 2).stderr
    assert words in told
    assert told.count("\n") == 1


def test_a_folder_of_its_name_is_an_error(write, tmp_path):
    user_config_path().mkdir(parents=True)
    with pytest.raises(UsageError, match=r"config\.toml is not a file; expected a TOML file"):
        read_user_config()
