"""The page of the lab: its views, its keys, its two themes, at every width."""

import tomllib

import pytest
from playwright.sync_api import expect

from tests.support.browser import check_both_layouts
from tests.support.checkout import REPOSITORY

VIEWS = ("train", "draw", "why", "explore", "film", "arithmetic")


def test_every_file_of_the_page_is_installed_with_the_package():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["network"]
    folder = REPOSITORY / "network"
    installed = {path for pattern in patterns for path in folder.glob(pattern)}
    assert set((folder / "lab" / "page").rglob("*.*")) <= installed


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_every_view_fits_its_window_in_light_and_dark(open_page, size):
    page = open_page(size=size)
    for view in VIEWS:
        page.goto(page.url.split("#")[0] + f"#{view}")
        page.wait_for_selector(f".view-{view} h1")
        check_both_layouts(page)


def test_keys_change_the_view_and_the_theme(open_page):
    page = open_page()
    page.wait_for_selector(".view-train h1")
    page.keyboard.press("2")
    page.wait_for_selector(".view-draw h1")
    theme = page.locator("html")
    expect(theme).to_have_attribute("data-theme", "light")
    page.keyboard.press("t")
    expect(theme).to_have_attribute("data-theme", "dark")
    page.reload()
    page.wait_for_selector(".view-draw h1")
    expect(theme).to_have_attribute("data-theme", "dark")
    page.keyboard.press("?")
    expect(page.locator("dialog")).to_be_visible()


def test_the_run_that_is_chosen_stays_chosen(open_page):
    page = open_page("#film")
    page.select_option("#run-picker", "first")
    page.reload()
    page.wait_for_selector(".view-film h1")
    expect(page.locator("#run-picker")).to_have_value("first")
