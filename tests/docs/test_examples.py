"""The examples run as a user runs them, from an empty folder, and print what they promise."""

import ast
import os
import re
import subprocess
import sys

import nbformat
import numpy as np
import pytest
from PIL import Image

from network import open_run, train
from tests.support.checkout import REPOSITORY
from tests.support.notebooks import NOTEBOOKS
from tests.support.pace import PATIENCE

EXAMPLES = REPOSITORY / "docs" / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))
PAGE = (EXAMPLES / "README.md").read_text("utf-8")
LINES_AT_MOST = 80
NUMBER = r"-?\d[\d,]*(?:\.\d+)?(?:e[+-]\d+)?"
PER_CENT = r"\d+\.\d %"

PRINTS = {
    "xor.py": (
        r"step +0  loss 0\.1\d{3}\n(?:step .*\n)+\n a  b  a XOR b  network\n"
        r" 0  0        0    0\.0\d\d\n 0  1        1    (?:0\.9|1\.0)\d\d\n"
        r" 1  0        1    (?:0\.9|1\.0)\d\d\n 1  1        0    0\.0\d\d\n"
    ),
    "first_network.py": (
        r"(?:epoch  ?\d+  loss 0\.\d{3}  validation \d\d %\n){14}"
        r"epoch 15  loss 0\.0\d\d  validation (?:8[5-9]|9\d) %\n"
    ),
    "own_images.py": (
        r"99 test images were chosen at random, seed 0\n401 images for training, 99 for testing\n"
        r"accuracy [789]\d\.\d % \(95 % interval \d+\.\d-\d+\.\d\)\n"
        r'To use your images, change the line "FOLDER = None" in .*own_images\.py\n'
    ),
    "compare_runs.py": (
        rf"30 sigmoids +{PER_CENT}, spread \d+\.\d points\n"
        rf"100 ReLUs, Adam +{PER_CENT}, spread \d+\.\d points\n"
        rf"the same, shifted images +{PER_CENT}, spread \d+\.\d points\n"
        r"Chart: compare_runs\.png\n"
    ),
}
TWO_TRIALS = ("--trials", "2", "--workers", "1")
TAKES_SECONDS = {"compare_runs.py"}


@pytest.fixture
def run_example(tmp_path):
    """Run Python in an empty folder with a cache of its own, and return what it printed."""

    def run(*arguments, code=0, cache=tmp_path / "cache"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        environment = {
            **os.environ, "MNIST_CACHE_DIR": str(cache), "PYTHONPATH": str(REPOSITORY),
            "MPLBACKEND": "agg",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, *map(str, arguments)], cwd=tmp_path / "empty", env=environment,
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_and_says_how_to_run_it(script):
    text = script.read_text("utf-8")
    assert text.count("\n") < LINES_AT_MOST
    assert f"\n    python docs/examples/{script.name}" in ast.get_docstring(ast.parse(text))


def test_the_page_lists_every_example():
    files = {path.name for path in EXAMPLES.iterdir() if path.suffix in {".py", ".toml", ".ipynb"}}
    assert set(re.findall(r"^\| \[([\w.]+)\]\(\1\)", PAGE, re.MULTILINE)) == files


def test_every_script_has_a_test():
    assert {*PRINTS, "read_my_digits.py"} == {path.name for path in SCRIPTS}


@pytest.mark.parametrize(
    "name",
    [pytest.param(it, marks=[pytest.mark.slow] if it in TAKES_SECONDS else []) for it in PRINTS],
)
def test_a_script_prints_what_it_promises(name, run_example, tmp_path):
    printed = run_example("-W", "error", EXAMPLES / name).stdout
    assert re.fullmatch(PRINTS[name], printed), printed
    left = {path.name for path in (tmp_path / "empty").iterdir()}
    assert left == set(re.findall(r"^Chart: (.*)$", printed, re.MULTILINE))
    assert not (tmp_path / "cache" / "runs").exists()  # no run of the user's cache is newer


@pytest.mark.slow
def test_own_images_can_be_run_again(run_example):
    first, second = (run_example(EXAMPLES / "own_images.py").stdout for _ in range(2))
    assert first == second


@pytest.mark.slow
def test_digits_are_read_from_files_by_a_network_that_is_trained_once(
    run_example, raw_cache, mnist_test_set, tmp_path
):
    images, labels = mnist_test_set
    page = np.full((80, 300), 255, np.uint8)
    for place in range(5):
        page[26:54, 10 + 56 * place : 38 + 56 * place] = 255 - images[place]
    Image.fromarray(page).save(tmp_path / "page.png")
    call = EXAMPLES / "read_my_digits.py", tmp_path / "page.png"
    train("mnist-sample", epochs=1, name="latest", cache_dir=raw_cache.root)
    first, second = (run_example(*call, cache=raw_cache.root).stdout for _ in range(2))
    assert open_run(cache_dir=raw_cache.root).name == "latest"
    assert first == f"Training a network, once ...\n{second}"
    text = "".join(map(str, labels[:5]))
    lines = "".join(rf"  {digit} \([ \d]\d\.\d %\)\n" for digit in text)
    assert re.fullmatch(rf"{re.escape(str(call[1]))}: {text}\n{lines}", second), second


@pytest.mark.slow
def test_a_file_that_cannot_be_read_is_one_line(run_example, raw_cache):
    done = run_example(EXAMPLES / "read_my_digits.py", "nowhere.png", code=1, cache=raw_cache.root)
    assert done.stderr == "read_my_digits.py: nowhere.png not found\n"


@pytest.mark.slow
def test_the_plan_of_a_sweep_is_accepted_and_run(run_example):
    run_example("-m", "pipeline", "build-pickles", "mnist-sample")
    done = run_example("-m", "network", "sweep", EXAMPLES / "sweep.toml", *TWO_TRIALS)
    assert "sweep sweep: 2 trials" in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_executed_again_has_the_outputs_that_are_kept(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.notebooks", path, "--out", tmp_path],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    kept, again = (nbformat.read(str(it), as_version=4) for it in (path, tmp_path / path.name))
    for cell, cell_again in zip(kept.cells, again.cells, strict=True):
        if cell.cell_type == "code":
            assert_same(outputs_of(cell), outputs_of(cell_again), f"{path.name}, {cell.id}")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_kept_as_executed_in_order_and_without_errors(path):
    notebook = nbformat.read(str(path), as_version=4)
    nbformat.validate(notebook)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert all(it.output_type != "error" and it.get("name") != "stderr" for it in outputs)
    assert str(REPOSITORY) not in path.read_text("utf-8")


def outputs_of(cell):
    """Return the text that a cell printed or showed, and the kinds of its pictures."""
    texts, kinds = [], []
    for output in cell.outputs:
        data = output.get("data", {})
        texts += [output.get("text", ""), data.get("text/plain", "")]
        kinds += [kind for kind in data if kind != "text/plain"]
    return re.sub(r"[\d,]+ images/s", "", "\n".join(texts)), kinds


def assert_same(kept, again, where):
    """Require the same words and kinds, and numbers that differ as processors do."""
    message = f"{where} has changed. Execute it again: python -m tests.support.notebooks"
    assert kept[1] == again[1], message
    assert re.split(NUMBER, kept[0]) == re.split(NUMBER, again[0]), message
    assert numbers_in(again[0]) == pytest.approx(numbers_in(kept[0]), rel=0.02, abs=0.02), message


def numbers_in(text):
    return [float(number.replace(",", "")) for number in re.findall(NUMBER, text)]
