"""Notes of `network train` about trainings that cannot show how good they are, or hardly learn."""

import pytest
from typer.testing import CliRunner

from network import load_dataset
from tests.support.command_options import APPS


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("notes")
    load_dataset("mnist-sample", cache_dir=folder)
    return folder


def train(cache, *options):
    line = ["train", "--dataset", "mnist-sample", *options, "--cache-dir", str(cache)]
    done = CliRunner().invoke(APPS["network"], line)
    assert done.exit_code == 0, done.output
    return done.stderr


@pytest.mark.parametrize("many", [[], ["--seeds", "2", "--workers", "1"]], ids=str)
def test_a_note_says_that_the_validation_share_comes_to_no_image(cache, many):
    told = train(cache, "--limit", "5", "--epochs", "1", *many)
    assert told.count("of 5 images is less than one image, so no accuracy is measured") == 1


def test_one_image_is_not_called_images(cache):
    told = train(cache, "--limit", "1", "--epochs", "1")
    assert "1 training image, 0 validation images" in told
    assert "of 1 image is less than one image" in told


@pytest.mark.parametrize("options", [["--validation", "0"], ["--limit", "60"]], ids=str)
def test_there_is_no_such_note_without_a_share_or_with_images(cache, options):
    assert "less than one image" not in train(cache, "--epochs", "1", "--limit", "60", *options)


STUCK = "The network has hardly learned"


@pytest.mark.parametrize("many", [[], ["--seeds", "2", "--workers", "1"]], ids=str)
@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ("--hidden 128", "a smaller --learning-rate, such as 0.7"),
        ("--learning-rate 1e-5", "a larger --learning-rate; the default is 7"),
        ("--hidden 10,10,10,10", "or fewer layers"),
    ],
)
def test_a_training_that_has_hardly_learned_is_told_so(cache, options, advice, many):
    told = train(cache, "--epochs", "8", *options.split(), *many)
    assert told.count(STUCK) == (2 if many else 1)
    assert advice in told


@pytest.mark.parametrize(
    "options",
    [
        "--epochs 8",
        "--epochs 8 --hidden 128 --learning-rate 0.7",  # the advice
        "--epochs 8 --hidden 128 --loss cross-entropy",
        "--epochs 8 --loss binary-cross-entropy --optimizer adam",
        "--epochs 1 --hidden 128",  # too few steps to tell
        "--epochs 0",
        "--epochs 8 --hidden 128 --validation 0",  # no accuracy to tell by
        "--epochs 8 --preset small",
    ],
)
def test_a_training_that_learns_is_not_told_so(cache, options):
    assert STUCK not in train(cache, *options.split())
