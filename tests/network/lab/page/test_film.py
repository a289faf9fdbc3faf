"""The view Film in a real browser: a run is played epoch by epoch, and films are made."""

import re

import pytest
from playwright.sync_api import expect

from network.runs.film import list_epochs
from network.runs.names import find_run
from tests.support.browser import check_layout, network, train_run
from tests.support.pace import PATIENCE


@pytest.fixture(scope="module")
def filmed(lab):
    """A run with a film of five epochs."""
    train_run(lab.cache, "filmed", film=True, epochs=5, limit=6000, hidden=(12,))
    return "filmed"


def show(open_page, run, **options):
    """Open the film of a run."""
    page = open_page("#film", **options)
    page.select_option("#run-picker", run)
    return page


def epoch_shown(page):
    return int(re.search(r"epoch (\d+)", page.inner_text(".film-where"))[1])


def wait_for(page, epoch):
    page.wait_for_function(
        "n => document.querySelector('.film-where')?.innerText.startsWith(`epoch ${n} `)", arg=epoch
    )


def accuracy_at(page, epoch):
    """Return the accuracy in per cent, once that of this epoch is there."""
    wait_for(page, epoch)
    page.wait_for_selector(
        f".film-grid .chart-mark title:text-is('epoch {epoch}')", state="attached"
    )
    return float(page.inner_text(".film-grid .big-number").removesuffix("%"))


def test_a_run_is_scrubbed_through_with_arrows_slider_and_a_click(open_page, filmed, lab):
    page = show(open_page, filmed)
    last = accuracy_at(page, 5)
    page.keyboard.press("ArrowLeft")
    before = accuracy_at(page, 4)
    page.keyboard.press("Home")
    assert accuracy_at(page, 0) < 30 < before
    slider = page.locator("input[type=range]")
    slider.fill("2")
    assert accuracy_at(page, 2) > 30
    chart = page.locator(".film-grid .chart svg")
    box = chart.bounding_box()
    page.mouse.click(box["x"] + box["width"] - 16, box["y"] + 40)
    assert accuracy_at(page, 5) == last
    film = lab.get(f"{lab.address}api/runs/{filmed}/film", timeout=PATIENCE).json()
    assert last == round(100 * film["history"][-1]["validation_accuracy"], 2)
    assert film["shows_the_run"] is True


def test_images_with_changed_predictions_are_shown_with_both_predictions(open_page, filmed, lab):
    page = show(open_page, filmed)
    accuracy_at(page, 5)
    page.keyboard.press("Home")
    accuracy_at(page, 0)
    assert page.locator(".digit").count() == 0
    page.keyboard.press("ArrowRight")
    after = accuracy_at(page, 1)
    frames = [
        lab.get(f"{lab.address}api/runs/{filmed}/film/{epoch}", timeout=PATIENCE).json()
        for epoch in (0, 1)
    ]
    flips = frames[1]["flips"]
    gained = flips["put_right"]["count"] - flips["put_wrong"]["count"]
    assert frames[1]["right"] - frames[0]["right"] == gained
    assert after == round(100 * frames[1]["right"] / frames[1]["count"], 2)
    for kind, flip in flips.items():
        panel = page.locator(f".flips[data-kind={kind}]")
        assert panel.locator(".flip-count").inner_text() == f"{flip['count']:,}"
        assert panel.locator(".digit canvas").count() == min(24, flip["count"])
        texts = panel.locator("figcaption").all_inner_texts()
        assert texts == [f"{a} → {b}" for a, b in zip(flip["was"], flip["now"], strict=True)]
    right = page.locator(".flips[data-kind=put_right] figcaption b").all_inner_texts()
    assert list(map(int, right)) == flips["put_right"]["labels"]


def test_first_layer_weights_change_from_frame_to_frame(open_page, filmed):
    page = show(open_page, filmed)
    accuracy_at(page, 5)
    expect(page.locator(".weights canvas")).to_have_count(12)
    picture = "() => document.querySelector('.weights canvas').toDataURL()"
    last = page.evaluate(picture)
    page.keyboard.press("Home")
    accuracy_at(page, 0)
    assert page.evaluate(picture) != last


def test_a_film_plays_to_its_end_and_can_be_paused(open_page, filmed):
    page = show(open_page, filmed)
    accuracy_at(page, 5)
    page.click(".film-play")  # from the beginning
    page.wait_for_selector(".film-play:text-is('Pause')")
    wait_for(page, 1)
    page.click(".film-play")
    stopped = epoch_shown(page)
    page.wait_for_timeout(800)
    assert epoch_shown(page) == stopped
    page.locator("main").focus()
    page.keyboard.press(" ")
    wait_for(page, 5)
    page.wait_for_selector(".film-play:text-is('Play')")


def test_a_film_is_made_of_a_run_that_has_none(open_page, lab):
    train_run(lab.cache, "unfilmed", epochs=2, limit=3000)
    page = show(open_page, "unfilmed")
    page.wait_for_selector(".film-offer")
    assert "2 epochs" in page.inner_text(".film-offer")
    check_layout(page)
    page.click("text=Make film")
    accuracy_at(page, 2)
    assert list_epochs(find_run(lab.cache, "unfilmed")) == [0, 1, 2]
    film = lab.get(f"{lab.address}api/runs/unfilmed/film", timeout=PATIENCE).json()
    assert (film["shows_the_run"], film["is_whole"]) == (True, True)


def test_making_a_film_is_seen_and_can_be_stopped(open_page, lab):
    train_run(lab.cache, "long", epochs=100, limit=6000)
    page = show(open_page, "long")
    page.click("text=Make film")
    page.wait_for_function("() => document.querySelector('progress')?.value > 1")
    page.reload()  # and found again
    page.wait_for_function("() => document.querySelector('progress')?.value > 1")
    page.click(".film-offer >> text=Stop")
    page.wait_for_selector("text=Make film")
    assert not find_run(lab.cache, "long").film.exists()
    assert [*lab.cache.runs().glob(".*.part")] == []


def test_a_run_that_cannot_be_filmed_says_why(open_page, lab):
    network(lab.cache, "init", "--name", "untrained", "--quiet").wait()
    page = show(open_page, "untrained")
    page.wait_for_selector(".film-offer:has-text('nothing to film')")
    assert page.locator("text=Make film").count() == 0


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_a_film_fits_every_window(open_page, filmed, size):
    page = show(open_page, filmed, size=size, dark=size == "wide")
    accuracy_at(page, 5)
    page.keyboard.press("ArrowLeft")
    accuracy_at(page, 4)
    check_layout(page)


@pytest.mark.parametrize(
    ("path", "status"),
    [("filmed/film/99", 404), ("filmed/film/-1", 422), ("filmed/film/x", 422), ("no/film", 404),
     ("filmed/film/events", 404), ("filmed/film/99999999999999", 422)],
)  # fmt: skip
def test_what_is_not_there_is_told(quick_lab, path, status):
    answer = quick_lab.get(f"{quick_lab.address}api/runs/{path}", timeout=PATIENCE)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
