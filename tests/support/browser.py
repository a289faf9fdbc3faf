"""A lab that runs, and a real browser to use it with; without Chromium these tests are skipped."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import requests

from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.storage.cache import Cache
from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE
from tests.support.small_digits import NAME, make_small_digits

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# The first is Chromium without windows: for the same pages a third of the work.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",  # root has none, and what is opened is our own page
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT = 120_000  # milliseconds for what a page is to show; a busy machine takes its time
SIZES = {"wide": (1440, 900), "phone": (375, 812)}
RUNS: dict[str, dict[str, Any]] = {  # one ends with sigmoids, one with a softmax
    "first": {"epochs": 6, "limit": 20_000, "learning_rate": 7.0},
    "convolution": {
        "epochs": 1, "limit": 6000, "loss": "cross-entropy", "optimizer": "adam",
        "layers": "Conv2D(8, 5), ReLU, MaxPool2D, Flatten",
    },
}  # fmt: skip
# Whoever has chosen no run sees the one that was trained last: that of whichever test came before.
CHOOSE = 'localStorage.getItem("run") ?? localStorage.setItem("run", "{}")'


@dataclass
class LabProcess:
    """A `network lab` that is running."""

    process: subprocess.Popen[str]
    entrance: str  # http://127.0.0.1:.../?token=..., as it is printed
    cache: Cache

    @property
    def address(self) -> str:
        """The address without its token, with a slash at its end."""
        return self.entrance.split("?")[0]

    @property
    def headers(self) -> dict[str, str]:
        """What lets a program in."""
        return {"Authorization": f"Bearer {self.entrance.partition('=')[2]}"}

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """Send a request with the token."""
        headers = self.headers | options.pop("headers", {})
        return requests.request(method, url, headers=headers, **{"timeout": PATIENCE, **options})

    def get(self, url: str, **options: Any) -> requests.Response:
        """Get an answer with the token."""
        return self.request("GET", url, **options)

    def post(self, url: str, data: Any = None, **options: Any) -> requests.Response:
        """Post something with the token."""
        return self.request("POST", url, data=data, **options)

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=PATIENCE)


def network(cache: Cache, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start a command of the network on a cache."""
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(cache.root)}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    command = [sys.executable, "-m", "network", *arguments]
    return subprocess.Popen(command, env=environment, text=True, **options)


def train_run(cache: Cache, name: str, film: bool = False, **choices: Any) -> None:
    """Train a run in this process, which is sooner there than a command."""
    training = create_training_run(cache, Configuration(**choices), name, film=film)
    deque(training.train(), maxlen=0)


@contextmanager
def running_lab(cache: Cache, *options: str) -> Iterator[LabProcess]:
    """Start a lab on a free port, and stop it in the end if it has not been stopped."""
    command = ["lab", "--port", "0", "--no-browser", "--json", *options]
    with tempfile.TemporaryFile("w+") as stderr:
        process = network(cache, *command, stdout=subprocess.PIPE, stderr=stderr)
        assert process.stdout is not None
        told = ""
        while not told.endswith("\n}\n"):
            line = process.stdout.readline()
            assert line, f"the lab ended with {process.wait()}"
            told += line
        lab = LabProcess(process, json.loads(told)["address"], cache)
        with process:
            try:
                yield lab
            finally:
                code = lab.stop() if process.poll() is None else 0  # it was stopped by the test
        stderr.seek(0)
        assert (code, stderr.read()) == (0, "")  # it had nothing to complain of


@pytest.fixture(scope="session")
def lab_cache(built_cache: Cache, tmp_path_factory: pytest.TempPathFactory) -> Cache:
    """A cache with two runs, one of them a convolution, for all tests of the lab."""
    cache = Cache(tmp_path_factory.mktemp("lab") / "cache", "test")
    shutil.copytree(built_cache.root / "pickles", cache.root / "pickles", copy_function=os.link)
    for name, choices in RUNS.items():
        train_run(cache, name, **choices)
    return cache


@pytest.fixture(scope="session")
def lab(lab_cache: Cache) -> Iterator[LabProcess]:
    """A lab that runs for all tests."""
    with running_lab(lab_cache) as started:
        yield started


@pytest.fixture(scope="session")
def quick_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabProcess]:
    """A lab with a run of a few digits and its film: soon there, to be asked what it refuses."""
    cache = make_small_digits(tmp_path_factory.mktemp("quick lab"))
    for name, film in (("first", False), ("filmed", True)):
        train_run(cache, name, film, dataset=NAME, epochs=1, validation=0.5)
    with running_lab(cache) as started:
        yield started


