"""Output options never overwrite inputs or files of other programs."""

import errno

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from network import ProjectError, load_dataset, train
from tests.support.command_options import APPS, command_options

READ = {"--config"}  # options whose files are read
NEEDED = {
    "pipeline show": "mnist-sample",
    "pipeline export": "mnist-sample --to npz",
    "network predict": "{photo}",
    "network report": "--split train",
}
SUFFIXES = {
    "pipeline export": ".npz",
    "--html": ".html",
    "--onnx": ".onnx",
    "--safetensors": ".safetensors",
    "network report": ".html",
    "network predict --out": ".csv",
}


OUTPUTS = [
    (command, it.opts[0])
    for command, it in command_options()
    if it.metavar == "FILE" and it.opts[0].startswith("--") and it.opts[0] not in READ
]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A cache with a run, and a folder with a photo."""
    folder = tmp_path_factory.mktemp("outputs")
    train("mnist-sample", cache_dir=folder / "cache", epochs=1, name="first")
    pixels = load_dataset("mnist-sample", cache_dir=folder / "cache").test.images[0]
    Image.fromarray(255 - np.pad(pixels, 8)).save(folder / "photo.png")
    return folder


def run(place, command, *arguments):
    program, name = command.split()
    line = [name, *NEEDED.get(command, "").format(photo=place / "photo.png").split(), *arguments]
    answer = CliRunner().invoke(APPS[program], [*line, "--cache-dir", str(place / "cache"), "-q"])
    return getattr(answer.exception, "exit_code", answer.exit_code), str(answer.exception)


def find_suffix(command, option):
    names = f"{command} {option}", command, option
    return next((SUFFIXES[name] for name in names if name in SUFFIXES), ".png")


@pytest.mark.parametrize(("command", "option"), OUTPUTS, ids=str)
def test_a_file_needs_the_ending_of_its_kind(place, command, option):
    path = place / "other.txt"
    code, message = run(place, command, option, str(path))
    assert (code, path.exists()) == (2, False)
    assert f"end in {find_suffix(command, option)}" in message.replace("ends", "end")


@pytest.mark.parametrize(("command", "option"), OUTPUTS, ids=str)
def test_a_file_of_others_stays_as_it_is(place, command, option):
    suffix = find_suffix(command, option)
    mine = place / f"mine{suffix}"
    mine.write_text("my own work")
    code, message = run(place, command, option, str(mine))
    assert (code, mine.read_text()) == (2, "my own work")
    assert f"{option} is {mine}, which exists" in message or command == "pipeline export"


def test_there_are_many_such_options():
    assert len(OUTPUTS) >= 9


@pytest.mark.parametrize("option", ["--steps", "--out"])
def test_predict_never_writes_over_an_image_that_it_reads(place, option):
    before = (place / "photo.png").read_bytes()
    code, message = run(place, "network predict", option, str(place / "photo.png"), "--force")
    assert (code, (place / "photo.png").read_bytes()) == (2, before)
    assert "which is an input" in message


def test_what_a_command_wrote_it_writes_again(place):
    for command, option, name in [
        ("network predict", "--steps", "steps.png"),
        ("network predict", "--out", "answers.csv"),
        ("network export", "--onnx", "a.onnx"),
        ("network export", "--safetensors", "a.safetensors"),
        ("network export", "--html", "a.html"),
        ("network show", "--out", "sheet.png"),
        ("pipeline show", "--out", "images.png"),
    ]:
        for _ in range(2):
            assert run(place, command, option, str(place / name))[0] == 0, (command, option)
    run_ = train("mnist-sample", cache_dir=place / "cache", epochs=1)
    assert run_.export(place / "a.onnx") == place / "a.onnx"
    (place / "mine.onnx").write_text("my own work")
    with pytest.raises(ProjectError, match="replace it with force=True"):
        run_.export(place / "mine.onnx")
    assert run_.export(place / "mine.onnx", force=True)


@pytest.mark.slow
def test_plots_are_written_beside_the_files_of_others(place):
    folder = place / "plots"
    folder.mkdir()
    (folder / "first_weights.png").write_text("my own work")
    line = "--kind", "weights", "--split", "train", "--out", str(folder)
    assert run(place, "network plot", "first", *line)[0] == 2
    for _ in range(2):
        assert run(place, "network plot", "first", *line, "--format", "svg")[0] == 0
    assert (folder / "first_weights.png").read_text() == "my own work"


@pytest.mark.parametrize(
    ("command", "arguments", "option"),
    [
        ("network show", ["first"], "--out"),
        ("network plot", ["first", "--kind", "learning"], "--out"),
        ("network report", ["first"], "--out"),
        ("pipeline show", [], "--out"),
        ("network predict", ["--steps", "steps.png"], "--steps FILE"),  # as `--steps` alone
    ],
)
def test_a_default_file_that_cannot_be_written_names_the_option_of_its_place(
    place, command, arguments, option, monkeypatch
):
    def refuse(made, path):
        if path.suffix in {".png", ".html"}:
            raise OSError(errno.EROFS, "Read-only file system")
        made.replace(path)

    monkeypatch.setattr("pipeline.storage.cache.replace_file", refuse)
    monkeypatch.setattr("pipeline.terminal.preview.has_display", lambda: False)
    program, name = command.split()
    line = [name, *NEEDED.get(command, "").format(photo=place / "photo.png").split(), *arguments]
    answer = CliRunner().invoke(APPS[program], [*line, "--cache-dir", str(place / "cache"), "-q"])
    assert getattr(answer.exception, "exit_code", 0) == 6, answer.output
    assert answer.exception.hint == f"Choose another place with {option}"
