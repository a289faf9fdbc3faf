"""What the tests share: the real files, a cache built from them, commands run for real."""

import gc
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, settings
from numpy.typing import NDArray

from network.cli import main
from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.storage.cache import Cache
from tests.reliability.warm_commands import WarmCommands
from tests.support.checkout import RAW, REPOSITORY
from tests.support.memory_disk import use_memory_for_files
from tests.support.pace import PATIENCE

pytest_plugins = ["tests.support.browser"]  # the lab and its browser


settings.register_profile("fast", deadline=None, max_examples=50, derandomize=True)
settings.register_profile(  # a mutant is killed by any example, the smallest is not looked for
    "mutation", settings.get_profile("fast"), phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("fast")

# The tests of what reads or writes files, of which coverage is measured (pyproject.toml).
COVERING = tuple(
    REPOSITORY / "tests" / it
    for it in (
        "pipeline", "network/images/pages", "network/runs",
        "network/training/test_configuration.py", "network/commands/test_predict_files.py",
    )
)  # fmt: skip
NOT_SLOW = pytest.StashKey[int]()
Completed = subprocess.CompletedProcess[str]
RunCommand = Callable[..., Completed]


def pytest_configure(config: pytest.Config) -> None:
    """Let signals reach the commands that tests start, and no user's configuration.

    A shell's background job ignores Ctrl-C, and under `nohup` the end of the terminal, too.
    Browsers write to the folder of configurations.
    """
    use_memory_for_files()
    folder = tempfile.TemporaryDirectory(prefix="no-configuration-")
    config.add_cleanup(folder.cleanup)
    os.environ["XDG_CONFIG_HOME"] = folder.name
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Keep Python's garbage collector from looking through thousands of tests again and again."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses by these marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Call a test with a browser slow, and leave out what --soak alone has time for."""
    for item in items:
        if any(item.path.is_relative_to(it) for it in COVERING):
            item.add_marker("covering")
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("slow")
    config.stash[NOT_SLOW] = sum(not item.get_closest_marker("slow") for item in items)
    if not config.getoption("--soak"):
        left_out = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="the larger figures: hours, not seconds")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that tests have made, added up over all of them."""
    totals: dict[str, dict[str, Any]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") != "teardown":  # which has what all phases have made
                continue
            for name, (sentence, counts) in report.user_properties:
                total = totals.setdefault(sentence, {}) if name == "figure" else {}
                for key, count in counts.items():
                    add = max if key.startswith("most") else sum
                    total[key] = add((total.get(key, 0), count))
    if totals:
        terminalreporter.section("figures")
    for sentence in sorted(totals, key=lambda text: (len(text.split(":")[0]), text)):
        terminalreporter.line(sentence.format(**totals[sentence]))


@pytest.fixture
def figure(record_property: Callable[[str, Any], None]) -> Callable[..., None]:
    """Add to a figure that the run prints in its end, by its sentence.

    Call: figure("R2: {points} kill points, {wrong} wrong files accepted", points=3, wrong=0).
    Counts are added up over all tests with the same sentence; of a count whose name begins
    with `most` the largest is kept.
    """
    return lambda sentence, **counts: record_property("figure", (sentence, counts))


@pytest.fixture
def not_slow(pytestconfig: pytest.Config) -> int:
    """How many of the tests that were found are not slow."""
    return pytestconfig.stash[NOT_SLOW]


@pytest.fixture
def amount(pytestconfig: pytest.Config) -> Callable[[int, int], int]:
    """Say how much of something to try: of two numbers the first, and with --soak the second."""
    return lambda usual, soak: soak if pytestconfig.getoption("--soak") else usual


@pytest.fixture(scope="session")
def raw_bytes() -> dict[str, bytes]:
    """The four published files, by name."""
    return {file.name: (RAW / file.name).read_bytes() for file in MNIST.files}


@pytest.fixture(scope="session")
def mnist_test_set(raw_bytes: dict[str, bytes]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The test images and labels, read without any code of this project."""
    images, labels = (gzip.decompress(raw_bytes[file.name]) for file in MNIST.splits["test"].files)
    return (
        np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28),
        np.frombuffer(labels, np.uint8, offset=8),
    )