@pytest.fixture(scope="module")  # while it is there, no other event loop can run in this thread
def browser() -> Iterator["Browser"]:
    """Debian's Chromium, or another that is installed."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("there is no Chromium here")
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=WAIT)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        yield chromium
        chromium.close()


@dataclass
class Watched:
    """What a page must not do: complain, or ask anybody but the lab."""

    address: str
    problems: list[str] = field(default_factory=list)
    requests: int = 0

    def watch(self, page: "Page") -> None:
        """Write down what the page does from now on."""

        def requested(url: str) -> None:
            self.requests += 1
            if not url.startswith((self.address, "data:", "blob:")):
                self.problems.append(f"asked for {url}")

        def said(kind: str, text: str) -> None:
            if kind in {"error", "warning"} and not is_expected(text):
                self.problems.append(f"{kind}: {text}")

        page.on("console", lambda message: said(message.type, message.text))
        page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        page.on("request", lambda request: requested(request.url))


def is_expected(text: str) -> bool:
    """Does the browser only say that the server refused something, which the page then shows?"""
    return "status of 4" in text


@pytest.fixture
def open_page(
    browser: "Browser", lab: LabProcess, figure: Callable[..., None]
) -> Iterator[Callable[..., "Page"]]:
    """Open a view of the lab, and fail if it complains or asks another host.

    Call: open_page("#draw", run="convolution", size="phone", dark=True) -> page.
    """
    watched, contexts = Watched(lab.address), []

    def open_view(
        view: str = "", size: str = "wide", dark: bool = False, address: str = "",
        run: str = "first", **options: Any,
    ) -> "Page":  # fmt: skip
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=size == "phone",
            **options,
        )
        contexts.append(context)
        context.add_init_script(CHOOSE.format(run))
        page = context.new_page()
        page.set_default_timeout(WAIT)
        entrance = address or lab.entrance
        watched.address = entrance.split("?")[0]
        watched.watch(page)
        page.goto(entrance + view)
        return page

    yield open_view
    for context in contexts:
        context.close()
    figure(
        "R16: {requests:,} requests of pages in a real browser, {problems} to other hosts or with "
        "a complaint",
        requests=watched.requests, problems=len(watched.problems),
    )  # fmt: skip
    assert watched.problems == []


def wait_until_drawn(page: "Page") -> None:
    """Wait until the page has drawn all that it knows; what it is told is drawn a frame later."""
    page.wait_for_function("() => document.documentElement.dataset.drawn === 'yes'")


STROKES = {  # of digits as one writes them, in shares of the board
    3: [[
        (.3, .25), (.45, .17), (.62, .2), (.66, .33), (.55, .44), (.45, .47), (.6, .5),
        (.7, .62), (.66, .76), (.5, .84), (.32, .78),
    ]],
    4: [[(.35, .2), (.3, .52), (.66, .52)], [(.62, .22), (.6, .82)]],
}  # fmt: skip


def write_digit(page: "Page", digit: int) -> None:
    """Write a digit on the board with the mouse."""
    page.wait_for_selector(".cell")
    box = page.locator(".board").bounding_box()
    assert box is not None
    for stroke in STROKES[digit]:
        for n, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=2)
            if n == 0:
                page.mouse.down()
        page.mouse.up()
    page.wait_for_selector(".board-frame[data-state=ready]")


def check_layout(page: "Page") -> None:
    """Nothing is wider than the window: no page is to be scrolled sideways."""
    width = page.evaluate("innerWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate("""() => [...document.querySelectorAll("main *")].filter((element) => {
        const box = element.getBoundingClientRect();
        const scrolls = element.closest("[data-scrolls]");
        return box.width && !scrolls && (box.right > innerWidth + 1 || box.left < -1);
    }).map((element) => element.outerHTML.slice(0, 120))""")
    assert wide == []


def each_size(page: "Page") -> Iterator[str]:
    """Give a page each size after the other, and a phone's dark colours; yield its name."""
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        theme = "dark" if size == "phone" else "light"
        page.emulate_media(color_scheme=theme)
        page.wait_for_selector(f"html[data-theme={theme}]")
        yield size


def check_both_layouts(page: "Page") -> None:
    """Nothing is wider than the window in light and then in dark, to which the page changes."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        page.wait_for_selector(f"html[data-theme={theme}]")
        check_layout(page)
