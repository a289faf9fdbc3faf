"""Draw the pictures of the lab in docs/lab, with a real browser on a lab that trains.

python -m tests.support.lab_pictures
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.storage.cache import Cache
from tests.support.browser import OPTIONS, REPOSITORY, LabProcess, network, running_lab, write_digit

FOLDER = REPOSITORY / "docs" / "lab"
DRESSES: dict[str, dict[str, Any]] = {
    "": {"viewport": {"width": 1280, "height": 1000}, "color_scheme": "light"},
    "-dark": {"viewport": {"width": 1280, "height": 1000}, "color_scheme": "dark"},
    "-phone": {"viewport": {"width": 375, "height": 812}, "color_scheme": "dark"},
}


def main() -> None:
    """Train a network, and take a picture of every view."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        cache = Cache(Path(folder), "pictures")
        shutil.copytree(REPOSITORY / "cache" / "raw" / "mnist", cache.raw("mnist"))
        build_pickles(cache, MNIST)
        line = "train --quiet --name sigmoids --film --hidden 30 --epochs 12"
        assert network(cache, *line.split()).wait() == 0
        found = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=found, args=OPTIONS)
        with running_lab(cache) as lab:
            take_pictures(browser, lab)
        browser.close()


def take_pictures(browser: Browser, lab: LabProcess) -> None:
    """Take a picture of every view in every dress, of Train during a training run."""
    trainer = open_page(browser, lab, "#train", "")
    train(trainer)
    picture(trainer, "train")
    for dress in ("-dark", "-phone"):
        picture(open_page(browser, lab, "#train", dress), f"train{dress}")
    trainer.get_by_role("button", name="Stop", exact=True).click()  # the others need the processor
    views = {"film": film, "draw": draw, "why": why, "explore": explore, "arithmetic": arithmetic}
    for dress in DRESSES:
        page = open_page(browser, lab, "#film", dress)
        page.select_option("#run-picker", "sigmoids")
        for view, take in views.items():
            page.goto(f"{lab.entrance}#{view}")
            page.mouse.move(0, 0)
            take(page)
            picture(page, f"{view}{dress}")
            if (view, dress) == ("explore", ""):
                map_of_images(page)
        page.close()


def open_page(browser: Browser, lab: LabProcess, view: str, dress: str) -> Page:
    """Open a view."""
    page = browser.new_page(**DRESSES[dress])
    page.goto(lab.entrance + view)
    page.wait_for_timeout(2500)
    return page


def picture(page: Page, name: str) -> None:
    """Take the picture of a page, from its top."""
    page.wait_for_timeout(1000)
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=FOLDER / f"{name}.png")


def train(page: Page) -> None:
    """Start a second training run, and change its learning rate."""
    page.wait_for_selector(".new-training form", state="attached")
    page.evaluate("document.querySelector('.new-training').open = true")
    page.select_option("#field-optimizer", "momentum")
    page.fill("#field-hidden", "32")
    page.fill("#field-epochs", "100")
    page.click("text=Start training")
    page.wait_for_selector(".run-state:has-text('training')")
    wait_for_epoch(page, 8)
    page.fill("#setting-learning-rate", "0.1")
    page.press("#setting-learning-rate", "Enter")
    wait_for_epoch(page, 14)
    page.evaluate("document.activeElement.blur()")
    page.mouse.move(0, 0)


def wait_for_epoch(page: Page, number: int) -> None:
    """Wait until so many epochs are done."""
    facts = "document.querySelector('.run-facts').innerText"
    page.wait_for_function(
        f"n => parseInt({facts}.match(/epoch (\\d+)/)?.[1]) >= n", arg=number, timeout=120_000
    )


def film(page: Page) -> None:
    """Stand at the second epoch."""
    page.wait_for_selector(".film-where")
    page.keyboard.press("Home")
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    page.wait_for_selector(".film-grid .chart-mark title:text-is('epoch 2')", state="attached")


def draw(page: Page) -> None:
    """Write a 3."""
    write_digit(page, 3)


def why(page: Page) -> None:
    """Wait for the attribution and the nearest images."""
    page.wait_for_timeout(4000)


def explore(page: Page) -> None:
    """Wait for the images and the map."""
    page.wait_for_selector(".thumb")
    page.wait_for_selector(".scatter-state", state="hidden")


def map_of_images(page: Page) -> None:
    """Lay the images out by t-SNE, point at one, and take the picture of the map alone."""
    page.get_by_role("button", name="t-SNE").click()
    page.wait_for_timeout(500)
    page.wait_for_selector(".scatter-state", state="hidden", timeout=400_000)
    page.wait_for_timeout(1000)
    page.locator(".scatter").scroll_into_view_if_needed()
    page.locator(".scatter").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".scatter-frame").screenshot(path=FOLDER / "map.png")


def arithmetic(page: Page) -> None:
    """Go to the end of the first weighted sum."""
    page.wait_for_selector(".lesson-text")
    page.locator(".chain button", has_text="Linear").first.click()
    for _ in range(page.locator(".lesson-dots i").count() - 1):
        page.get_by_role("button", name="Next").click()
    page.evaluate("document.activeElement.blur()")


if __name__ == "__main__":
    main()