@pytest.fixture(scope="session")
def built_cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    """A cache with raw files and pickles. Shared: add to it, never change what is there."""
    cache = Cache(tmp_path_factory.mktemp("built cache"), "test")
    shutil.copytree(RAW, cache.raw("mnist"))
    build_pickles(cache, MNIST)
    return cache


@pytest.fixture
def raw_cache(tmp_path: Path) -> Cache:
    """A cache of its own for each test, with nothing but the raw files."""
    cache = Cache(tmp_path / "cache", "test")
    shutil.copytree(RAW, cache.raw("mnist"))
    return cache


@pytest.fixture(scope="session")
def warm_commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WarmCommands]:
    """A process that has imported everything, for whoever needs a process but not its start."""
    commands = WarmCommands(tmp_path_factory.mktemp("warm") / "commands", [], (), {})
    yield commands
    commands.close()


@pytest.fixture
def run_process(tmp_path: Path) -> RunCommand:
    """Run `pipeline ...` or `network ...` as a process, from a folder that is not the checkout.

    Call: run_process("pipeline", "fetch", cache=cache, code=0) -> completed process; the exit
    code is checked, and that no traceback is shown.
    """

    def start(arguments: tuple[str, ...], variables: dict[str, str]) -> Completed:
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            capture_output=True, text=True, cwd=tmp_path, env=variables, timeout=PATIENCE,
            check=False,
        )  # fmt: skip

    return partial(run_checked, start)


@pytest.fixture
def run_command(
    request: pytest.FixtureRequest, tmp_path: Path, run_process: RunCommand
) -> RunCommand:
    """Run a command as `run_process` does, one after the other, in a fork that starts at once.

    What Python itself reads when it starts, such as PYTHONPATH, a fork cannot be given.
    """

    def start(arguments: tuple[str, ...], variables: dict[str, str]) -> Completed:
        program = REPOSITORY / arguments[0] / "__main__.py"
        warm = request.getfixturevalue("warm_commands")
        ended = warm.run(str(program), *arguments[1:], environment=variables, cwd=tmp_path)
        return subprocess.CompletedProcess(arguments, *ended)

    return partial(run_checked, start) if hasattr(os, "fork") else run_process


def run_checked(
    start: Callable[[tuple[str, ...], dict[str, str]], Completed],
    *arguments: str,
    cache: Cache | None = None,
    code: int = 0,
    **environment: str,
) -> Completed:
    """Start a command on a cache, and check how it ends."""
    variables = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "100", **environment}
    variables.pop("MNIST_CACHE_DIR", None)
    if cache is not None:
        variables["MNIST_CACHE_DIR"] = str(cache.root)
    done = start(arguments, variables)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture
def run_json(run_command: RunCommand) -> Callable[..., dict[str, Any]]:
    """Run a command with --json and return the object that it printed."""

    def run(*arguments: str, **options: Any) -> dict[str, Any]:
        return dict(json.loads(run_command(*arguments, "--json", **options).stdout))

    return run


@pytest.fixture
def call(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], built_cache: Cache
) -> Callable[..., Any]:
    """Run `network ...` to its exit in this process, which is quicker than one of its own.

    Call: call("test", "--json", code=0, cache=built_cache) -> what was printed (out, err).
    """

    def run(*arguments: str, code: int = 0, cache: Cache = built_cache) -> Any:
        monkeypatch.setattr(sys, "argv", ["network", *arguments])
        monkeypatch.setenv("MNIST_CACHE_DIR", str(cache.root))
        handlers = {it: signal.getsignal(it) for it in (signal.SIGINT, signal.SIGTERM)}
        with pytest.raises(SystemExit) as ended:
            main()
        for number, handler in handlers.items():
            signal.signal(number, handler)
        printed = capsys.readouterr()
        assert ended.value.code == code, printed
        return printed

    return run


@pytest.fixture
def call_json(call: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    """Run `network ... --json` in this process and return the object that it printed.

    A NaN, which NumPy has and JSON has not, is an error.
    """

    def run(*arguments: str, **options: Any) -> dict[str, Any]:
        printed = call(*arguments, "--json", **options)
        assert printed.err == ""
        return dict(json.loads(printed.out, parse_constant=pytest.fail))

    return run
