"""The wheel works from an empty folder, and the source distribution runs its own tests."""

import re
import shutil
import tarfile
import tomllib
import zipfile

import pytest

from tests.support.checkout import REPOSITORY
from tests.support.installed_copy import InstalledCopy, NoNetworkError, copy_sources, share_packages

pytestmark = pytest.mark.slow

OF_THE_SDIST = ("tests", "docs", "benchmarks", "cache/raw", "cache/README.md")
BUILD = """
import os, sys
from setuptools import build_meta
_, sources, folder = sys.argv  # setuptools changes them
os.chdir(sources)
build_meta.build_sdist(folder)
build_meta.build_wheel(folder)
"""
TEN_LINES = """\
from network import load_dataset, open_run, train

run = train("mnist-sample", preset="fast-97")
test = load_dataset("mnist-sample").test
(prediction,) = run.predict(test.images[:1])
result = run.test()
run.export("digits.html")
print(repr(run), repr(prediction), repr(result))
print(open_run().name == run.name, prediction.probability, result.accuracy, test.labels[0])
"""
OPTIONS = """\
from network import Configuration
chosen = Configuration(hidden=[128, 64], augment="shift=2", layers=None, learning_rate=1)
Configuration(hidden=30, augment={"shift": 2}, optimizer="adam")
Configuration(hidden="none", epoch=3)  # type: ignore[call-arg]
Configuration(epochs="3")  # type: ignore[arg-type]
train("mnist-sample", hidden="128,64", augment="shift=2,rotate=10", start=run, ema=0.9)
"""
REVEALED = {  # what a user's editor shows of each
    "chosen.hidden": r"tuple\[int, \.\.\.\]",
    "chosen.augment": r"dict\[str, float\]",
    "run": r"network\.api\.run\.Run",
    "test.images": r"numpy\.ndarray\[.*8Bit.*\]",
    "test.labels": r"numpy\.ndarray\[.*64Bit.*\]",
    "prediction": r"network\.api\.prediction\.Prediction",
    "prediction.label": r"int",
    "prediction.probability": r"float",
    "result": r"network\.metrics\.accuracy\.ClassificationResult",
    "result.accuracy": r"float",
    "run.validation_accuracy": r"float \| None",
    "run.history": r"list\[tuple\[.*EpochDone\]\]",
    "run.params": r"list\[dict\[str, numpy\.ndarray\[.*\]\]\]",
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """An environment with the wheel, the two distributions beside it."""
    copy = InstalledCopy(tmp_path_factory.mktemp("distributions"))
    sources = copy_sources(copy.folder / "sources", OF_THE_SDIST + tuple(files_at_the_top()))
    build_system = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["build-system"]
    try:
        copy.install(*build_system["requires"])
    except NoNetworkError:
        pytest.skip("there is no package index to install setuptools from")
    copy.call(["python", "-c", BUILD, str(sources), str(copy.folder)])
    (wheel,) = copy.folder.glob("*.whl")
    copy.install("--no-deps", "--no-index", str(wheel))
    share_packages(copy.bin.parent)
    return copy


def files_at_the_top():
    return (it.name for it in REPOSITORY.glob("[!.]*") if it.is_file())


def test_ten_lines_train_predict_and_evaluate_from_an_empty_folder(copy):
    shown, *_, facts = copy.call(["python", "-W", "error", "-c", TEN_LINES]).splitlines()
    assert re.search(r"^Run fast-97-\d: 2 epochs, validation accuracy \d\d\.\d\d %", shown)
    assert re.fullmatch(r"True 0\.\d+ 0\.[789]\d* \d", facts)
    assert [it.name for it in copy.empty.iterdir()] == ["digits.html"]


def test_ten_lines_have_types_of_their_own(copy):
    script = copy.folder / "ten_lines.py"
    asked = "".join(f"reveal_type({it})\n" for it in REVEALED)
    script.write_text(TEN_LINES + OPTIONS + asked, "utf-8")
    cache, checked = copy.folder / "mypy", REPOSITORY / ".mypy_cache"
    if checked.is_dir():  # `make lint` filled it with the same options; libraries are checked once
        shutil.copytree(checked, cache)
    options = ["--strict", f"--config-file={REPOSITORY / 'pyproject.toml'}", f"--cache-dir={cache}"]
    printed = copy.call(["python", "-m", "mypy", *options, str(script)])
    revealed = re.findall(r'note: Revealed type is "(.*)"', printed)
    for (name, expected), found in zip(REVEALED.items(), revealed, strict=True):
        assert re.fullmatch(expected, found), f"{name}: {found}"


def test_the_wheel_has_the_packages_with_their_data_and_nothing_else(copy):
    (wheel,) = copy.folder.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0].split("-")[0] for name in names}
    assert tops == {"network", "pipeline", "mnist_neural_net"}
    for package in ("network", "pipeline"):
        files = {
            path.relative_to(REPOSITORY).as_posix()
            for path in (REPOSITORY / package).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert files == {name for name in names if name.startswith(f"{package}/")}


def test_the_tests_of_the_source_distribution_run_in_it(copy):
    (archive,) = copy.folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(copy.folder / "unpacked", filter="data")
    (root,) = (copy.folder / "unpacked").iterdir()
    build = "test_build.py::test_each_split_becomes_a_pickle_of_its_images_and_labels"
    chosen = [f"tests/pipeline/{build}", "tests/docs/test_typed_commands.py"]
    line = f"cd '{root}' && '{copy.bin}/python' -m pytest -q -n 0 -m 'not slow' {' '.join(chosen)}"
    printed = copy.call(["sh", "-c", line])
    assert re.search(r"^\d{2,} passed", printed, re.MULTILINE), printed
